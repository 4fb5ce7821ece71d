import { type Admin, kafkaClient, type LogBounds, logBounds } from '#clients/kafka.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';

/** As which Kafka's brokers know this command. */
export const CLIENT_ID = 'driftlab-dlq';

/** Does something with a client for a cluster's administration. Throws an OperatorError (`broker-away`) where no broker answers. */
export async function withAdmin<T>(brokers: readonly string[], work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaClient(brokers, CLIENT_ID).admin();
  try {
    await admin.connect();
  } catch (cause) {
    throw new OperatorError({
      code: 'broker-away',
      message: 'the brokers do not answer',
      expected: `Kafka at ${brokers.join(', ')}`,
      found: messageOf(cause),
      hint: 'start them, or correct --brokers; what they advertise must be reachable from here, too, without TLS and SASL',
      cause,
      exit: 1,
    });
  }
  try {
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

/** Throws an OperatorError (`no-topic`) where the brokers have no topic of this name. */
export async function boundsOf(admin: Admin, topic: string, signal: AbortSignal): Promise<LogBounds> {
  const all = await admin.listTopics();
  if (all.includes(topic)) return logBounds(admin, [topic], signal);
  const near = nearest(topic, all);
  throw new OperatorError({
    code: 'no-topic',
    message: `there is no topic ${topic}`,
    expected: 'a topic that the brokers have',
    found: topic,
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'driftlab dlq list says which queues there are',
    exit: 1,
  });
}
