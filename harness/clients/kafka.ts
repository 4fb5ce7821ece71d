import { type Admin, Kafka, logLevel } from 'kafkajs';
import { type Offsets, topicPartition } from '#model/position.ts';
import { until } from '#std/wait.ts';

/**
 * A kafkajs client that is quiet: what goes wrong is thrown, not printed. Once `signal` is aborted it gives up a broker
 * that is away at once; connections that stand are used on, so that it can be ended in order.
 */
export function kafkaClient(brokers: readonly string[], clientId = 'driftlab', signal?: AbortSignal): Kafka {
  return new Kafka({
    // Asked whenever it has no connection left. No broker at all is what kafkajs does not try again.
    brokers: () => (signal?.aborted ? [] : [...brokers]),
    clientId,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 10_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 8 },
  });
}

/**
 * How long a consumer may be silent before its group does without it. No busy machine must cost it its partitions. Of several
 * brokers the group's coordinator may die, however: a client that has lost it joins anew, as another member, and gets nothing until the
 * one that it was is missed.
 */
export function sessionTimes(brokers: readonly string[]): {
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
} {
  const ms = brokers.length === 1 ? 60_000 : 20_000;
  return { sessionTimeout: ms, rebalanceTimeout: ms };
}

export interface LogBounds {
  /** Offset of the oldest record that the log still holds. */
  readonly starts: Offsets;
  /** Offset that the next record will get. */
  readonly ends: Offsets;
}

const BOUNDS_LIMIT_MS = 20_000;

/**
 * Start and end offsets of every partition of the topics. A broker says for a moment that it is not the leader of a
 * partition whose topic it has just created, or after its own restart: it is asked again, within a limit.
 */
export async function logBounds(admin: Admin, topics: readonly string[], signal?: AbortSignal): Promise<LogBounds> {
  const starts = new Map<string, bigint>();
  const ends = new Map<string, bigint>();
  const ask = async (topic: string): Promise<void> => {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      starts.set(topicPartition(topic, partition), BigInt(low));
      ends.set(topicPartition(topic, partition), BigInt(high));
    }
  };
  const answered = (topic: string) =>
    until(
      async () => {
        await ask(topic);
        return true;
      },
      { what: `the offsets of the topic ${topic}`, limitMs: BOUNDS_LIMIT_MS, signal },
    );
  await Promise.all(topics.map(answered));
  return { starts, ends };
}

/** A group's committed offsets; 0 for a partition for which it has committed none. */
export async function committedOffsets(admin: Admin, groupId: string, topics: readonly string[]): Promise<Offsets> {
  const offsets = new Map<string, bigint>();
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics: [...topics] }))
    for (const { partition, offset } of partitions) {
      const committed = BigInt(offset);
      offsets.set(topicPartition(topic, partition), committed < 0n ? 0n : committed);
    }
  return offsets;
}

/** Above every offset. */
const FOR_EVER = 2n ** 62n;

/** The position of who does not read these topics and never will: as far as one can be. */
export async function forEver(admin: Admin, topics: readonly string[]): Promise<Offsets> {
  const offsets = new Map<string, bigint>();
  for (const topic of topics)
    for (const { partition } of await admin.fetchTopicOffsets(topic))
      offsets.set(topicPartition(topic, partition), FOR_EVER);
  return offsets;
}

export type { Admin, Kafka };
