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
