import type { IHeaders } from 'kafkajs';
import { OperatorError } from '#std/errors.ts';
import { type Behind, firstPlace, REPLAY_FIRST, REPLAY_OF, type Stale, staleness } from './behind.ts';
import { withAdmin } from './brokers.ts';
import type { Contents } from './decode-letter.ts';
import { type DeadLetter, placeText } from './letter.ts';
import { look, replayName } from './look.ts';
import type { SinkErrors } from './queues.ts';
import { type Reader, readersOf } from './readers.ts';

/** A record of a queue, and as much of what it holds as matters here. */
export interface ReadLetter {
  readonly letter: DeadLetter;
  readonly key: Contents['key'] | undefined;
  readonly op: Contents['op'] | undefined;
}

/** Why a record is left out. */
export type LeftOut =
  /** It is in the topic once more already. */
  | 'replayed'
  /** The queue has it several times, because the connector read it several times; the last one counts. */
  | 'repeated'
  | Stale;

/** A record of a queue as it is to be sent. */
export interface Sending {
  readonly letter: DeadLetter;
  /** As {@link Contents.key}. */
  readonly key?: string;
  readonly topic: string;
  /** By the key where it is left out. */
  readonly partition?: number;
  readonly headers: IHeaders;
  /** What it repeats. */
  readonly repeats: string;
  readonly leftOut?: LeftOut;
  /** The offset of a later record of its key in its original topic. */
  readonly later?: bigint;
}

export interface ReplayPlan {
  readonly sendings: readonly Sending[];
  readonly leftOut: readonly Sending[];
  /** Of each topic to which something is sent, who reads it. */
  readonly readers: ReadonlyMap<string, readonly Reader[]>;
}

export interface PlanOptions {
  readonly brokers: readonly string[];
  /** The connectors that are known. */
  readonly sinks: readonly SinkErrors[];
  /** In place of the original topics. */
  readonly to?: string | undefined;
  /** Records that are superseded, or of which that is not known, are sent, too. */
  readonly stale: boolean;
  readonly now: number;
  readonly signal: AbortSignal;
}

/**
 * What a replay of these records would send, where, and who reads that. Sends nothing. Throws an OperatorError: `no-origin` where nothing
 * says where a record is from, `original-topic-gone`, or `no-topic` for a topic of `to` that there is not.
 */
export async function planReplay(read: readonly ReadLetter[], options: PlanOptions): Promise<ReplayPlan> {
  const { brokers, to, stale, now, signal } = options;
  await requireTopics(read, options);
  const home = (letter: DeadLetter): string => letter.failure?.origin.topic ?? to ?? '';
  const found = await look({
    ...{ brokers, now, signal },
    whole: to === undefined ? [] : [to],
    wanted: read.map(({ letter }) => {
      const origin = letter.failure?.origin;
      const first = origin === undefined ? undefined : firstPlace(letter.headers, origin);
      return { key: letter.key, value: letter.value, timestampMs: letter.timestampMs, first, home: home(letter) };
    }),
  });
  const judged = read.map((one, at): Sending & { readonly first: bigint } => {
    const behind = found.behind[at] ?? { removed: true, compacted: false };
    const sending = asSending(one, behind, to);
    const replayed = found.replays.has(replayName(sending.topic, sending.repeats));
    const why = replayed
      ? { leftOut: 'replayed' as const }
      : staleness({ key: one.letter.key, deletes: isDelete(one) }, behind);
    return { ...sending, ...why, first: behind.first?.offset ?? one.letter.offset };
  });
  const last = new Map(judged.map((one) => [replayName(one.topic, one.repeats), one]));
  const once = judged.map((one): typeof one =>
    one.leftOut !== 'replayed' && last.get(replayName(one.topic, one.repeats)) !== one
      ? { ...one, leftOut: 'repeated' }
      : one,
  );
  const isSent = ({ leftOut }: Sending): boolean =>
    leftOut === undefined || (stale && (leftOut === 'superseded' || leftOut === 'not-known'));
  // In the order in which they were first written: later changes of a row come last.
  const sendings = once.filter(isSent).toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  return {
    sendings,
    leftOut: once.filter((one) => !isSent(one)),
    readers: await withAdmin(brokers, (admin) =>
      readersOf(admin, [...new Set(sendings.map(({ topic }) => topic))], options.sinks),
    ),
  };
}

function isDelete({ op }: ReadLetter): boolean {
  return op === 'delete' || op === 'tombstone';
}

function asSending({ letter, key }: ReadLetter, { first }: Behind, to: string | undefined): Sending {
  const origin = letter.failure?.origin ?? first;
  const repeats = placeText(origin ?? letter);
  const topic = to ?? origin?.topic ?? '';
  return {
    ...{ letter, topic, repeats, ...(key === undefined ? {} : { key }) },
    ...(origin?.topic === topic ? { partition: origin.partition } : {}),
    headers: { ...letter.headers, [REPLAY_OF]: repeats, [REPLAY_FIRST]: placeText(first ?? origin ?? letter) },
  };
}

async function requireTopics(read: readonly ReadLetter[], { brokers, to }: PlanOptions): Promise<void> {
  const lost = read.filter(({ letter }) => letter.failure === undefined);
  if (lost.length > 0 && to === undefined)
    throw new OperatorError({
      code: 'no-origin',
      message: `nothing says which topic ${lost.length} of the ${read.length} records are from: they have no headers of Connect's`,
      expected: 'a queue whose connector has errors.deadletterqueue.context.headers.enable=true',
      found: `records without them, the first at ${placeText(lost[0]?.letter ?? { topic: '', partition: 0, offset: 0n })}`,
      hint: 'name their topic with --to TOPIC, and set that property for what is yet to fail',
    });
  const topics = await withAdmin(brokers, (admin) => admin.listTopics());
  if (to !== undefined && !topics.includes(to))
    throw new OperatorError({
      code: 'no-topic',
      message: `there is no topic ${to} to replay to`,
      expected: 'a topic that is there: none is made',
      found: to,
      exit: 1,
    });
  const gone = read.flatMap(({ letter: { failure } }) =>
    failure === undefined || topics.includes(failure.origin.topic) ? [] : [failure.origin.topic],
  );
  if (gone.length > 0)
    throw new OperatorError({
      code: 'original-topic-gone',
      message: `the topic ${[...new Set(gone)].join(', ')}, which ${gone.length} of the ${read.length} records are from, is gone`,
      expected: 'the original topic: it alone says which records are older than what the sink has',
      found: 'no such topic',
      hint: 'create it, or leave these records out (--key, --offsets, --class)',
      exit: 1,
    });
}
