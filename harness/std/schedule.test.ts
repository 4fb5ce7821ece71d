import { expect, test } from 'vitest';
import { atCronTimes, everySeconds, runOnSchedule, type Timetable } from './schedule.ts';

test('an interval is counted from the first run, and what a long run overlapped is left out', () => {
  const start = new Date('2026-05-01T10:00:00Z');
  const table = everySeconds(60, start);
  expect(table.next(start).toISOString()).toBe('2026-05-01T10:01:00.000Z');
  expect(table.next(new Date('2026-05-01T10:00:59.999Z')).toISOString()).toBe('2026-05-01T10:01:00.000Z');
  expect(table.next(new Date('2026-05-01T10:03:10Z')).toISOString()).toBe('2026-05-01T10:04:00.000Z');
});

test('cron expressions say the next time', () => {
  const next = atCronTimes('*/30 * * * *').next(new Date('2026-05-01T10:10:00Z'));
  expect(next.getUTCMinutes() % 30).toBe(0);
  expect(next.getTime()).toBeGreaterThan(new Date('2026-05-01T10:10:00Z').getTime());
});

test.each(['every day', '61 * * * *', '0 0 30 2 *'])('a wrong cron expression is wrong usage: %s', (expression) => {
  expect(() => atCronTimes(expression)).toThrow(expect.objectContaining({ code: 'wrong-value', exit: 2 }));
});

test('a run starts only when the one before has ended, until it is stopped', async () => {
  const stop = new AbortController();
  const events: string[] = [];
  // Always due: only the run that is still going on holds the next one back.
  const table: Timetable = { startsAtOnce: true, next: (now) => new Date(now.getTime() - 1) };
  let runs = 0;
  const run = async () => {
    events.push('begin');
    await new Promise((resolve) => setImmediate(resolve));
    events.push('end');
    if (++runs === 3) stop.abort(new Error('stopped'));
  };
  await expect(runOnSchedule(table, run, stop.signal, () => {})).rejects.toThrow('stopped');
  expect(events).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end']);
});
