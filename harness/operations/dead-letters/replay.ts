import type { Message } from 'kafkajs';
import { kafkaClient, logBounds } from '#clients/kafka.ts';
import { readLog } from '#clients/read-log.ts';
import type { Offsets } from '#model/position.ts';
import { OperatorError } from '#std/errors.ts';
import { REPLAY_OF } from './behind.ts';
import { CLIENT_ID, withAdmin } from './brokers.ts';
import { headerText } from './letter.ts';
import { replayName } from './look.ts';
import type { Sending } from './plan-replay.ts';

/** Well below the megabyte that a broker takes at once by default; a record that is larger goes alone. */
const BATCH_BYTES_MAX = 256 * 1024;
const BATCH_RECORDS_MAX = 500;

export interface ReplayOptions {
  readonly brokers: readonly string[];
  readonly signal: AbortSignal;
  readonly onSent: (records: number) => void;
}

/**
 * Sends records, each with its own key, value and headers and what it repeats, in their order, and sees that they are there. What was sent
 * before an abort or a crash is in its topic, and a later plan leaves it out. Throws an OperatorError (`replayed-twice`) where somebody
 * else has replayed the same meanwhile.
 */
export async function replay(sendings: readonly Sending[], { brokers, signal, onSent }: ReplayOptions): Promise<void> {
  const topics = [...new Set(sendings.map(({ topic }) => topic))];
  const { ends: from } = await withAdmin(brokers, (admin) => logBounds(admin, topics, signal));
  const producer = kafkaClient(brokers, CLIENT_ID).producer({
    ...{ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false },
  });
  try {
    await producer.connect();
    let sent = 0;
    for (const batch of batches(sendings)) {
      signal.throwIfAborted();
      const byTopic = Map.groupBy(batch, ({ topic }) => topic);
      const topicMessages = [...byTopic].map(([topic, all]) => ({ topic, messages: all.map(messageOf) }));
      await producer.sendBatch({ acks: -1, topicMessages });
      sent += batch.length;
      onSent(sent);
    }
  } finally {
    await producer.disconnect().catch(() => {});
  }
  await requireOnce(sendings, topics, { brokers, from, signal });
}

function messageOf({ letter: { key, value }, headers, partition }: Sending): Message {
  const sendable = Object.entries(headers).map(([name, one]) => [name, one ?? NO_VALUE]);
  return { key, value, headers: Object.fromEntries(sendable), ...(partition === undefined ? {} : { partition }) };
}

/** kafkajs sends no header without a value. */
const NO_VALUE = Buffer.alloc(0);

/** In their order, each small enough for one request. */
function* batches(sendings: readonly Sending[]): Generator<readonly Sending[]> {
  let batch: Sending[] = [];
  let bytes = 0;
  for (const sending of sendings) {
    const { key, value } = sending.letter;
    const size = (key?.length ?? 0) + (value?.length ?? 0);
    if (batch.length > 0 && (bytes + size > BATCH_BYTES_MAX || batch.length === BATCH_RECORDS_MAX)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(sending);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function requireOnce(
  sendings: readonly Sending[],
  topics: readonly string[],
  {
    brokers,
    from,
    signal,
  }: { readonly brokers: readonly string[]; readonly from: Offsets; readonly signal: AbortSignal },
): Promise<void> {
  const { ends: to } = await withAdmin(brokers, (admin) => logBounds(admin, topics, signal));
  const left = new Map(sendings.map(({ topic, repeats }) => [replayName(topic, repeats), 0]));
  await readLog({
    ...{ brokers, clientId: CLIENT_ID, from, to, signal },
    onRecord({ topic, headers }) {
      const name = replayName(topic, headerText(headers, REPLAY_OF) ?? '');
      const seen = left.get(name);
      if (seen !== undefined) left.set(name, seen + 1);
      return true;
    },
  });
  const twice = [...left].filter(([, times]) => times > 1).map(([name]) => name);
  if (twice.length === 0) return;
  throw new OperatorError({
    code: 'replayed-twice',
    message: `${twice.length} ${twice.length === 1 ? 'record was' : 'records were'} replayed by somebody else at the same time, too: their topic has them twice`,
    expected: 'one replay of a queue at a time',
    found: twice.slice(0, 5).join(', '),
    hint: 'a sink that writes by key (insert.mode=upsert) takes that without harm',
    exit: 1,
  });
}
