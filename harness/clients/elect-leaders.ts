import { splitPartition, type TopicPartition } from '#model/position.ts';
import { askRaw, int32, rawRequest, text } from './raw-request.ts';

/** API key and version of a request that kafkajs does not know. */
const ELECT_LEADERS = { key: 43, version: 1 } as const;
/** The first of a partition's replicas is to lead, if it is in sync. */
const PREFERRED = Buffer.from([0]);
const LIMIT_MS = 10_000;

/**
 * Asks for elections in which the first replica of each partition becomes its leader. A partition of which it is already, or
 * cannot be at the moment, is left as it is. Any broker passes the request on to the controller; throws where none answers.
 */
export async function electLeaders(brokers: readonly string[], partitions: readonly TopicPartition[]): Promise<void> {
  const request = electRequest(partitions);
  const failures: unknown[] = [];
  for (const broker of brokers) {
    try {
      await askRaw(broker, request, LIMIT_MS);
      return;
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, 'no broker answers');
}

/** The request, with its size before it: header, kind of election, topics with their partitions, limit. */
export function electRequest(partitions: readonly TopicPartition[]): Buffer {
  const byTopic = Map.groupBy(partitions.map(splitPartition), ({ topic }) => topic);
  const topics = [...byTopic].flatMap(([topic, all]) => [
    ...[text(topic), int32(all.length)],
    ...all.map(({ partition }) => int32(partition)),
  ]);
  return rawRequest(ELECT_LEADERS, [PREFERRED, int32(byTopic.size), ...topics, int32(LIMIT_MS)]);
}
