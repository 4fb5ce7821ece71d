import { expect, test } from 'vitest';
import { OperatorError } from '#std/errors.ts';
import type { Timetable } from '#std/schedule.ts';
import { loadOnSchedule } from './periodic.ts';

const away = (code = 's3-away') => new OperatorError({ code, message: code });

/** Loads with these outcomes until they are used up: how many were tried, what was told, and how it ended. */
async function outcomes(startsAtOnce: boolean, ...given: readonly (OperatorError | Error | undefined)[]) {
  const ended = new AbortController();
  const table: Timetable = { startsAtOnce, next: (now) => now };
  const failed: string[] = [];
  let tried = 0;
  const load = async (): Promise<void> => {
    const outcome = given[tried++];
    if (tried === given.length) ended.abort(new Error('ended'));
    if (outcome !== undefined) throw outcome;
  };
  const told = { failed: ({ code }: OperatorError) => void failed.push(code), waits: () => {} };
  const end = await loadOnSchedule(table, load, told, ended.signal).catch((error: Error) => error.message);
  return { tried, failed, end };
}

test('a load that fails is told, and the next one is tried', async () => {
  expect(await outcomes(true, undefined, away(), undefined, undefined)).toEqual({
    ...{ tried: 4, failed: ['s3-away'], end: 'ended' },
  });
  expect((await outcomes(false, away(), undefined)).failed).toEqual(['s3-away']);
});

test('what fails at once, is no failure of a server, or is not ours any more ends it', async () => {
  expect(await outcomes(true, away(), undefined)).toEqual({ tried: 1, failed: [], end: 's3-away' });
  expect((await outcomes(true, undefined, new Error('a bug'), undefined)).end).toBe('a bug');
  expect((await outcomes(true, undefined, away('hold-lost'), undefined)).end).toBe('hold-lost');
});
