import type { Admin } from './kafka.ts';

/** Resource type of a topic in Kafka's protocol. */
const TOPIC_RESOURCE = 2;

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
