import { lagsOf } from '#clients/group-lag.ts';
import { type Admin, kafkaClient, logBounds } from '#clients/kafka.ts';
import { type PlacedRecord, readLog } from '#clients/read-log.ts';
import { cleanupPolicies, createsTopics } from '#clients/topics.ts';
import { type Offsets, topicPartition } from '#model/position.ts';
import type { Asked, Behind, BrokersSetUp, SeenRecord, UncompactedTopic } from '#model/set-up.ts';
import { type Asking, asked } from './reach.ts';
import { reached } from './read-brokers.ts';
import { formOf } from './record-form.ts';

const CLIENT_ID = 'driftlab diagnose';
const BEHIND_LIMIT_MS = 10_000;

/** What of the brokers bears on any connector of a cluster. */
export type KafkaRead = Omit<BrokersSetUp, 'wanted' | 'records' | 'behind'>;

/** Asks the brokers of a Connect cluster of these connectors. Changes nothing. */
export function readKafka(
  brokers: readonly string[],
  connectors: readonly string[],
  asking: Asking,
): Promise<Asked<KafkaRead>> {
  const where = brokers.join(', ');
  return asked({ where, address: where }, asking, async (signal): Promise<KafkaRead> => {
    await Promise.any(brokers.map(reached));
    return withAdmin(brokers, signal, async (admin) => {
      const topics = await admin.listTopics();
      // Whoever may list topics may not be allowed to read how they are set.
      const autoCreates = await createsTopics(admin).catch(() => undefined);
      const uncompacted = await readUncompacted({ admin, brokers, signal }, topics, connectors).catch(() => []);
      return { topics, ...(autoCreates === undefined ? {} : { autoCreates }), uncompacted };
    });
  });
}

/** The first and the last record of each topic that is there; one that was removed meanwhile has none. */
export async function readEnds(
  brokers: readonly string[],
  topics: readonly string[],
  signal: AbortSignal,
): Promise<readonly SeenRecord[]> {
  const ends = await withAdmin(brokers, signal, (admin) => logBounds(admin, topics, signal));
  const filled = [...ends.ends].filter(([name, end]) => end > (ends.starts.get(name) ?? 0n)).map(([name]) => name);
  const from = (offsets: (name: string) => bigint): Offsets => new Map(filled.map((name) => [name, offsets(name)]));
  const seen = new Map<string, SeenRecord>();
  for (const begin of [from((name) => ends.starts.get(name) ?? 0n), from((name) => (ends.ends.get(name) ?? 1n) - 1n)]) {
    const to = new Map([...begin].map(([name, at]) => [name, at + 1n]));
    await readLog({
      ...{ brokers, clientId: CLIENT_ID, from: begin, to, signal },
      onRecord({ topic, partition, offset, value }) {
        const form = formOf(value);
        if (form !== undefined) seen.set(`${topic}/${partition}/${offset}`, { topic, partition, offset, form });
        return true;
      },
    });
  }
  return [...seen.values()];
}

/** Whether a record was written into one of these topics since then. `sinceMs` is in ms since the epoch, as the records' times are. */
export function areWritten(
  brokers: readonly string[],
  { topics, sinceMs }: { readonly topics: readonly string[]; readonly sinceMs: number },
  signal: AbortSignal,
): Promise<boolean> {
  return withAdmin(brokers, signal, async (admin) => {
    const { ends } = await logBounds(admin, topics, signal);
    for (const topic of topics) {
      const since = await admin.fetchTopicOffsetsByTimestamp(topic, sinceMs);
      // Of a partition that has none so young, the end is told.
      if (since.some(({ partition, offset }) => BigInt(offset) < (ends.get(topicPartition(topic, partition)) ?? 0n)))
        return true;
    }
    return false;
  });
}

/** How far the group of a sink connector is behind; undefined where the brokers do not say it, which stops no diagnosis. */
export async function readBehind(
  brokers: readonly string[],
  group: string,
  signal: AbortSignal,
): Promise<Behind | undefined> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(BEHIND_LIMIT_MS)]);
  const lags = await withAdmin(brokers, limited, (admin) => lagsOf(admin, [group], limited)).catch(() => undefined);
  signal.throwIfAborted();
  const sum = (of: 'lag' | 'gone'): bigint => (lags ?? []).reduce((all, one) => all + one[of], 0n);
  return lags && { group, partitions: lags.length, records: sum('lag'), gone: sum('gone') };
}

interface Reading {
  readonly admin: Admin;
  readonly brokers: readonly string[];
  readonly signal: AbortSignal;
}

/** Topics that may be a worker's, whatever it was told to call them. What they hold tells whether they are. */
const MAY_BE_WORKERS = /config|offset|status/i;
const ITS_OWN = /^__/;
/** So many records at the end of each partition are looked at. */
const LOOKED_AT = 200n;

/**
 * Nothing says how a worker calls its topics. Their keys have the names of its connectors in a form that no other program
 * writes; a topic is looked into only where it would be a fault.
 */
async function readUncompacted(
  { admin, brokers, signal }: Reading,
  topics: readonly string[],
  connectors: readonly string[],
): Promise<readonly UncompactedTopic[]> {
  const candidates = topics.filter((topic) => MAY_BE_WORKERS.test(topic) && !ITS_OWN.test(topic));
  const policies = await cleanupPolicies(admin, candidates);
  const suspects = candidates.filter((topic) => policies.get(topic) !== 'compact');
  if (suspects.length === 0) return [];
  const { starts, ends } = await logBounds(admin, suspects, signal);
  const from = new Map(
    [...ends].map(([name, end]) => {
      const start = starts.get(name) ?? 0n;
      return [name, end - start > LOOKED_AT ? end - LOOKED_AT : start];
    }),
  );
  const found = new Map<string, UncompactedTopic>();
  await readLog({
    ...{ brokers, clientId: CLIENT_ID, from, to: ends, signal },
    onRecord({ topic, key }: PlacedRecord) {
      const text = key?.toString() ?? '';
      const holds = holdsOf(text, connectors);
      if (holds !== undefined) found.set(topic, { topic, holds, policy: policies.get(topic) ?? '', key: text });
      return true;
    },
  });
  return [...found.values()];
}

/** What a topic is for that has a record of this key; undefined for one that is no Connect worker's, or another cluster's. */
export function holdsOf(key: string, connectors: readonly string[]): UncompactedTopic['holds'] | undefined {
  const isOf = (prefix: string): boolean => connectors.some((name) => key === `${prefix}connector-${name}`);
  const isOfTask = (prefix: string): boolean => {
    const [, name = ''] = /^task-(.+)-\d+$/.exec(key.slice(prefix.length)) ?? [];
    return key.startsWith(prefix) && connectors.includes(name);
  };
  if (isOf('status-') || isOfTask('status-')) return 'states';
  if (isOf('') || isOfTask('')) return 'configurations';
  return connectors.some((name) => key.startsWith(`[${JSON.stringify(name)},{`)) ? 'offsets' : undefined;
}

async function withAdmin<T>(
  brokers: readonly string[],
  signal: AbortSignal,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafkaClient(brokers, CLIENT_ID, signal).admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
