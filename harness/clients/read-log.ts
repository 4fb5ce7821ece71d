import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import { type Offsets, splitPartition, topicPartition } from '#model/position.ts';
import { kafkaClient } from './kafka.ts';

/** A record and where it stands. */
export type PlacedRecord = KafkaMessage & { readonly topic: string; readonly partition: number };

export interface ReadLogOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** The partitions to read, and where each begins. */
  readonly from: Offsets;
  /** Where each of them ends. Without it they are read until `signal` is aborted, which is an orderly end then. */
  readonly to?: Offsets;
  readonly signal: AbortSignal;
  /** Each record, in its partition's order. What is returned says whether more are wanted; what it throws ends the reading. */
  onRecord(record: PlacedRecord): Promise<boolean> | boolean;
}

/**
 * Reads partitions in a consumer group of its own that commits nothing. Resolves at their ends, or once no more are wanted. Records that
 * compaction has removed and the marks of transactions are passed over. Throws the reason of `signal` where it is aborted before an
 * end that was asked for.
 */
export async function readLog({ brokers, clientId, from, to, signal, onRecord }: ReadLogOptions): Promise<void> {
  const left = new Set(
    [...from].filter(([name, at]) => to === undefined || at < (to.get(name) ?? 0n)).map(([name]) => name),
  );
  if (left.size === 0) return;
  const done = Promise.withResolvers<void>();
  const abort = (): void => (to === undefined ? done.resolve() : done.reject(signal.reason));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const next = new Map(from);
  const pass = (name: string, last: bigint): void => {
    if (next.has(name)) next.set(name, last + 1n);
    if (to !== undefined && last + 1n >= (to.get(name) ?? 0n)) left.delete(name);
    if (left.size === 0) done.resolve();
  };
  const consumer = kafkaClient(brokers, clientId).consumer({
    groupId: `${clientId}-${randomUUID()}`.replaceAll(' ', '-'),
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 200,
  });
  try {
    await consumer.connect();
    const topics = [...new Set([...from.keys()].map((name) => splitPartition(name).topic))];
    // Where retention removes what is about to be read, it goes on with what is left, and not with what is yet to come.
    await consumer.subscribe({ topics, fromBeginning: true });
    // A batch of nothing but marks of transactions comes to nobody; that it was passed is told here.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) =>
      pass(topicPartition(topic, partition), BigInt(lastOffset)),
    );
    // Before anything is fetched; one that has lost its group and is back goes on where it was.
    consumer.on(consumer.events.GROUP_JOIN, () => {
      for (const [name, at] of next) consumer.seek({ ...splitPartition(name), offset: String(at) });
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) done.reject(payload.error);
    });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch, isRunning }) => {
        const name = topicPartition(batch.topic, batch.partition);
        for (const message of batch.messages) {
          if (!left.has(name) || !isRunning()) return;
          const offset = BigInt(message.offset);
          if (offset < (next.get(name) ?? 0n)) continue;
          next.set(name, offset + 1n);
          if (to !== undefined && offset >= (to.get(name) ?? 0n)) break;
          try {
            const more = await onRecord({ ...message, topic: batch.topic, partition: batch.partition });
            if (more) continue;
            left.clear();
          } catch (error) {
            left.clear();
            done.reject(error);
          }
        }
      },
    });
    await done.promise;
  } finally {
    signal.removeEventListener('abort', abort);
    await consumer.disconnect().catch(() => {});
  }
}
