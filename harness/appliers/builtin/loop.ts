import { setImmediate as turn } from 'node:timers/promises';
import type { OffsetRange, Sink } from '#engines/port/sink.ts';
import type { LogRecord, Poison } from '#log/decode.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { RunStatus } from '#model/pipeline.ts';
import { type Offsets, splitPartition, type TopicPartition, topicPartition } from '#model/position.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { applying } from './applying.ts';
import { committer } from './committer.ts';
import { type Entry, rangesOf } from './entries.ts';
import type { Chunk, Feed } from './feed.ts';
import type { ApplierSettings } from './settings.ts';

export interface LoopOptions {
  readonly feed: Feed;
  readonly sink: Sink;
  readonly settings: ApplierSettings;
  readonly signal: AbortSignal;
  readonly decode: (record: LogRecord) => ChangeEvent | Poison | undefined;
  setAside(entry: Entry, reason: string): Promise<void>;
  onFailed(error: unknown): void;
}

/** From fetched records to applied ones: while one batch is being applied, the next is decoded and others are fetched. */
export interface Loop {
  take(chunk: Chunk): void;
  /** Resolves when the batch in hand is done; what was fetched beyond it is dropped. */
  pause(): Promise<void>;
  resume(): void;
  /** Takes nothing more; resolves when the batch in hand is done and its offsets are committed. */
  stop(): Promise<void>;
  fail(error: unknown): void;
  status(): RunStatus;
  /** For each partition the offset below which everything has been applied. */
  readonly applied: ReadonlyMap<TopicPartition, bigint>;
  provablyApplied(): Promise<Offsets>;
}

/** A batch that is larger gains nothing more from being one transaction, but holds memory and delays what follows. */
const BATCH_BYTES_MAX = 8 * 1024 * 1024;
const BATCH_RECORDS_MAX = 10_000;
/** Records decoded in one go, some ms: what sink and broker send meanwhile must not wait for a whole batch. */
const DECODED_AT_ONCE = 128;
/** How often an idle applier looks whether the log's start has moved past it. */
const IDLE_LOOK_MS = 1000;

interface Batch {
  readonly entries: readonly Entry[];
  readonly bytes: number;
}

export function startLoop(options: LoopOptions): Loop {
  const { feed, settings, sink } = options;
  const applied = new Map(feed.next);
  const commits = committer((offsets) => feed.commit(offsets));
  let queue: Chunk[] = [];
  let state: RunStatus['state'] = 'running';
  let failure: unknown;
  let trouble: string | undefined;
  /** The batch being applied; never rejects. */
  let executing: Promise<void> = Promise.resolve();
  let busy = false;
  let wake: (() => void) | undefined;
  /** Rises with each pause: a batch that was being decoded then is dropped, whatever happens before it is ready. */
  let pauses = 0;

  const fail = (error: unknown): void => {
    if (state === 'failed' || state === 'stopped') return;
    state = 'failed';
    failure = error;
    drop();
    feed.pause();
    wake?.();
    options.onFailed(error);
  };

  const drop = (): void => {
    for (const chunk of queue) feed.release(chunk.bytes);
    queue = [];
  };

  const onApplied = (ranges: readonly OffsetRange[]): void => {
    for (const { topic, partition, next } of ranges) applied.set(topicPartition(topic, partition), next);
    if (settings.commit !== 'before') commits.want(offsetsOf(ranges));
  };

  const apply = applying({
    sink,
    settings,
    signal: options.signal,
    onApplied,
    setAside: options.setAside,
    onTrouble: (error) => {
      trouble = error;
    },
  });

  const execute = async ({ entries, bytes }: Batch): Promise<void> => {
    busy = true;
    try {
      if (settings.commit === 'before') await commits.now(offsetsOf(rangesOf(entries)));
      await apply(entries);
    } catch (error) {
      if (!options.signal.aborted) fail(error);
    } finally {
      busy = false;
      feed.release(bytes);
    }
  };

  const nextBatch = async (): Promise<(Batch & { readonly pauses: number }) | undefined> => {
    while (queue.length === 0 || state !== 'running') {
      if (state === 'stopped' || state === 'failed') return undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const before = pauses;
    return { ...(await decodeSome(queue, options.decode)), pauses: before };
  };

  const main = async (): Promise<void> => {
    for (;;) {
      const batch = await nextBatch();
      if (batch === undefined) return;
      await executing;
      if (state === 'running' && batch.pauses === pauses) executing = execute(batch);
      else feed.release(batch.bytes);
    }
  };
  // Every step handles its own errors; what escapes is a bug and must not pass in silence.
  main().catch(fail);

  const lookAtLogStart = async (): Promise<void> => {
    if (state !== 'running' || busy || queue.length > 0) return;
    const jumps = await feed.followLogStart();
    if (jumps.length === 0) return;
    if (settings.transactional) {
      await sink.transaction((transaction) =>
        transaction.remember(jumps.map(({ partition, to }) => ({ ...splitPartition(partition), from: to, next: to }))),
      );
    }
    for (const { partition, to } of jumps) applied.set(partition, to);
    commits.want(new Map(jumps.map(({ partition, to }) => [partition, to])));
  };
  const timer = setInterval(() => {
    // A look that fails is repeated: broker or sink are away, which the batches notice by themselves.
    lookAtLogStart().catch(() => {});
    commits.again();
  }, IDLE_LOOK_MS);
  timer.unref();

  return {
    applied,
    take(chunk) {
      if (state !== 'running') return feed.release(chunk.bytes);
      queue.push(chunk);
      wake?.();
    },
    async pause() {
      if (state !== 'running') return;
      state = 'paused';
      pauses += 1;
      drop();
      await executing;
    },
    resume() {
      if (state === 'paused') state = 'running';
      wake?.();
    },
    async stop() {
      clearInterval(timer);
      if (state !== 'failed') state = 'stopped';
      drop();
      wake?.();
      await executing;
      await commits.settled();
    },
    fail,
    status() {
      const error = failure ?? trouble;
      if (error === undefined || state === 'stopped') return { state };
      return { state, error: messageOf(error), ...traceOf(failure) };
    },
    async provablyApplied() {
      if (!settings.transactional) return new Map(applied);
      // A sink that is away has lost nothing of what it has committed: what we saw committed then stands.
      const stored = await sink.positions().catch(() => new Map<TopicPartition, bigint>());
      const all = new Map(applied);
      for (const [partition, offset] of stored) if (offset > (all.get(partition) ?? 0n)) all.set(partition, offset);
      return all;
    },
  };
}

function traceOf(failure: unknown): { trace?: string } {
  return failure instanceof Error && !(failure instanceof OperatorError) && failure.stack !== undefined
    ? { trace: failure.stack }
    : {};
}

function offsetsOf(ranges: readonly OffsetRange[]): Offsets {
  return new Map(ranges.map(({ topic, partition, next }) => [topicPartition(topic, partition), next]));
}

/** Takes chunks off the queue, up to a batch's size, and decodes them. */
async function decodeSome(queue: Chunk[], decode: LoopOptions['decode']): Promise<Batch> {
  const entries: Entry[] = [];
  let bytes = 0;
  while (entries.length < BATCH_RECORDS_MAX && bytes < BATCH_BYTES_MAX) {
    const chunk = queue.shift();
    if (chunk === undefined) break;
    bytes += chunk.bytes;
    for (const record of chunk.records) {
      if (entries.length % DECODED_AT_ONCE === DECODED_AT_ONCE - 1) await turn();
      entries.push({
        record,
        offset: record.offset,
        decoded: decode(record),
        receivedAtMs: chunk.receivedAtMs,
      });
    }
  }
  return { entries, bytes };
}
