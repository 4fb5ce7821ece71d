import { kafkaClient } from '#clients/kafka.ts';
import { leaveGroups } from '#clients/leave-groups.ts';
import type { ObjectStore } from '#clients/s3.ts';
import { SOURCE_READERS } from '#engines/index.ts';
import { decodeChangeEvent, decodeContext, isPoison } from '#log/decode.ts';
import { formatReader } from '#log/formats/reader.ts';
import type { TableId } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import type { ObjectFormat } from '#model/pipeline.ts';
import { splitPartition, type TopicRoute, topicPartition } from '#model/position.ts';
import type { SchemaSource } from '#model/registered-schema.ts';
import { changeLine } from '#objects/change-lines.ts';
import { type ColumnKinds, changesObject } from '#objects/change-objects.ts';
import { FORMAT_WRITERS } from '#objects/formats.ts';
import { changesKey, type FirstRecord } from '#objects/object-set.ts';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { type Chunk, type Feed, openFeed } from '../builtin/feed.ts';
import { recordsGone } from '../builtin/records-gone.ts';
import { type Buffer as Batch, buffers, type FlushRule } from './buffers.ts';
import { changeOf } from './change-of.ts';

export interface ObjectsApplierOptions {
  readonly brokers: readonly string[];
  readonly groupId: string;
  /** The topics to read; they must exist. */
  readonly routes: readonly TopicRoute[];
  readonly store: Pick<ObjectStore, 'put'>;
  /** Has the schemas that stand in no record. */
  readonly registry?: SchemaSource | undefined;
  /** The key of an object that begins with a record. Default: {@link changesKey}, by which what is written again replaces itself. */
  readonly keyOf?: (table: TableId, from: FirstRecord, signal: AbortSignal) => string | Promise<string>;
  /** Where the pipeline's sets are, with a slash at its end. */
  readonly folder: string;
  /** What the columns of each table hold. */
  readonly kinds: ReadonlyMap<TableId, ColumnKinds>;
  /** Default: JSON Lines. */
  readonly format?: ObjectFormat;
  readonly formatPosition: (position: bigint) => string;
  readonly flush: FlushRule;
  /** Asked before each object: throws where somebody else writes them by now. */
  readonly mayWrite: () => Promise<void>;
  /** Told of each object that is there and whose records will not be read again. */
  readonly onWritten?: (object: { readonly key: string; readonly changes: number }) => void;
}

/** A running applier. Disposing writes what it holds, and ends it. */
export interface ObjectsApplier extends AsyncDisposable {
  /** Rejects with the error that has ended it; resolves once it was disposed of. */
  readonly ended: Promise<void>;
}

/** How long the store, or the group, may be away before the applier gives up. */
const AWAY_LIMIT_MS = 600_000;
const IN_FLIGHT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Writes changes into objects, and commits a partition's offset once its object is there and before the next one of it is
 * written: at most one object of a partition is ever written again, and then under the same name.
 */
export async function startObjectsApplier(options: ObjectsApplierOptions): Promise<ObjectsApplier> {
  const abort = new AbortController();
  const batches = buffers(options.flush);
  const queue: Chunk[] = [];
  const { formats, batchOf, kindsOf } = decoding(options);
  let wake: () => void = () => {};
  let failure: unknown;
  let stopping = false;

  const feed: Feed = await openFeed({
    kafka: kafkaClient(options.brokers, options.groupId),
    ...{ brokers: options.brokers, groupId: options.groupId },
    topics: options.routes.map(({ topic }) => topic),
    ...{ start: new Map(), fromBeginning: true, bytesMax: IN_FLIGHT_BYTES_MAX, now: Date.now, signal: abort.signal },
    prepare: formats.prepare,
    onChunk(chunk) {
      queue.push(chunk);
      wake();
    },
    onJump(jump) {
      failure ??= recordsGone(jump);
      wake();
    },
    onCrash(error) {
      failure ??= error;
      wake();
    },
  });

  const main = async (): Promise<void> => {
    for (;;) {
      if (failure !== undefined) throw failure;
      const chunk = queue.shift();
      if (chunk !== undefined) batches.add(batchOf(chunk), Date.now());
      const due = batches.take(Date.now(), stopping && chunk === undefined);
      if (due !== undefined) await write({ ...options, kindsOf }, feed, due, abort.signal);
      else if (chunk === undefined && stopping) return;
      else if (chunk === undefined) await idle(batches.dueAtMs, (resolve) => (wake = resolve));
    }
  };

  // A member that was killed keeps its partitions for a minute, and there is no other: who starts this sees to that.
  await leaveGroups(options.brokers, ({ groupId }) => groupId === options.groupId).catch(() => {});
  await feed.run();
  const ended = main();
  // Whoever waits for it hears of it; nobody need.
  ended.catch(() => abort.abort(new Error('the applier has failed')));
  return {
    ended,
    async [Symbol.asyncDispose]() {
      feed.pause();
      stopping = true;
      wake();
      await ended.catch(() => {});
      abort.abort(new Error('the applier was stopped'));
      await feed.close();
    },
  };
}

/** Until somebody wakes it, or the next batch is due. */
async function idle(dueAtMs: number | undefined, onWake: (wake: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = dueAtMs === undefined ? undefined : setTimeout(resolve, Math.max(0, dueAtMs - Date.now()));
    onWake(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

interface Writing extends ObjectsApplierOptions {
  /** What a table's columns hold, with those that came later. */
  readonly kindsOf: (table: TableId) => ColumnKinds;
}

/** An object, and then the offset behind it. Records that change no row move the offset alone. */
async function write(options: Writing, feed: Feed, batch: Batch, signal: AbortSignal): Promise<void> {
  const place = splitPartition(batch.partition);
  const table = options.routes.find(({ topic }) => topic === place.topic)?.table ?? place.topic;
  const from = { ...place, offset: batch.from };
  const { format = 'jsonl' } = options;
  const { keyOf = (_, first) => changesKey(options.folder, table, first, format) } = options;
  const key = batch.lines.length === 0 ? '' : await keyOf(table, from, signal);
  if (batch.lines.length > 0) {
    const body = changesObject(format, { table, lines: batch.lines, kinds: options.kindsOf(table) });
    const type = FORMAT_WRITERS[format].mediaType;
    await options.mayWrite();
    await patiently('the store to take an object', signal, () => options.store.put(key, body, { type, signal }));
  }
  await patiently('the group to take an offset', signal, () => feed.commit(new Map([[batch.partition, batch.next]])));
  feed.release(batch.bytes);
  if (batch.lines.length > 0) options.onWritten?.({ key, changes: batch.lines.length });
}

/** What is away is waited for; what is refused is not. */
function patiently(what: string, signal: AbortSignal, act: () => Promise<void>): Promise<true> {
  return until(
    async () => {
      try {
        await act();
      } catch (error) {
        // The wait ends at once where it gets an OperatorError.
        throw error instanceof OperatorError && error.code === 's3-away'
          ? new Error(error.found, { cause: error })
          : error;
      }
      return true as const;
    },
    { what, limitMs: AWAY_LIMIT_MS, signal, maxPauseMs: 2000 },
  );
}

function decoding({ routes, kinds, formatPosition, registry }: ObjectsApplierOptions) {
  const formats = formatReader(registry, undefined, { topics: routes.map(({ topic }) => topic) });
  const context = decodeContext(
    SOURCE_READERS,
    new Map(routes.map(({ topic, table }) => [topic, table])),
    undefined,
    formats,
  );
  const none: ColumnKinds = new Map();
  const later = new Map<TableId, Map<string, Kind>>();
  const kindsOf = (table: TableId): ColumnKinds =>
    new Map([...(kinds.get(table) ?? none), ...(later.get(table) ?? none)]);
  const noteLater = (table: TableId, name: string, kind: Kind): void => {
    later.set(table, (later.get(table) ?? new Map<string, Kind>()).set(name, kind));
  };
  const batchOf = ({ records, bytes, receivedAtMs }: Chunk): Omit<Batch, 'sinceMs'> => {
    const [first] = records;
    if (first === undefined) throw new Error('a chunk has records');
    const lines = records.flatMap((record) => {
      const event = decodeChangeEvent(record, context);
      if (event === undefined) return [];
      if (isPoison(event)) throw unreadable(record, event.poison);
      const known = kinds.get(event.table) ?? none;
      const change = changeOf(event, { kinds: known, formatPosition, receivedAtMs });
      for (const { name, kind } of change.row) if (!known.has(name)) noteLater(event.table, name, kind);
      return [changeLine(change)];
    });
    const partition = topicPartition(first.topic, first.partition);
    return { partition, from: first.offset, next: (records.at(-1)?.offset ?? first.offset) + 1n, lines, bytes };
  };
  return { formats, batchOf, kindsOf };
}

function unreadable({ topic, partition, offset }: { topic: string; partition: number; offset: bigint }, why: string) {
  return new OperatorError({
    code: 'applier-stopped',
    message: `the record at offset ${offset} of ${topic}/${partition} cannot be read`,
    expected: "an event in Debezium's own envelope, as JSON with its schema",
    found: why,
    hint: "see which converters the source connector's workers have",
    exit: 1,
  });
}
