import { timingSafeEqual } from 'node:crypto';
import type { Problem } from '#contracts/problem.ts';
import { problem } from './problem.ts';

/** What the guard looks at. */
export interface Asking {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

/** What is guarded. */
export interface Guarded {
  /** On 127.0.0.1. */
  readonly port: number;
  /** What changes something needs it. */
  readonly token: string;
  /** Where whoever may have it finds it. */
  readonly tokenIn: string;
}

/** Methods that change nothing. */
const SAFE = new Set(['GET', 'HEAD']);

/**
 * Why a request is refused; undefined where it is let in. A web page can make its browser send requests here, but not
 * with our own Host (DNS rebinding brings a foreign one), not without its Origin, and not with a token that only the
 * lab's owner can read.
 */
export function refusal(asking: Asking, { port, token, tokenIn }: Guarded): Problem | undefined {
  const names = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!names.includes(asking.host?.toLowerCase() ?? ''))
    return problem(403, 'foreign-host', `the Host must be ${names.join(' or ')}, not ${asking.host ?? 'left out'}`);
  const origins = names.map((name) => `http://${name}`);
  if (asking.origin !== undefined && !origins.includes(asking.origin.toLowerCase()))
    return problem(403, 'foreign-origin', `no page of ${asking.origin} may ask here`);
  if (SAFE.has(asking.method) || holds(asking.authorization, token)) return undefined;
  return problem(
    401,
    'token-missing',
    'what changes something needs the token',
    `send "Authorization: Bearer <token>"; it stands in ${tokenIn}`,
  );
}

function holds(authorization: string | undefined, token: string): boolean {
  const given = Buffer.from(/^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '');
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
