import { connectClient } from '#clients/connect.ts';
import { electLeaders } from '#clients/elect-leaders.ts';
import type { Admin } from '#clients/kafka.ts';
import type { Replicas, Replication, TaskPlace } from '#model/pipeline.ts';
import { splitPartition, topicPartition } from '#model/position.ts';
import { type End, nodeNames, type Stack, type WorkerGroup } from '#model/stack.ts';

/** Who a partition has where it has nobody. */
const NOBODY = -1;

/** How the brokers of a stack share these topics. */
export function openReplication(
  admin: Admin,
  { brokers }: Pick<Stack, 'brokers'>,
  topics: readonly string[],
): Replication {
  return {
    async partitions() {
      const answer = await admin.fetchTopicMetadata({ topics: [...topics] });
      return answer.topics.flatMap(({ name, partitions }) =>
        partitions.map(
          ({ partitionId, leader, replicas, isr }): Replicas => ({
            partition: topicPartition(name, partitionId),
            leader: leader === NOBODY ? undefined : leader,
            all: replicas,
            inSync: isr,
          }),
        ),
      );
    },
    async assign(replicas) {
      const byTopic = Map.groupBy(replicas, ([partition]) => splitPartition(partition).topic);
      await admin.alterPartitionReassignments({
        topics: [...byTopic].map(([topic, assigned]) => ({
          topic,
          partitionAssignment: assigned.map(([partition, all]) => ({
            partition: splitPartition(partition).partition,
            replicas: [...all],
          })),
        })),
      });
    },
    elect: (partitions) => electLeaders(brokers, partitions),
  };
}

/** Where the tasks of a group's connectors run. */
export async function taskPlaces({ workers }: Pick<Stack, 'workers'>, end: End): Promise<readonly TaskPlace[]> {
  const group = workers[end];
  const client = connectClient(group);
  const all = await Promise.all((await client.names()).map((name) => client.status(name)));
  return all.flatMap((status) =>
    (status?.tasks ?? []).map(({ id, state, worker_id }) => ({
      ...{ connector: status?.name ?? '', task: id, running: state === 'RUNNING' },
      worker: workerNode(group, worker_id),
    })),
  );
}

/** The node of a worker as Connect names it: `host:port`, by which the lab reaches it, or in which the host is the node itself. */
function workerNode({ name, urls }: WorkerGroup, id: string): string {
  const nodes = nodeNames(name, urls.length);
  const reached = urls.findIndex((url) => new URL(url).host === id);
  return nodes[reached] ?? nodes.find((node) => id.startsWith(`${node}:`)) ?? id;
}
