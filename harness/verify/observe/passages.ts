import type { EventRef } from '#model/finding.ts';
import { type Offsets, type TopicPartition, topicPartition } from '#model/position.ts';

interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

/** The records that a consumer never got, because the log's start had passed its position, or it jumped. */
export interface Passages {
  /** To be told at every look: a start above the position means that what lies between is gone for this consumer. */
  note(applied: Offsets, starts: Offsets): void;
  noteJumps(jumps: readonly { readonly partition: TopicPartition; readonly from: bigint; readonly to: bigint }[]): void;
  passed(ref: EventRef): boolean;
  /** Whether it never got some records of the partition. */
  missedAny(partition: TopicPartition): boolean;
}

export function createPassages(): Passages {
  const seen = new Map<TopicPartition, Range[]>();
  let jumps: readonly { readonly partition: TopicPartition; readonly from: bigint; readonly to: bigint }[] = [];

  return {
    note(applied, starts) {
      for (const [partition, start] of starts) {
        const from = applied.get(partition) ?? 0n;
        if (start <= from) continue;
        const ranges = seen.get(partition) ?? [];
        // The start moves on while the consumer stands still: one range that grows.
        const others = ranges.filter((range) => range.from !== from);
        seen.set(partition, [...others, { from, to: start }]);
      }
    },
    noteJumps(all) {
      jumps = all;
    },
    missedAny: (partition) => seen.has(partition) || jumps.some((jump) => jump.partition === partition),
    passed(ref) {
      const partition = topicPartition(ref.topic, ref.partition);
      const within = ({ from, to }: Range) => ref.offset >= from && ref.offset < to;
      return (
        (seen.get(partition)?.some(within) ?? false) ||
        jumps.some((jump) => jump.partition === partition && within(jump))
      );
    },
  };
}
