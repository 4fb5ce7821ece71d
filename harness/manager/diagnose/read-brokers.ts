import { connect } from 'node:net';
import { kafkaClient } from '#clients/kafka.ts';
import type { Asked, BrokersSetUp } from '#model/set-up.ts';
import { type Asking, asked } from './reach.ts';

const CONNECT_LIMIT_MS = 5000;

/** The topics that the brokers have. A client of Kafka asks a broker that is away for long: a socket says it at once. */
export function readBrokers(
  brokers: readonly string[],
  wanted: readonly string[],
  asking: Asking,
): Promise<Asked<BrokersSetUp>> {
  const where = brokers.join(', ');
  return asked({ where, address: where }, asking, async (signal): Promise<BrokersSetUp> => {
    await Promise.any(brokers.map(reached));
    const admin = kafkaClient(brokers, 'driftlab diagnose', signal).admin();
    try {
      await admin.connect();
      return { wanted, topics: await admin.listTopics() };
    } finally {
      await admin.disconnect().catch(() => {});
    }
  });
}

/** Resolves once something listens at `host:port`; rejects where nothing does. */
export function reached(broker: string): Promise<void> {
  const colon = broker.lastIndexOf(':');
  const host = broker.slice(0, colon).replace(/^\[|\]$/g, '');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ host, port: Number(broker.slice(colon + 1)), timeout: CONNECT_LIMIT_MS });
  const end = (settle: () => void): void => {
    socket.destroy();
    settle();
  };
  socket.on('connect', () => end(resolve));
  socket.on('error', (error) => end(() => reject(error)));
  socket.on('timeout', () => {
    const error = Object.assign(new Error(`connect to ${broker}: no answer within ${CONNECT_LIMIT_MS / 1000} s`), {
      code: 'ETIMEDOUT',
    });
    end(() => reject(error));
  });
  return promise;
}
