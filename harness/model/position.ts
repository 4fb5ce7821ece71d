import type { TableId } from './catalog.ts';

/** `topic/partition`. */
export type TopicPartition = string;

const names = new Map<string, TopicPartition[]>();

/** One string for each partition, however often it is named: it stands with every row that the log has an event of. */
export function topicPartition(topic: string, partition: number): TopicPartition {
  const of = names.get(topic) ?? [];
  names.set(topic, of);
  of[partition] ??= `${topic}/${partition}`;
  return of[partition];
}

/** For each topic partition the offset of the next record to be read: every record below it has been applied. */
export type Offsets = ReadonlyMap<TopicPartition, bigint>;

/** Lag of one consumer: records not yet applied, and the age in milliseconds of the oldest of them. */
export interface Lag {
  readonly records: number;
  readonly ms: number;
}

/** How tables and topics belong together in one pipeline. */
export interface TopicRoute {
  readonly topic: string;
  readonly table: TableId;
}
