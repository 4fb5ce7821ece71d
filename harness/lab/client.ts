import type { Problem } from '#contracts/problem.ts';
import type { LabEvent } from '#model/lab.ts';
import type { LabAddresses } from '#model/lab-addresses.ts';
import { decodeEvent } from '#report/history.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { serverSent } from '#std/server-sent.ts';
import { type LabHome, readState, readToken, standing } from './home.ts';
import type { LabState } from './state.ts';

/** The lab's HTTP interface, for commands of the lab's owner. */
export interface LabClient {
  readonly state: LabState;
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  /** What is not JSON: the metrics. */
  text(path: string, signal?: AbortSignal): Promise<string>;
  post<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
  /**
   * Events from the oldest that is remembered on, or from behind `after.id`, until the lab goes or `signal` is aborted.
   * `after.id` goes along with what is read, so that a reader who comes again gets what it has missed.
   */
  events(signal: AbortSignal, after?: EventCursor): AsyncIterable<LabEvent>;
}

/** How far events have been read. */
export interface EventCursor {
  id?: string | undefined;
}

const LIMIT_MS = 30_000;

/** The client of the lab that runs. Throws an OperatorError (`lab-not-up`, `lab-killed`) where none does. */
export function openClient(home: LabHome): LabClient {
  const stands = standing(readState(home));
  if (stands.kind === 'alive') return clientOf(home, stands.state);
  if (stands.kind === 'killed') throw killed(stands.rebooted);
  throw new OperatorError({
    code: 'lab-not-up',
    message: stands.kind === 'none' ? 'there is no lab' : 'the lab is down',
    expected: 'a lab that runs',
    found: stands.kind === 'none' ? 'none was ever started here' : downText(stands.state),
    hint: 'npx driftlab up',
  });
}

/** Where its servers answer. Throws an OperatorError (`lab-not-ready`) before they do. */
export function readyAddresses({ state }: Pick<LabClient, 'state'>): LabAddresses {
  if (state.addresses !== undefined) return state.addresses;
  throw new OperatorError({
    code: 'lab-not-ready',
    message: 'the lab is not ready yet',
    hint: 'npx driftlab up waits for it',
  });
}

function downText({ phase, error }: LabState): string {
  return phase === 'failed' ? `the last one failed: ${error?.split('\n')[0] ?? 'nobody knows why'}` : 'it was ended';
}

function killed(rebooted: boolean): OperatorError {
  return new OperatorError({
    code: 'lab-killed',
    message: rebooted
      ? 'the lab does not run any more: the machine has been restarted since'
      : 'the lab does not run any more: its daemon was killed',
    expected: 'a lab that runs',
    found: 'its daemon is gone without a word; what it left has been ended',
    hint: 'npx driftlab up starts a new one',
  });
}

export function clientOf(home: LabHome, state: LabState): LabClient {
  const base = `http://127.0.0.1:${state.port}`;
  const ask = async (method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<string> => {
    const limit = AbortSignal.timeout(LIMIT_MS);
    const token = readToken(home);
    const answer = await reach(`${base}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    const text = await answer.text();
    if (answer.headers.get('content-type')?.startsWith('application/problem+json'))
      throw problemError(JSON.parse(text) as Problem);
    return text;
  };
  return {
    state,
    get: async (path, signal) => JSON.parse(await ask('GET', path, undefined, signal)),
    text: (path, signal) => ask('GET', path, undefined, signal),
    post: async (path, body) => JSON.parse(await ask('POST', path, body)),
    delete: async (path) => JSON.parse(await ask('DELETE', path)),
    async *events(signal, after) {
      const headers = after?.id === undefined ? {} : { 'last-event-id': after.id };
      const answer = await reach(`${base}/api/v1/events`, { headers, signal });
      try {
        for await (const { id, data } of serverSent(answer.body as unknown as AsyncIterable<Uint8Array>)) {
          if (after !== undefined) after.id = id;
          yield decodeEvent(data) as LabEvent;
        }
      } catch (error) {
        // The lab went down, or the reader has seen enough: either way there is no more.
        if (!signal.aborted && !(error instanceof TypeError)) throw error;
      }
    },
  };
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new OperatorError({
      code: 'lab-unreachable',
      message: 'the lab does not answer',
      expected: `an answer of ${url}`,
      found: messageOf(cause instanceof Error ? (cause.cause ?? cause) : cause),
      hint: 'npx driftlab logs shows what it says; npx driftlab down ends it',
      cause,
      exit: 3,
    });
  }
}

/** What the lab refused, as the error that it was there. */
function problemError({ type, detail, hint, status }: Problem): OperatorError {
  return new OperatorError({
    code: type.replace(/^urn:driftlab:/, ''),
    message: detail,
    ...(hint === undefined ? {} : { hint }),
    exit: status >= 500 ? 3 : 2,
  });
}
