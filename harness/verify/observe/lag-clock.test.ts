import { expect, test } from 'vitest';
import { createLagClock } from './lag-clock.ts';

const at = (...entries: [string, bigint][]) => new Map(entries);

test('lag counts what is left over all partitions, and is as old as the oldest of it', () => {
  const clock = createLagClock(() => 10_000);
  for (let offset = 0n; offset < 100n; offset++) clock.note('t/0', offset, Number(offset) * 50);
  clock.note('t/1', 0n, 9_000);
  expect(clock.lag(at(['t/0', 60n], ['t/1', 0n]), at(['t/0', 100n], ['t/1', 1n]))).toEqual({ records: 41, ms: 7_000 });
  expect(clock.lag(at(['t/0', 100n], ['t/1', 0n]), at(['t/0', 100n], ['t/1', 1n]))).toEqual({ records: 1, ms: 1_000 });
});

test('a consumer at the end has no lag, one that has never committed has all of it', () => {
  const clock = createLagClock(() => 1_000);
  clock.note('t/0', 0n, 400);
  expect(clock.lag(at(['t/0', 1n]), at(['t/0', 1n]))).toEqual({ records: 0, ms: 0 });
  expect(clock.lag(at(), at(['t/0', 1n]))).toEqual({ records: 1, ms: 600 });
});

test('tombstones at the end of what was read are no lag, those before a change and unread records are', () => {
  const clock = createLagClock(() => 1_000);
  for (const offset of [0n, 1n, 2n, 3n]) clock.note('t/0', offset, 400);
  clock.noteTombstone('t/0', 0n);
  clock.noteTombstone('t/0', 2n);
  clock.noteTombstone('t/0', 3n);
  const records = (applied: bigint, end: bigint) => clock.lag(at(['t/0', applied]), at(['t/0', end])).records;
  expect([records(2n, 4n), records(3n, 4n)]).toEqual([0, 0]);
  expect([records(0n, 4n), records(1n, 4n)]).toEqual([4, 3]);
  expect(records(3n, 5n)).toBe(2);
});

test('of a very long log the oldest ages become coarse, never younger than they are, and new ones stay exact', () => {
  const clock = createLagClock(() => 10_000_000);
  for (let offset = 0n; offset < 100_000n; offset++) clock.note('t/0', offset, Number(offset) * 100);
  const age = (offset: bigint) => clock.lag(at(['t/0', offset]), at(['t/0', 100_000n])).ms;
  expect(age(1_000n)).toBeGreaterThanOrEqual(9_900_000);
  expect(age(99_000n)).toBe(100_000);
});
