import type { Asked, Place, Refusal, RefusalKind } from '#model/set-up.ts';
import { messageOf, OperatorError } from '#std/errors.ts';

/** How long one server may take, with all that is asked of it: the others are asked meanwhile. */
const ANSWER_LIMIT_MS = 30_000;

/** What the operating system says of a connection, whichever program asked for it. */
const NETWORK: Readonly<Record<string, RefusalKind>> = {
  ENOTFOUND: 'host-unknown',
  EAI_AGAIN: 'host-unknown',
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'unreachable',
  // SQL Server's driver tells no more than that.
  ESOCKET: 'unreachable',
  ETIMEOUT: 'unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'unreachable',
  UND_ERR_SOCKET: 'unreachable',
  TimeoutError: 'unreachable',
};

export interface Asking {
  readonly signal: AbortSignal;
  /** A server's words without any secret. */
  readonly hide: (text: string) => string;
}

/** Asks one server. That it does not answer, or refuses, is a fact; only an abort of the whole diagnosis is thrown. */
export async function asked<T>(
  place: Place,
  { signal, hide }: Asking,
  ask: (signal: AbortSignal) => Promise<T>,
  kindOf: (error: unknown) => RefusalKind | undefined = () => undefined,
): Promise<Asked<T>> {
  const limit = AbortSignal.timeout(ANSWER_LIMIT_MS);
  const late = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason), { once: true });
  });
  try {
    return { place, read: await Promise.race([ask(AbortSignal.any([signal, limit])), late]) };
  } catch (error) {
    signal.throwIfAborted();
    return { place, refusal: refusalBy(error, hide, kindOf) };
  }
}

/** The errors of a chain of causes, and those that one of them collects. */
function chainOf(error: unknown): readonly unknown[] {
  if (!(error instanceof Error)) return [error];
  const more = error instanceof AggregateError ? error.errors : [];
  return [error, ...more, ...(error.cause === undefined ? [] : chainOf(error.cause))];
}

function refusalBy(error: unknown, hide: Asking['hide'], kindOf: (error: unknown) => RefusalKind | undefined): Refusal {
  const chain = chainOf(error);
  const codes = chain.map((one) => {
    const { code, name } = one as { readonly code?: string; readonly name?: string };
    return (code !== undefined ? NETWORK[code] : undefined) ?? NETWORK[name ?? ''];
  });
  const foreign = chain.some((one) => one instanceof OperatorError && one.code === 'wrong-engine');
  const said = chain.filter((one) => !(one instanceof OperatorError)).map((one) => kindOf(one));
  const kind = foreign ? 'wrong-engine' : ([...codes, ...said].find((one) => one !== undefined) ?? 'refused');
  return { kind, ...wordsOf(error, hide) };
}

function wordsOf(error: unknown, hide: Asking['hide']): Pick<Refusal, 'says' | 'hint'> {
  if (error instanceof OperatorError) {
    const { found, message, hint } = error;
    return { says: hide(found ?? message), ...(hint === undefined ? {} : { hint: hide(hint) }) };
  }
  if (error instanceof Error && error.name === 'TimeoutError')
    return { says: `no answer within ${ANSWER_LIMIT_MS / 1000} s` };
  // What collects several errors says nothing itself.
  const single = chainOf(error).filter((one) => !(one instanceof AggregateError));
  const chain = single.map((one) => messageOf(one) || (one as { readonly code?: string }).code || '');
  return { says: hide([...new Set(chain)].filter((text) => text !== '').join('; ') || 'no reason given') };
}
