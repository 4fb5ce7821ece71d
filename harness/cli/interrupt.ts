import type { EventEmitter } from 'node:events';
import type { OperatorError } from '#std/errors.ts';
import { onRunFailure } from '#std/run-end.ts';
import type { Host } from './host.ts';

/** What a person, or a CI system that has lost its patience, sends. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface InterruptOptions {
  /** The process, or what stands for it in a test. */
  readonly process: Pick<EventEmitter, 'on' | 'off'>;
  /** Told of the first signal. */
  readonly onFirst: (signal: string) => void;
  /** Ends the program at once: the second signal. */
  readonly exit: (status: number) => void;
}

export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
  /** Why it was stopped where that was not a person's wish: what was done says nothing then, and the exit status is 3. */
  readonly failure: OperatorError | undefined;
  /** Stops in the same orderly way for another reason. */
  stop(reason: OperatorError): void;
}

/** Exit status of a program that was interrupted. */
export const INTERRUPTED = 130;

/**
 * The first signal aborts, so that everything is stopped in order and the report is kept; the second ends the program at
 * once. An error that nobody awaits (see {@link onRunFailure}) stops it in the same order. Disposal gives both back.
 */
export function listenForInterrupt(options: InterruptOptions): Interrupt {
  const controller = new AbortController();
  let received = 0;
  let failure: OperatorError | undefined;
  const stop = (reason: OperatorError): void => {
    if (!controller.signal.aborted) failure = reason;
    controller.abort(reason);
  };
  const failures = onRunFailure(stop);
  const listener = (signal: string) => {
    received += 1;
    if (received > 1) {
      options.exit(INTERRUPTED);
      return;
    }
    options.onFirst(signal);
    controller.abort(new Error(`interrupted by ${signal}`));
  };
  for (const signal of SIGNALS) options.process.on(signal, listener);
  return {
    signal: controller.signal,
    get failure() {
      return failure;
    },
    stop,
    [Symbol.dispose]() {
      failures[Symbol.dispose]();
      for (const signal of SIGNALS) options.process.off(signal, listener);
    },
  };
}

/** What a command that only has to end does: runs until it is done, or a signal ends it. */
export async function interruptible(
  { process, exit, stderr }: Pick<Host, 'process' | 'exit' | 'stderr'>,
  run: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  using interrupt = listenForInterrupt({
    ...{ process, exit },
    onFirst: (signal) => stderr.write(`${signal}: stopping\n`),
  });
  try {
    return await run(interrupt.signal);
  } catch (error) {
    if (interrupt.failure !== undefined) throw interrupt.failure;
    if (interrupt.signal.aborted) return INTERRUPTED;
    throw error;
  }
}
