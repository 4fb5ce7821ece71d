import { logBounds } from '#clients/kafka.ts';
import { readLog } from '#clients/read-log.ts';
import { boundsOf, CLIENT_ID, withAdmin } from './brokers.ts';
import { deadLetter } from './letter.ts';
import type { SinkErrors } from './queues.ts';
import { createTally, type Tally } from './tally.ts';

/** A dead letter queue, and what is in it now. */
export interface Queue extends Tally {
  readonly topic: string;
  /** Those that write to it. */
  readonly connectors: readonly string[];
  /** Connectors of it that do not say what failed (`errors.deadletterqueue.context.headers.enable`). */
  readonly silent: readonly string[];
  /** Whether the brokers have the topic. */
  readonly exists: boolean;
}

/** The queues of these connectors, and `topic` where it is none of them. Throws an OperatorError (`no-topic`) where `topic` is not there. */
export async function listQueues(
  sinks: readonly SinkErrors[],
  {
    brokers,
    topic,
    signal,
  }: { readonly brokers: readonly string[]; readonly topic?: string | undefined; readonly signal: AbortSignal },
): Promise<readonly Queue[]> {
  const named = new Set([...sinks.flatMap(({ queue }) => queue ?? []), ...(topic === undefined ? [] : [topic])]);
  const { there, starts, ends } = await withAdmin(brokers, async (admin) => {
    if (topic !== undefined) await boundsOf(admin, topic, signal);
    const all = new Set(await admin.listTopics());
    const there = [...named].filter((name) => all.has(name));
    return { there, ...(await logBounds(admin, there, signal)) };
  });
  const tallies = new Map([...named].map((name) => [name, createTally()]));
  await readLog({
    ...{ brokers, clientId: CLIENT_ID, from: starts, to: ends, signal },
    onRecord(record) {
      tallies.get(record.topic)?.add(deadLetter(record));
      return true;
    },
  });
  return [...tallies]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, tally]): Queue => {
      const writers = sinks.filter(({ queue }) => queue === name);
      return {
        ...{ topic: name, exists: there.includes(name), ...tally.result() },
        connectors: writers.map(({ connector }) => connector),
        silent: writers.filter(({ explains }) => !explains).map(({ connector }) => connector),
      };
    });
}
