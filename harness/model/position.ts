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

/** Its two parts. A topic's name holds no slash. */
export function splitPartition(name: TopicPartition): { readonly topic: string; readonly partition: number } {
  const at = name.lastIndexOf('/');
  return { topic: name.slice(0, at), partition: Number(name.slice(at + 1)) };
}

/** For each topic partition the offset of the next record to be read: every record below it has been applied. */
export type Offsets = ReadonlyMap<TopicPartition, bigint>;

/** Records below the log's `starts` that a consumer at `applied` has not read: they are gone for it. */
export function recordsGone(applied: Offsets, starts: Offsets): number {
  let gone = 0n;
  for (const [partition, start] of starts) {
    const at = applied.get(partition) ?? 0n;
    if (start > at) gone += start - at;
  }
  return Number(gone);
}

/** The same of partitions as they are told: with offsets as decimal texts. */
export function toldGone(partitions: readonly { readonly start: string; readonly committed: string }[]): number {
  return partitions.reduce(
    (sum, { start, committed }) => sum + Math.max(0, Number(BigInt(start) - BigInt(committed))),
    0,
  );
}

/** The share of a topic's retention from which on a lag is near it: then it is reported. */
export const NEAR_RETENTION = 0.8;

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
