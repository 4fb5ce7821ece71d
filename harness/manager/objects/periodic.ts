import { OperatorError } from '#std/errors.ts';
import { atCronTimes, everySeconds, runOnSchedule, type Timetable } from '#std/schedule.ts';
import type { ObjectsTarget } from '../pipeline.ts';

/** When all is loaded again; undefined where once is enough. */
export function timetableOf({ everySeconds: seconds, cron }: ObjectsTarget, start: Date): Timetable | undefined {
  if (seconds !== undefined) return everySeconds(seconds, start);
  return cron === undefined ? undefined : atCronTimes(cron);
}

/** Nobody works on a pipeline any more that another manager holds. */
const LAST = 'hold-lost';

/**
 * Loads at each time of the table until the signal aborts. A load that fails is told, and the next one is tried all the same;
 * but where the first one is to start at once and fails, something is wrong that a person can see to: its error is thrown.
 */
export function loadOnSchedule(
  timetable: Timetable,
  load: () => Promise<void>,
  told: { readonly failed: (error: OperatorError) => void; readonly waits: (until: Date) => void },
  signal: AbortSignal,
): Promise<never> {
  let tolerant = !timetable.startsAtOnce;
  const run = async (): Promise<void> => {
    try {
      await load();
    } catch (error) {
      if (!tolerant || signal.aborted || !(error instanceof OperatorError) || error.code === LAST) throw error;
      told.failed(error);
    }
    tolerant = true;
  };
  return runOnSchedule(timetable, run, signal, told.waits);
}
