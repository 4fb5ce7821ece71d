import type { Admin } from './kafka.ts';

/** Resource types in Kafka's protocol. */
const TOPIC_RESOURCE = 2;
const BROKER_RESOURCE = 4;

/** The shortest `retention.ms` of the topics, as the broker applies it; undefined where they are kept for ever. */
export async function shortestRetentionMs(admin: Admin, topics: readonly string[]): Promise<number | undefined> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: TOPIC_RESOURCE, name, configNames: ['retention.ms'] })),
  });
  const all = resources
    .flatMap(({ configEntries }) => configEntries)
    .filter(({ configName }) => configName === 'retention.ms')
    .map(({ configValue }) => Number(configValue))
    .filter((ms) => ms >= 0);
  return all.length === 0 ? undefined : Math.min(...all);
}

/** How long a compacted topic keeps tombstones, in ms; undefined for a topic that is not compacted. */
export async function compactedAfterMs(admin: Admin, topic: string): Promise<number | undefined> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: TOPIC_RESOURCE, name: topic, configNames: ['cleanup.policy', 'delete.retention.ms'] }],
  });
  const entries = resources.flatMap(({ configEntries }) => configEntries);
  const told = (name: string) => entries.find(({ configName }) => configName === name)?.configValue ?? '';
  return told('cleanup.policy').includes('compact') ? Number(told('delete.retention.ms')) : undefined;
}

/** The `cleanup.policy` of each topic, as the broker applies it. */
export async function cleanupPolicies(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (topics.length === 0) return new Map();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: TOPIC_RESOURCE, name, configNames: ['cleanup.policy'] })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [resourceName, configEntries[0]?.configValue ?? ''] as const),
  );
}

/** Whether the brokers make a topic that is missing once somebody writes it, or reads it. */
export async function createsTopics(admin: Admin): Promise<boolean> {
  const { brokers } = await admin.describeCluster();
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: brokers.map(({ nodeId }) => ({
      type: BROKER_RESOURCE,
      name: String(nodeId),
      configNames: ['auto.create.topics.enable'],
    })),
  });
  return resources.some(({ configEntries }) => configEntries[0]?.configValue === 'true');
}
