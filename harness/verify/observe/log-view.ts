import { randomUUID } from 'node:crypto';
import type { EachBatchPayload } from 'kafkajs';
import { type Kafka, kafkaClient, logBounds, sessionTimes } from '#clients/kafka.ts';
import { defaultEngine, engineOf } from '#engines/index.ts';
import type { ColumnTypes } from '#log/formats/column-types.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { Database } from '#model/pipeline.ts';
import type { Offsets, TopicPartition, TopicRoute } from '#model/position.ts';
import { splitPartition } from '#model/position.ts';
import type { SchemaSource } from '#model/registered-schema.ts';
import { until } from '#std/wait.ts';
import { batchReader } from './batch-reader.ts';
import { keyNaming } from './key-naming.ts';
import { createLagClock } from './lag-clock.ts';
import type { LogHistory } from './log-history.ts';
import { createLogIndex } from './log-index.ts';
import { createUndecodedLog } from './undecoded.ts';

export interface LogViewOptions {
  readonly brokers: readonly string[];
  readonly routes: readonly TopicRoute[];
  /** Says which columns name a row, in which order and spelling. Without it keys are taken as the records have them. */
  readonly source?: Database;
  /** Has the schemas that stand in no record. */
  readonly registry?: SchemaSource | undefined;
  /** Says how columns are written of which records carry no schema. */
  readonly columns?: ColumnTypes | undefined;
  readonly signal?: AbortSignal;
  /** Every event, once, in each partition's order. */
  readonly onEvent?: (event: ChangeEvent) => void;
}

export interface OpenLogView extends LogHistory, AsyncDisposable {}

const JOIN_LIMIT_MS = 30_000;
/** A schema registry that is back is to be noticed soon. */
const RETRY_MS_MAX = 1000;

/**
 * The verifier's own reader of the log: a consumer group of its own that commits nothing, over every partition from the
 * beginning. Resolves once it has its partitions. What it saw stays known when the log no longer holds it.
 */
export async function openLogView(options: LogViewOptions): Promise<OpenLogView> {
  const { brokers, routes, source, signal, onEvent, registry, columns } = options;
  const tables = Map.groupBy(routes, ({ topic }) => topic);
  const topics = [...tables.keys()];
  const { block } = (source === undefined ? defaultEngine : engineOf(source)).source;
  const naming = source === undefined ? undefined : await keyNaming(source, routes);
  const index = createLogIndex();
  const clock = createLagClock();
  const positions = new Map<TopicPartition, bigint>();
  const incomplete = new Set<string>();
  const undecoded = createUndecodedLog();
  const batches = batchReader({
    ...{ tables, block, naming, index, clock, positions, incomplete, undecoded },
    ...{ onEvent, registry, columns },
  });

  const kafka = kafkaClient(brokers, 'driftlab-verifier', signal);
  await using opened = new AsyncDisposableStack();
  const admin = kafka.admin();
  await admin.connect();
  opened.defer(() => admin.disconnect());
  const { starts } = await logBounds(admin, topics, signal);
  for (const [partition, start] of starts) {
    positions.set(partition, start);
    if (start > 0n) incomplete.add(splitPartition(partition).topic);
  }

  const reader = opened.use(await startConsumer(kafka, brokers, topics, batches.take, signal));
  const bounds = () => logBounds(admin, topics, signal);
  const caughtUp = (ends: Offsets): boolean => {
    for (const [partition, end] of ends) if ((positions.get(partition) ?? 0n) < end) return false;
    return true;
  };
  const tableTopics = new Map(routes.map(({ topic, table }) => [table, topic]));
  const resources = opened.move();
  return {
    get records() {
      return index.records;
    },
    get replayed() {
      return index.replayed;
    },
    get snapshotReads() {
      return index.snapshotReads;
    },
    get capturedLsn() {
      return index.capturedLsn;
    },
    get trouble() {
      return batches.trouble;
    },
    get forgetful() {
      return index.forgetful;
    },
    pause: () => reader.pause(),
    position: () => new Map(positions),
    startOffsets: async () => (await bounds()).starts,
    endOffsets: async () => (await bounds()).ends,
    holds: (table, key, txn) => index.holds(table, key, txn),
    keyless: index.keyless,
    recordKey: (table, key) => index.recordKey(table, key),
    undecoded,
    lag: (applied, ends) => clock.lag(applied, ends),
    history: (table, key) => index.history(table, key),
    forget: (table, key) => index.forget(table, key),
    transactions: index.transactions,
    columnSince: (table, column) => index.columnSince(table, column),
    touched: (after) => index.touched(after),
    complete: (table) => !incomplete.has(tableTopics.get(table) ?? ''),
    caughtUp,
    async awaitCaughtUp(ends, limitMs, aborted) {
      try {
        return await until(() => caughtUp(ends), { what: "the log's end", limitMs, signal: aborted, maxPauseMs: 25 });
      } catch (error) {
        aborted?.throwIfAborted();
        if ((error as { code?: string }).code === 'timed-out') return false;
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

interface Reader extends AsyncDisposable {
  /** See {@link LogHistory.pause}. */
  pause(): () => void;
}

/** Consumes topics in a group of its own, and resolves once it has its partitions; disposing ends it. */
async function startConsumer(
  kafka: Kafka,
  brokers: readonly string[],
  topics: readonly string[],
  take: (payload: EachBatchPayload) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<Reader> {
  await using starting = new AsyncDisposableStack();
  let ended = false;
  const consumer = kafka.consumer({
    groupId: `driftlab-verifier-${randomUUID()}`,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 200,
    ...sessionTimes(brokers),
    // A broker may be down on purpose, for longer than the client's retries last. One that is to end would begin anew all the same.
    retry: { maxRetryTime: RETRY_MS_MAX, restartOnFailure: async () => !ended && signal?.aborted !== true },
  });
  starting.defer(() => {
    ended = true;
    return consumer.disconnect();
  });
  await consumer.connect();
  const joined = Promise.withResolvers<true>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve(true));
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  const every = topics.map((topic) => ({ topic }));
  let standing = false;
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    async eachBatch(payload) {
      if (!standing) return take(payload);
      // It was fetched before, or by a consumer that began anew and no longer knows that it stands.
      const { topic, partition } = payload.batch;
      consumer.seek({ topic, partition, offset: payload.batch.firstOffset() ?? payload.batch.lastOffset() });
      consumer.pause(every);
    },
  });
  let has = false;
  void joined.promise.then(() => (has = true));
  await until(() => has, { what: "the verifier's reader to get its partitions", limitMs: JOIN_LIMIT_MS, signal });
  const owned = starting.move();
  return {
    pause() {
      standing = true;
      consumer.pause(every);
      return () => {
        standing = false;
        consumer.resume(every);
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
