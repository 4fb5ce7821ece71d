import { kafkaClient } from '#clients/kafka.ts';

/** How many partitions these topics have together. */
export async function partitionsOf(brokers: readonly string[], topics: readonly string[]): Promise<number> {
  const admin = kafkaClient(brokers, 'driftlab connectors').admin();
  try {
    await admin.connect();
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
    return found.reduce((sum, { partitions }) => sum + partitions.length, 0);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
