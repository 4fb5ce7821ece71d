import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { committedOffsets, logBounds, sessionTimes } from '#clients/kafka.ts';
import type { LogRecord } from '#log/decode.ts';
import { type Offsets, splitPartition, type TopicPartition, topicPartition } from '#model/position.ts';
import { until } from '#std/wait.ts';

export interface Jump {
  readonly partition: TopicPartition;
  readonly from: bigint;
  readonly to: bigint;
}

/** Records of one partition as they were fetched. */
export interface Chunk {
  readonly records: readonly (LogRecord & { readonly offset: bigint })[];
  readonly bytes: number;
  readonly receivedAtMs: number;
}

export interface FeedOptions {
  readonly kafka: Kafka;
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Where to start, by partition; elsewhere the group's committed offset, else the beginning or the end. */
  readonly start: Offsets;
  readonly fromBeginning: boolean;
  /** Bytes of records fetched and not yet released at which fetching waits. */
  readonly bytesMax: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Gets ready to decode them. Where it throws, they come again. */
  prepare(records: EachBatchPayload['batch']['messages'], topic: string): Promise<void>;
  onChunk(chunk: Chunk): void;
  onJump(jump: Jump): void;
  /** The consumer has given up for good. */
  onCrash(error: Error): void;
}

/** What a consumer reads from its topics, ahead of what is applied and bounded in bytes. */
export interface Feed {
  /** Offset of the next record to come, by partition. */
  readonly next: ReadonlyMap<TopicPartition, bigint>;
  run(): Promise<void>;
  /** Tells that bytes of chunks are no longer held. */
  release(bytes: number): void;
  commit(offsets: Offsets): Promise<void>;
  /** Hands over nothing more; the group's membership is kept. */
  pause(): void;
  /** After `pause`: goes on from these offsets, whatever has been handed over. */
  resume(from: Offsets): void;
  /** Jumps over what the log no longer holds, where no record has come after it that would show the gap. */
  followLogStart(): Promise<readonly Jump[]>;
  close(): Promise<void>;
}

/** Larger fetches cost memory and gain no speed. */
const FETCH_BYTES_MAX = 8 * 1024 * 1024;
const FETCH_BYTES_MIN = 64 * 1024;
/** Longer than a sink may be away before the applier gives up. */
const HOLD_LIMIT_MS = 900_000;

/** A partition's first offset to read: as told, else committed, else by the reset rule; never below the log's start. */
async function firstOffsets(
  options: FeedOptions,
  admin: Admin,
): Promise<{ next: Map<TopicPartition, bigint>; jumps: Jump[] }> {
  const [bounds, committed] = await Promise.all([
    logBounds(admin, options.topics),
    committedOffsets(admin, options.groupId, options.topics),
  ]);
  const next = new Map<TopicPartition, bigint>();
  const jumps: Jump[] = [];
  for (const [partition, low] of bounds.starts) {
    const known = options.start.get(partition) ?? committed.get(partition);
    const high = bounds.ends.get(partition) ?? low;
    const reset = options.fromBeginning ? low : high;
    if (known === undefined || known === 0n) {
      next.set(partition, reset);
    } else if (known < low || known > high) {
      jumps.push({ partition, from: known, to: reset });
      next.set(partition, reset);
    } else {
      next.set(partition, known);
    }
  }
  return { next, jumps };
}

function consumerOf({ kafka, brokers, groupId, bytesMax, signal }: FeedOptions): Consumer {
  // What is fetched while the limit is not yet reached comes on top of it: at most a quarter of it.
  const fetchBytes = Math.max(FETCH_BYTES_MIN, Math.min(FETCH_BYTES_MAX, Math.floor(bytesMax / 4)));
  return kafka.consumer({
    groupId,
    // Without its partitions it would read again what it has not committed.
    ...sessionTimes(brokers),
    heartbeatInterval: 1000,
    maxWaitTimeInMs: 200,
    maxBytes: fetchBytes,
    maxBytesPerPartition: fetchBytes,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 20, restartOnFailure: async () => !signal.aborted },
  });
}

/** A consumer without its group refuses: it is joining it again, and is told then, or has given up for good. */
function whileJoined(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    if ((error as Error).name !== 'KafkaJSNonRetriableError') throw error;
  }
}

/** Opens a feed; it fetches from `run` on. Assumes that it is its group's only member, and that the topics exist. */
export async function openFeed(options: FeedOptions): Promise<Feed> {
  const { kafka, topics, signal } = options;
  const admin = kafka.admin();
  const consumer = consumerOf(options);
  await Promise.all([admin.connect(), consumer.connect()]);
  const { next, jumps } = await firstOffsets(options, admin);
  for (const jump of jumps) options.onJump(jump);
  let held = 0;
  let paused = false;

  const seekAll = () => seek(consumer, next);
  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    const { batch, resolveOffset, heartbeat, isStale, isRunning } = payload;
    await options.prepare(batch.messages, batch.topic);
    if (paused || isStale() || !isRunning()) return;
    const chunk = take(batch, next, options);
    resolveOffset(batch.lastOffset());
    if (chunk !== undefined) {
      held += chunk.bytes;
      options.onChunk(chunk);
    }
    if (held < options.bytesMax) return;
    await until(
      async () => {
        await heartbeat();
        return held < options.bytesMax || !isRunning() || paused;
      },
      { what: 'the sink to take what was fetched', limitMs: HOLD_LIMIT_MS, signal, pauseMs: 5, maxPauseMs: 100 },
    );
  };

  return {
    next,
    async run() {
      await consumer.subscribe({ topics: [...topics], fromBeginning: options.fromBeginning });
      const joined = new Promise<void>((resolve) => {
        consumer.on(consumer.events.GROUP_JOIN, () => {
          // Positions are ours: what the group has committed may lie behind what was applied.
          seekAll();
          if (paused) consumer.pause(topics.map((topic) => ({ topic })));
          resolve();
        });
      });
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart && !signal.aborted) options.onCrash(payload.error);
      });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 8,
        eachBatch,
      });
      await joined;
    },
    release(bytes) {
      held -= bytes;
    },
    commit: (offsets) => commit(consumer, offsets),
    pause() {
      paused = true;
      whileJoined(() => consumer.pause(topics.map((topic) => ({ topic }))));
    },
    resume(from) {
      for (const [partition, offset] of from) next.set(partition, offset);
      paused = false;
      whileJoined(() => {
        seekAll();
        consumer.resume(topics.map((topic) => ({ topic })));
      });
    },
    async followLogStart() {
      const { starts, ends } = await logBounds(admin, topics);
      const found: Jump[] = [];
      for (const [partition, low] of starts) {
        const from = next.get(partition);
        if (paused || from === undefined || low <= from) continue;
        const to = options.fromBeginning ? low : (ends.get(partition) ?? low);
        next.set(partition, to);
        found.push({ partition, from, to });
        options.onJump({ partition, from, to });
      }
      if (found.length > 0) whileJoined(seekAll);
      return found;
    },
    async close() {
      await Promise.all([consumer.disconnect().catch(() => {}), admin.disconnect().catch(() => {})]);
    },
  };
}

/** The batch's records from the expected offset on. A first offset above it is a jump: the topics have no other gaps. */
function take(
  batch: EachBatchPayload['batch'],
  next: Map<TopicPartition, bigint>,
  options: FeedOptions,
): Chunk | undefined {
  const partition = topicPartition(batch.topic, batch.partition);
  const expected = next.get(partition) ?? 0n;
  // Records before what was asked for can only come first: the broker sends whole batches.
  const start = batch.messages.findIndex((message) => BigInt(message.offset) >= expected);
  const first = batch.messages[start];
  if (first === undefined) return undefined;
  const from = BigInt(first.offset);
  if (from > expected) options.onJump({ partition, from: expected, to: from });
  let bytes = 0;
  const records = batch.messages.slice(start).map(({ key, value, offset, timestamp }) => {
    bytes += (key?.length ?? 0) + (value?.length ?? 0);
    return { topic: batch.topic, partition: batch.partition, offset: BigInt(offset), timestamp, key, value };
  });
  next.set(partition, (records[records.length - 1]?.offset ?? expected) + 1n);
  return { records, bytes, receivedAtMs: options.now() };
}

function seek(consumer: Consumer, offsets: Offsets): void {
  for (const [partition, offset] of offsets) {
    consumer.seek({ ...splitPartition(partition), offset: String(offset) });
  }
}

async function commit(consumer: Consumer, offsets: Offsets): Promise<void> {
  const list = [...offsets].map(([partition, offset]) => ({ ...splitPartition(partition), offset: String(offset) }));
  if (list.length > 0) await consumer.commitOffsets(list);
}
