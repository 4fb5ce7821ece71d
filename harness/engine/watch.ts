import { setTimeout as delay } from 'node:timers/promises';
import type { FaultContext, WaitOptions } from '#model/fault.ts';
import type { RunEvent } from '#model/run-event.ts';
import { until } from '#std/wait.ts';

/** Takes an event without its time, stamps it, and hands it to the history and to whoever watches. */
export type Emit = (event: Unstamped<RunEvent>) => void;

type Unstamped<T> = T extends unknown ? Omit<T, 'at'> : never;

/** The waits of a run: each has a limit, and says for what it waits, how long it has waited and what it saw. */
export interface Waits {
  until: FaultContext['until'];
  hold: FaultContext['hold'];
}

const TELL_EVERY_MS = 500;

export function openWaits(emit: Emit, signal: AbortSignal): Waits {
  return {
    async until(what: string, condition: () => boolean | Promise<boolean>, options: WaitOptions) {
      await until(condition, {
        what,
        limitMs: options.limitMs,
        signal,
        progress: options.progress,
        ...(options.saw === undefined ? {} : { saw: options.saw }),
        onWait: (waitedMs) => {
          const saw = options.saw?.();
          emit({ type: 'wait', what, waitedMs, limitMs: options.limitMs, ...(saw === undefined ? {} : { saw }) });
        },
      });
    },
    async hold(what, ms) {
      const started = performance.now();
      for (;;) {
        const heldMs = performance.now() - started;
        if (heldMs >= ms) return;
        emit({ type: 'wait', what, hold: true, waitedMs: heldMs, limitMs: ms });
        await delay(Math.min(TELL_EVERY_MS, ms - heldMs), undefined, { signal });
      }
    },
  };
}
