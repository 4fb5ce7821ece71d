import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, OperatorError } from './errors.ts';

export interface UntilOptions {
  /** What is waited for, as a noun phrase: "the broker to answer". */
  readonly what: string;
  readonly limitMs: number;
  /**
   * How far what is waited for has come. As long as that changes it is slow and not stuck: the limit counts from the last
   * change then, and ten times the limit ends it in any case.
   */
  readonly progress?: (() => unknown) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** First pause between two asks; grows to `maxPauseMs`. */
  readonly pauseMs?: number;
  readonly maxPauseMs?: number;
  /** Said while waiting, at most once a second. */
  readonly onWait?: (waitedMs: number) => void;
  readonly hint?: string;
  /** What was last seen, for the error. */
  readonly saw?: () => string;
}

/** How many times its limit a wait may last for something that goes on and on. */
const EXTENDED_MAX = 10;

/**
 * Asks `probe` until it returns something other than undefined or false, and returns that. A probe that throws is asked
 * again; its last error is the cause of the time-out. Throws an OperatorError (`timed-out`, exit 3) past the limit, and
 * the signal's reason when aborted.
 */
export async function until<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: UntilOptions,
): Promise<T> {
  const started = performance.now();
  let pauseMs = options.pauseMs ?? 20;
  let nextWord = 1000;
  let lastError: unknown;
  let cameTo = options.progress?.();
  let changedMs = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      lastError = undefined;
    } catch (error) {
      if (error instanceof OperatorError && error.code !== 'timed-out') throw error;
      lastError = error;
    }
    const waitedMs = performance.now() - started;
    const comesTo = options.progress?.();
    if (comesTo !== cameTo) changedMs = waitedMs;
    cameTo = comesTo;
    if (waitedMs - changedMs >= options.limitMs || waitedMs >= options.limitMs * EXTENDED_MAX) {
      const saw = options.saw?.() ?? (lastError === undefined ? undefined : messageOf(lastError));
      throw new OperatorError({
        code: 'timed-out',
        message: `waited in vain for ${options.what}`,
        ...(saw === undefined ? {} : { found: saw }),
        waited: { what: options.what, ms: waitedMs },
        ...(options.hint === undefined ? {} : { hint: options.hint }),
        cause: lastError,
        exit: 3,
      });
    }
    if (waitedMs >= nextWord) {
      options.onWait?.(waitedMs);
      nextWord += 1000;
    }
    await delay(
      Math.min(pauseMs, Math.max(1, options.limitMs - (waitedMs - changedMs))),
      undefined,
      options.signal === undefined ? {} : { signal: options.signal },
    );
    pauseMs = Math.min(pauseMs * 1.5, options.maxPauseMs ?? 250);
  }
}
