import { randomUUID } from 'node:crypto';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { kafkaClient, logBounds } from '#clients/kafka.ts';
import { defaultEngine, engineOf, SOURCE_READERS } from '#engines/index.ts';
import { type DecodeContext, decodeChangeEvent, decodeContext, isPoison, keyAlone, type Poison } from '#log/decode.ts';
import { decodePlain } from '#log/plain.ts';
import type { SourceReader } from '#log/source-block.ts';
import type { TableId } from '#model/catalog.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { Database } from '#model/pipeline.ts';
import type { Offsets, TopicPartition, TopicRoute } from '#model/position.ts';
import { splitPartition, topicPartition } from '#model/position.ts';
import { KEYLESS } from '#model/values.ts';
import { until } from '#std/wait.ts';
import { asWritten, keyNaming } from './key-naming.ts';
import { createLagClock } from './lag-clock.ts';
import type { LogHistory } from './log-history.ts';
import { createLogIndex } from './log-index.ts';
import { createUndecodedLog } from './undecoded.ts';

export interface LogViewOptions {
  readonly brokers: readonly string[];
  readonly routes: readonly TopicRoute[];
  /** Says which columns name a row, in which order and spelling. Without it keys are taken as the records have them. */
  readonly source?: Database;
  readonly signal?: AbortSignal;
  /** Every event, once, in each partition's order. */
  readonly onEvent?: (event: ChangeEvent) => void;
}

export interface OpenLogView extends LogHistory, AsyncDisposable {}

const JOIN_LIMIT_MS = 30_000;

/**
 * The verifier's own reader of the log: a consumer group of its own that commits nothing, over every partition from the
 * beginning. Resolves once it has its partitions. What it saw stays known when the log no longer holds it.
 */
export async function openLogView(options: LogViewOptions): Promise<OpenLogView> {
  const { brokers, routes, source, signal, onEvent } = options;
  const tables = Map.groupBy(routes, ({ topic }) => topic);
  const topics = [...tables.keys()];
  const context = decodeContext(SOURCE_READERS, tablesAlone(tables));
  const { block } = (source === undefined ? defaultEngine : engineOf(source)).source;
  const naming = source === undefined ? undefined : await keyNaming(source, routes);
  const index = createLogIndex();
  const clock = createLagClock();
  const positions = new Map<TopicPartition, bigint>();
  const incomplete = new Set<string>();
  const undecoded = createUndecodedLog();

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

  const take = async ({ batch }: EachBatchPayload): Promise<void> => {
    const partition = topicPartition(batch.topic, batch.partition);
    const position = positions.get(partition) ?? 0n;
    // A batch comes again after an error in the middle of it, and the whole partition after the group was lost.
    const fresh = batch.messages.filter((message) => BigInt(message.offset) >= position);
    const [first] = fresh;
    // Connect writes no gaps: what is missing at the position has left the log.
    if (first !== undefined && BigInt(first.offset) > position) incomplete.add(batch.topic);
    const events: ChangeEvent[] = [];
    const unread: Unread[] = [];
    for (const message of fresh) {
      const offset = BigInt(message.offset);
      clock.note(partition, offset, Number(message.timestamp));
      const record = recordOf(batch, message);
      const event = decode(record, context, block);
      if (event === undefined) {
        clock.noteTombstone(partition, offset);
        continue;
      }
      if (!isPoison(event)) events.push(event);
      else
        for (const { table } of tables.get(batch.topic) ?? [])
          unread.push({ table, key: keyAlone(record, context), op: 'update', offset, why: event.poison });
    }
    const names = naming === undefined ? events.map(asWritten) : await naming(events);
    for (const [place, event] of events.entries()) {
      const named = names[place];
      if (named !== undefined) index.add(event, named.key, named);
      else
        undecoded.add(event.table, { partition, offset: event.offset, why: 'it does not say which row it concerns' });
      positions.set(partition, event.offset + 1n);
      onEvent?.(event);
    }
    const concerned = (await naming?.(unread)) ?? [];
    for (const [place, { table, offset, why }] of unread.entries()) {
      const key = concerned[place]?.key;
      undecoded.add(table, { partition, offset, why }, key === KEYLESS ? undefined : key);
    }
    positions.set(partition, maxOf(position, BigInt(batch.lastOffset()) + 1n));
  };

  const consumer = kafka.consumer({
    groupId: `driftlab-verifier-${randomUUID()}`,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 200,
    sessionTimeout: 60_000,
    // A broker may be down on purpose, for longer than the client's retries last.
    retry: { restartOnFailure: async () => signal?.aborted !== true },
  });
  opened.defer(() => consumer.disconnect());
  await consumer.connect();
  const joined = Promise.withResolvers<true>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve(true));
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: true, eachBatch: take });
  let has = false;
  void joined.promise.then(() => (has = true));
  await until(() => has, { what: "the verifier's reader to get its partitions", limitMs: JOIN_LIMIT_MS, signal });

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
    get forgetful() {
      return index.forgetful;
    },
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

function maxOf(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

function recordOf(batch: EachBatchPayload['batch'], { offset, timestamp, key, value, headers }: KafkaMessage) {
  return { topic: batch.topic, partition: batch.partition, offset, timestamp, key, value, headers };
}

/** A record as the lab's own connector writes it; failing that, as somebody's own may. */
function decode(
  record: ReturnType<typeof recordOf>,
  context: DecodeContext,
  block: SourceReader,
): ChangeEvent | Poison | undefined {
  const headers = headersOf(record.headers);
  const told = record.value === null && '__op' in headers;
  const event = told ? undefined : decodeChangeEvent(record, context);
  if (!told && (event === undefined || !isPoison(event))) return event;
  const table = context.tables.get(record.topic);
  if (table === undefined) return event ?? { poison: UNNAMED };
  const plain = decodePlain({ ...record, headers }, table, block);
  // Of two ways that both failed the first says more.
  return plain !== undefined && isPoison(plain) ? (event ?? plain) : plain;
}

const UNNAMED = 'its topic has the events of several tables, and it does not say of which it is';

function headersOf(headers: KafkaMessage['headers'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || Array.isArray(value) ? [] : [[name, value.toString()]],
    ),
  );
}

/** A record of which no more than its key could be read. */
interface Unread extends Pick<ChangeEvent, 'table' | 'key' | 'op' | 'offset'> {
  readonly why: string;
}

/** Topics that have the events of one table alone: it may be named otherwise than the events say. */
function tablesAlone(topics: ReadonlyMap<string, readonly TopicRoute[]>): Map<string, TableId> {
  return new Map(
    [...topics].flatMap(([topic, [first, ...others]]) =>
      first === undefined || others.length > 0 ? [] : [[topic, first.table]],
    ),
  );
}
