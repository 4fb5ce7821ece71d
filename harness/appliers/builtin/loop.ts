import type { Sink } from '#engines/port/sink.ts';
import type { LogRecord, Poison } from '#log/decode.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { RunStatus } from '#model/pipeline.ts';
import { type Offsets, splitPartition, type TopicPartition } from '#model/position.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { batchQueue } from './batch-queue.ts';
import { type Committer, committer } from './committer.ts';
import type { Entry } from './entries.ts';
import { execution } from './execution.ts';
import type { Chunk, Feed } from './feed.ts';
import type { ApplierSettings } from './settings.ts';

export interface LoopOptions {
  readonly feed: Feed;
  readonly sink: Sink;
  /** The sink's own positions, for who asks how far it has come. */
  positions(): Promise<ReadonlyMap<TopicPartition, bigint>>;
  readonly settings: ApplierSettings;
  readonly signal: AbortSignal;
  readonly decode: (record: LogRecord) => ChangeEvent | Poison | undefined;
  /** Why records that were fetched cannot be decoded yet; undefined while none waits. */
  waiting?(): string | undefined;
  setAside(entry: Entry, reason: string): Promise<void>;
  onFailed(error: unknown): void;
  /** After each transaction, with how many records it has applied. */
  onApplied(records: number): void;
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

/** How often an idle applier looks whether the log's start has moved past it. */
const IDLE_LOOK_MS = 1000;

export function startLoop(options: LoopOptions): Loop {
  const { feed } = options;
  const applied = new Map(feed.next);
  const commits = committer((offsets) => feed.commit(offsets));
  let state: RunStatus['state'] = 'running';
  let failure: unknown;
  const queue = batchQueue(feed, options.decode, () => state);

  const fail = (error: unknown): void => {
    if (state === 'failed' || state === 'stopped') return;
    state = 'failed';
    failure = error;
    queue.drop();
    feed.pause();
    queue.wake();
    options.onFailed(error);
  };

  const batches = execution(options, { applied, commits }, fail);
  const main = async (): Promise<void> => {
    for (;;) {
      const batch = await queue.next();
      if (batch === undefined) return;
      await batches.done();
      if (state === 'running' && batch.generation === queue.generation) batches.start(batch);
      else feed.release(batch.bytes);
    }
  };
  // Every step handles its own errors; what escapes is a bug and must not pass in silence.
  main().catch(fail);

  const lookAtLogStart = async (): Promise<void> => {
    if (state !== 'running' || batches.busy || !queue.empty) return;
    await followLogStart(options, { applied, commits, isOver: () => state !== 'running' });
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
    },
    async pause() {
      if (state !== 'running') return;
      state = 'paused';
      queue.drop();
      await batches.done();
    },
    resume() {
      if (state === 'paused') state = 'running';
      queue.wake();
    },
    async stop() {
      clearInterval(timer);
      if (state !== 'failed') state = 'stopped';
      queue.drop();
      queue.wake();
      await batches.done();
      await commits.settled();
    },
    fail,
    status() {
      const error = failure ?? batches.trouble ?? options.waiting?.();
      if (error === undefined || state === 'stopped') return { state };
      return { state, error: messageOf(error), ...traceOf(failure) };
    },
    provablyApplied: () => provablyApplied(options, applied),
  };
}

/** What an idle applier does now and then: the log's start may have moved past it, where no record shows the gap. */
async function followLogStart(
  { feed, sink, settings }: LoopOptions,
  {
    applied,
    commits,
    isOver,
  }: {
    readonly applied: Map<TopicPartition, bigint>;
    readonly commits: Committer;
    /** A jump may be what it fails at: then nothing is noted of it. */
    readonly isOver: () => boolean;
  },
): Promise<void> {
  const jumps = await feed.followLogStart();
  if (jumps.length === 0 || isOver()) return;
  if (settings.transactional) {
    await sink.transaction((transaction) =>
      transaction.remember(jumps.map(({ partition, to }) => ({ ...splitPartition(partition), from: to, next: to }))),
    );
  }
  for (const { partition, to } of jumps) applied.set(partition, to);
  commits.want(new Map(jumps.map(({ partition, to }) => [partition, to])));
}

async function provablyApplied({ positions, settings }: LoopOptions, applied: Offsets): Promise<Offsets> {
  if (!settings.transactional) return new Map(applied);
  // A sink that is away has lost nothing of what it has committed: what we saw committed then stands.
  const stored = await positions().catch(() => new Map<TopicPartition, bigint>());
  const all = new Map(applied);
  for (const [partition, offset] of stored) if (offset > (all.get(partition) ?? 0n)) all.set(partition, offset);
  return all;
}

function traceOf(failure: unknown): { trace?: string } {
  return failure instanceof Error && !(failure instanceof OperatorError) && failure.stack !== undefined
    ? { trace: failure.stack }
    : {};
}
