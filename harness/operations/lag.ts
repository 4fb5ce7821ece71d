import { kafkaClient, logBounds } from '#clients/kafka.ts';
import { topicPartition } from '#model/position.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';

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

/**
 * What the consumer groups of a Kafka cluster have committed, and where their topics end; of one group, or of all. Throws an
 * OperatorError where no broker answers (`no-broker`), or there is no group of this name (`no-group`).
 */
export async function groupLags(brokers: readonly string[], only?: string): Promise<readonly PartitionLag[]> {
  const admin = kafkaClient(brokers, 'driftlab lag').admin();
  try {
    await admin.connect().catch((error: unknown) => {
      throw noBroker(brokers, error);
    });
    const all = (await admin.listGroups()).groups.map(({ groupId }) => groupId).toSorted();
    if (only !== undefined && !all.includes(only)) throw noGroup(only, all);
    const committed = await Promise.all(
      (only === undefined ? all : [only]).map(async (group) => ({
        group,
        topics: await admin.fetchOffsets({ groupId: group }),
      })),
    );
    const topics = [...new Set(committed.flatMap((one) => one.topics.map(({ topic }) => topic)))];
    const there = new Set(await admin.listTopics());
    const { starts, ends } = await logBounds(
      admin,
      topics.filter((topic) => there.has(topic)),
    );
    return committed.flatMap(({ group, topics: of }) =>
      of.flatMap(({ topic, partitions }) =>
        partitions.flatMap(({ partition, offset }) => {
          const name = topicPartition(topic, partition);
          const end = ends.get(name);
          // The group has never read it, or the topic was deleted.
          if (end === undefined || BigInt(offset) < 0n) return [];
          return [
            lagOf({ group, topic, partition }, { committed: BigInt(offset), start: starts.get(name) ?? 0n, end }),
          ];
        }),
      ),
    );
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

function lagOf(
  place: Pick<PartitionLag, 'group' | 'topic' | 'partition'>,
  { committed, start, end }: { readonly committed: bigint; readonly start: bigint; readonly end: bigint },
): PartitionLag {
  const gone = start > committed ? start - committed : 0n;
  const lag = end > committed ? end - committed - gone : 0n;
  return { ...place, committed, end, lag, gone };
}

function noBroker(brokers: readonly string[], cause: unknown): OperatorError {
  return new OperatorError({
    code: 'no-broker',
    message: 'no broker answers',
    expected: `Kafka at ${brokers.join(', ')}`,
    found: messageOf(cause),
    cause,
    exit: 1,
  });
}

function noGroup(group: string, all: readonly string[]): OperatorError {
  const near = nearest(group, all);
  return new OperatorError({
    code: 'no-group',
    message: `there is no consumer group ${JSON.stringify(group)}`,
    expected: all.length === 0 ? 'a group: the cluster has none' : `one of ${all.join(', ')}`,
    found: group,
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : "a sink connector's is connect-NAME",
    exit: 1,
  });
}
