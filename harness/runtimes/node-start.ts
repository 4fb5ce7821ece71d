import { basename } from 'node:path';
import type { NodeName } from '#model/stack.ts';
import { diskFull, isDiskFull, saysDiskFull } from '#std/disk-full.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import type { LogCap } from '#std/log-cap.ts';
import { logTail } from '#std/log-tail.ts';
import { asFailure } from '#std/run-end.ts';
import { until } from '#std/wait.ts';

/** How a server's start is waited for. */
export interface StartSpec {
  readonly name: NodeName;
  /** Absolute path of its log. */
  readonly log: string;
  /** True once the server answers. Asked again and again; a throw counts as "not yet". */
  ready(signal: AbortSignal): Promise<boolean>;
  readonly startLimitMs: number;
}

/** A server's log in a lab that lives for days: its start, which says how it was set up, and what it said last. */
export const NODE_LOG: LogCap = { headBytes: 4 << 20, tailBytes: 16 << 20 };

/** What the servers of a stack write before any work is done, in MB. */
const START_MB = 200;

/** What a server writes to its log when another one has its port. */
const PORT_TAKEN = /Address already in use|Address in use|could not bind|port is already allocated/i;

/** Resolves once a server answers; throws where it ends first, at its limit, and the signal's reason when aborted. */
export async function untilReady(
  { name, ready, startLimitMs }: StartSpec,
  exited: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const ended = new AbortController();
  const limit = signal === undefined ? ended.signal : AbortSignal.any([ended.signal, signal]);
  // When it ends later on, nobody listens to this any more.
  void exited.then(() => ended.abort(new Error('it exited')));
  try {
    await until(() => ready(limit), {
      what: `${name} to answer`,
      limitMs: startLimitMs,
      signal: limit,
      maxPauseMs: 50,
    });
  } catch (error) {
    throw limit.aborted ? limit.reason : error;
  }
}

/** How a start failed. */
export interface FailedStart {
  readonly cause: unknown;
  /** Where in the log this start begins, in bytes. */
  readonly from: number;
  /** How it ended, in words, where it ended by itself. */
  readonly exited: string | undefined;
  /** Where the server writes. */
  readonly place: string;
}

/** The error on a server that did not start, with the end of its log: `node-start-failed`, `port-taken` or `disk-full`. */
export function startError(spec: StartSpec, { cause, from, exited, place }: FailedStart): OperatorError {
  const { name, log, startLimitMs } = spec;
  const tail = logTail(log, 20, from);
  if (isDiskFull(cause)) return asFailure(cause);
  if (saysDiskFull(tail)) return diskFull({ path: place, neededMb: START_MB }, cause);
  const taken = PORT_TAKEN.test(tail) || PORT_TAKEN.test(messageOf(cause));
  return new OperatorError({
    code: taken ? 'port-taken' : 'node-start-failed',
    message:
      exited === undefined
        ? `the node ${name} did not start: ${messageOf(cause)}`
        : `the node ${name} exited while it was starting (${exited})`,
    expected: `${name} to answer within ${startLimitMs / 1000} s`,
    found: `the end of ${log}:\n${tail.replace(/^/gm, '    ')}`,
    hint: taken
      ? 'another program took the port in between: try again'
      : `read the log (${basename(log)}); npx driftlab doctor shows what this machine lacks`,
    cause,
    exit: 3,
  });
}
