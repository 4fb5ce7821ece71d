import { topicPartition } from '#model/position.ts';
import { type Admin, logBounds } from './kafka.ts';

/** How far a consumer group is behind in one partition, in records. */
export interface PartitionLag {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** The offset of the next record that it reads. */
  readonly committed: bigint;
  /** The offset that the next record will get. */
  readonly end: bigint;
  readonly lag: bigint;
  /** Records that it had not read and that the topic does not have any more. */
  readonly gone: bigint;
}

/** How far groups are behind in each partition of which they have committed an offset, and whose topic is there. */
export async function lagsOf(
  admin: Admin,
  groups: readonly string[],
  signal?: AbortSignal,
): Promise<readonly PartitionLag[]> {
  const committed = await Promise.all(
    groups.map(async (group) => ({ group, topics: await admin.fetchOffsets({ groupId: group }) })),
  );
  const topics = [...new Set(committed.flatMap((one) => one.topics.map(({ topic }) => topic)))];
  const there = new Set(await admin.listTopics());
  const { starts, ends } = await logBounds(
    admin,
    topics.filter((topic) => there.has(topic)),
    signal,
  );
  return committed.flatMap(({ group, topics: of }) =>
    of.flatMap(({ topic, partitions }) =>
      partitions.flatMap(({ partition, offset }) => {
        const name = topicPartition(topic, partition);
        const end = ends.get(name);
        // The group has never read it, or the topic was deleted.
        if (end === undefined || BigInt(offset) < 0n) return [];
        return [lagOf({ group, topic, partition }, { committed: BigInt(offset), start: starts.get(name) ?? 0n, end })];
      }),
    ),
  );
}

function lagOf(
  place: Pick<PartitionLag, 'group' | 'topic' | 'partition'>,
  { committed, start, end }: { readonly committed: bigint; readonly start: bigint; readonly end: bigint },
): PartitionLag {
  const gone = start > committed ? start - committed : 0n;
  const lag = end > committed ? end - committed - gone : 0n;
  return { ...place, committed, end, lag, gone };
}
