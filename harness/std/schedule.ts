import { setTimeout as delay } from 'node:timers/promises';
import { Cron } from 'croner';
import { messageOf, OperatorError } from '#std/errors.ts';

/** When a run is to start, given when the last one did. */
export interface Timetable {
  /** The first start, and each one after; always later than `now`, whatever was missed meanwhile. */
  next(now: Date): Date;
  /** Whether the first run waits for its time or starts at once. */
  readonly startsAtOnce: boolean;
}

/** Every `seconds`, counted from the first run; what a long run overlaps is left out. */
export function everySeconds(seconds: number, start: Date): Timetable {
  return {
    startsAtOnce: true,
    next(now) {
      const periods = Math.floor((now.getTime() - start.getTime()) / (seconds * 1000)) + 1;
      return new Date(start.getTime() + periods * seconds * 1000);
    },
  };
}

/** At the times of a cron expression, in the machine's time zone. Throws an OperatorError (exit 2) for a wrong one. */
export function atCronTimes(expression: string): Timetable {
  const cron = parse(expression);
  return {
    startsAtOnce: false,
    next(now) {
      const next = cron.nextRun(now);
      if (next !== null) return next;
      throw badCron(expression, 'it never comes');
    },
  };
}

function parse(expression: string): Cron {
  try {
    const cron = new Cron(expression, { paused: true });
    if (cron.nextRun() !== null) return cron;
  } catch (error) {
    throw badCron(expression, messageOf(error));
  }
  throw badCron(expression, 'it never comes');
}

function badCron(expression: string, found: string): OperatorError {
  return new OperatorError({
    code: 'wrong-value',
    message: `--cron cannot be "${expression}"`,
    expected: 'minute hour day month weekday, such as "*/30 * * * *"',
    found,
  });
}

/** A timer cannot be set further ahead than this (about 24 days); a shorter step also follows a clock that is set. */
const STEP_MS = 60_000;

/** Runs `run` at each time of the table until `signal` aborts, and never before the run before has ended. */
export async function runOnSchedule(
  timetable: Timetable,
  run: () => Promise<void>,
  signal: AbortSignal,
  onWait: (until: Date) => void,
): Promise<never> {
  if (timetable.startsAtOnce) await run();
  for (;;) {
    const due = timetable.next(new Date());
    onWait(due);
    for (let leftMs = due.getTime() - Date.now(); leftMs > 0; leftMs = due.getTime() - Date.now())
      await delay(Math.min(leftMs, STEP_MS), undefined, { signal });
    signal.throwIfAborted();
    await run();
  }
}
