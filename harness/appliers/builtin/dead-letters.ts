import type { Kafka } from 'kafkajs';
import type { Entry } from './entries.ts';

/** Where records go that cannot be applied. */
export interface DeadLetters extends AsyncDisposable {
  readonly topic: string;
  send(entry: Entry, reason: string): Promise<void>;
}

/** The dead-letter topic of a consumer group, `<group>.dlq`; made and connected to when the first record goes there. */
export function deadLetters(kafka: Kafka, groupId: string): DeadLetters {
  const topic = `${groupId}.dlq`;
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  let ready: Promise<void> | undefined;

  const open = async (): Promise<void> => {
    const admin = kafka.admin();
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
    await admin.disconnect();
  };

  return {
    topic,
    async send({ record, offset }, reason) {
      ready ??= open();
      await ready;
      const headers = {
        'driftlab.reason': reason,
        'driftlab.topic': record.topic,
        'driftlab.partition': String(record.partition),
        'driftlab.offset': String(offset),
      };
      await producer.send({ topic, acks: -1, messages: [{ key: record.key, value: record.value, headers }] });
    },
    async [Symbol.asyncDispose]() {
      await ready?.catch(() => {});
      await producer.disconnect().catch(() => {});
    },
  };
}
