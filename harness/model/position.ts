import type { TableId } from './catalog.ts';

/** `topic/partition`. */
export type TopicPartition = string;

export function topicPartition(topic: string, partition: number): TopicPartition {
  return `${topic}/${partition}`;
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
