import { lagsOf, type PartitionLag } from '#clients/group-lag.ts';
import { kafkaClient } from '#clients/kafka.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';

export type { PartitionLag };

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
    return await lagsOf(admin, only === undefined ? all : [only]);
  } finally {
    await admin.disconnect().catch(() => {});
  }
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
