import { consumerGroup } from '#model/pipeline-names.ts';
import { connectorConfig } from '#operations/connectors.ts';
import { groupLags, type PartitionLag } from '#operations/lag.ts';
import { whileStopped } from '#operations/while-stopped.ts';
import type { RecoveryStep } from '../step.ts';
import type { RecoveredConnector } from '../world.ts';

/** Has a sink connector go on at the end of its topics: what it has not read it never will. */
export function skipToLatest(sink: RecoveredConnector, brokers: readonly string[], signal: AbortSignal): RecoveryStep {
  const { name, client, connect } = sink;
  const behind = async (): Promise<readonly PartitionLag[]> => {
    const lags = await groupLags(brokers, consumerGroup(name, await connectorConfig(client, name, signal)));
    return lags.filter(({ lag }) => lag > 0n);
  };
  let skipped: readonly PartitionLag[] = [];
  return {
    id: 'skip-to-latest',
    title: `have ${name} go on at the end of its topics`,
    at: connect,
    async look() {
      const lags = await behind();
      if (lags.length === 0) return { saw: `${name} is behind in no partition`, run: [] };
      const records = lags.reduce((sum, { lag }) => sum + lag, 0n);
      return {
        saw: lags.map(({ topic, partition, lag }) => `${topic}/${partition} is ${lag} records behind`).join(', '),
        loses: `${records} records that it has not read: the rows of them stay as they are at the target until they are repaired`,
        run: [
          `kafka-consumer-groups --bootstrap-server ${brokers.join(',')} --group ${lags[0]?.group} --reset-offsets --to-latest --all-topics --execute, while ${name} is stopped`,
        ],
        apply: () =>
          whileStopped(client, name, signal, async () => {
            // Where it ended when it was stopped, and what came meanwhile.
            skipped = await behind();
            const offsets = skipped.map(({ topic, partition, end }) => ({
              partition: { kafka_topic: topic, kafka_partition: partition },
              offset: { kafka_offset: Number(end) },
            }));
            if (offsets.length > 0) await client.setOffsets(name, offsets, signal);
          }),
      };
    },
    async holds() {
      const now = await behind();
      const left = skipped.filter((one) => now.some((other) => isSame(one, other) && other.committed < one.end));
      return {
        holds: left.length === 0,
        saw: left.length === 0 ? 'it goes on at the end' : `${left.length} partitions behind`,
      };
    },
  };
}

function isSame(a: PartitionLag, b: PartitionLag): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}
