import { setTimeout as delay } from 'node:timers/promises';
import type { LabFault } from '#contracts/lab-fault.ts';
import type { LabWriters } from '#contracts/lab-report.ts';
import type { EventCursor, LabClient } from '#lab/client.ts';
import { count } from '#report/words.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import type { Action } from '#tui/watch/keys.ts';
import type { Answers, LatencyTotal, Said, WatchInput } from '#tui/watch/state.ts';

export interface FollowOptions {
  /** The lab as it runs now. Throws an OperatorError where none does. */
  readonly connect: () => LabClient;
  readonly tell: (input: WatchInput) => void;
  /** Aborted when nobody watches any more. */
  readonly signal: AbortSignal;
  /** Away for longer than this, it throws an OperatorError (`lab-away`). For ever where it is left out. */
  readonly awayMaxMs?: number;
  readonly lookEveryMs?: number;
  readonly retryEveryMs?: number;
}

const LOOK_EVERY_MS = 2000;
const RETRY_EVERY_MS = 1000;
/** A daemon that takes longer for an answer is as good as away. */
const ANSWER_LIMIT_MS = 10_000;

/**
 * Follows the lab until the signal is aborted: its events as they come, and a look at all else every two seconds. When it
 * goes it is looked for again every second, and its events go on where they were.
 */
export async function followLab(options: FollowOptions): Promise<void> {
  const { tell, signal, retryEveryMs = RETRY_EVERY_MS } = options;
  const cursor: EventCursor = {};
  let awaySince: number | undefined;
  while (!signal.aborted) {
    const reason = await attend(options, cursor, () => {
      awaySince = undefined;
    });
    if (signal.aborted) return;
    awaySince ??= Date.now();
    tell({ kind: 'away', at: Date.now(), why: awayText(reason) });
    if (options.awayMaxMs !== undefined && Date.now() - awaySince > options.awayMaxMs) throw gone(awaySince, reason);
    await delay(retryEveryMs, undefined, { signal }).catch(() => {});
  }
}

/** Stays with the lab as long as it is there; returns why it is not any more. */
async function attend(options: FollowOptions, cursor: EventCursor, onAttached: () => void): Promise<unknown> {
  const { connect, tell, signal, lookEveryMs = LOOK_EVERY_MS } = options;
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  try {
    const client = connect();
    const look = lookerAt(client, both);
    const first = await look();
    onAttached();
    tell({ kind: 'attached', at: Date.now() });
    // First how it stands, then what happens: events that are remembered from before that change no more than the trends.
    tell({ kind: 'answers', answers: first });
    const looking = async (): Promise<never> => {
      for (;;) {
        await delay(lookEveryMs, undefined, { signal: both });
        tell({ kind: 'answers', answers: await look() });
      }
    };
    const listening = async (): Promise<unknown> => {
      for await (const event of client.events(both, cursor)) tell({ kind: 'event', event });
      return new Error('its events have ended');
    };
    return await Promise.race([looking(), listening()]);
  } catch (error) {
    return error;
  } finally {
    stop.abort(new Error('no longer watched'));
  }
}

/** Looks at a lab. What it can do does not change once it is ready, and is not asked again then. */
function lookerAt(client: LabClient, signal: AbortSignal): () => Promise<Answers> {
  let knows = false;
  return async () => {
    const answers = await look(client, signal, knows);
    knows ||= answers.catalogue !== undefined && answers.report?.lab.phase !== 'starting';
    return answers;
  };
}

/** Asks for everything at once. Throws where the report cannot be had; what else cannot is left out. */
async function look(client: LabClient, signal: AbortSignal, knowsCatalogue: boolean): Promise<Answers> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
  const get = <T>(path: string): Promise<T> => client.get<T>(`/api/v1/${path}`, limited);
  const optional = <T>(answer: Promise<T>): Promise<T | undefined> => answer.catch(() => undefined);
  const [report, catalogue, stack, lags, connectors, metrics] = await Promise.all([
    get<NonNullable<Answers['report']>>('report'),
    knowsCatalogue ? undefined : optional(get<NonNullable<Answers['catalogue']>>('catalogue')),
    optional(get<NonNullable<Answers['stack']>>('stack')),
    optional(get<NonNullable<Answers['lags']>>('lag')),
    optional(get<NonNullable<Answers['connectors']>>('connectors')),
    optional(client.text('/metrics', limited)),
  ]);
  return {
    report,
    ...(catalogue === undefined ? {} : { catalogue }),
    ...(stack === undefined ? {} : { stack }),
    ...(lags === undefined ? {} : { lags }),
    ...(connectors === undefined ? {} : { connectors }),
    ...(metrics === undefined ? {} : { latencies: latenciesOf(metrics) }),
  };
}

const LATENCY = /^driftlab_commit_to_sink_seconds_(sum|count)\{(?:[^}]*,)?variant="([^"]*)"[^}]*\} (\S+)/gm;

/** The sums and counts of the latency's histogram, by variant, from the metrics' text. */
export function latenciesOf(metrics: string): Record<string, LatencyTotal> {
  const totals: Record<string, LatencyTotal> = {};
  for (const [, end, variant = '', value] of metrics.matchAll(LATENCY)) {
    const known = totals[variant] ?? { sum: 0, count: 0 };
    totals[variant] = { ...known, [end as 'sum' | 'count']: Number(value) };
  }
  return totals;
}

function awayText(reason: unknown): string {
  if (reason instanceof OperatorError && reason.code === 'lab-unreachable') return reason.found ?? reason.message;
  return messageOf(reason);
}

function gone(since: number, reason: unknown): OperatorError {
  return new OperatorError({
    code: 'lab-away',
    message: 'the lab has gone and does not come back',
    expected: 'a lab that runs',
    found: awayText(reason),
    waited: { what: 'it to come back', ms: Date.now() - since },
    hint: 'npx driftlab up starts it',
    cause: reason,
    exit: 3,
  });
}

/** Does what a key asked for; returns what there is to say of it. */
export async function carryOut(action: Exclude<Action, { kind: 'quit' }>, connect: () => LabClient): Promise<Said> {
  const said = (tone: Said['tone'], text: string): Said => ({ at: Date.now(), tone, text });
  try {
    const client = connect();
    switch (action.kind) {
      case 'inject': {
        const fault = await client.post<LabFault>(`/api/v1/faults/${action.mode}`, action.request);
        return said('odd', `${fault.id} is on its way in; watch for: ${fault.watch_for}`);
      }
      case 'heal': {
        const fault = await client.delete<LabFault>(`/api/v1/faults/${action.id}`);
        return said('good', `${fault.id} is being healed before its time`);
      }
      case 'writers': {
        const writers = await client.post<LabWriters>('/api/v1/writers', { state: action.state });
        return said(
          'odd',
          writers.state === 'paused' ? 'writers are paused' : `writers write ${count(writers.rate)} tx/s`,
        );
      }
    }
  } catch (error) {
    const hint = error instanceof OperatorError && error.hint !== undefined ? `; ${error.hint}` : '';
    return said('bad', `✗ ${messageOf(error)}${hint}`);
  }
}
