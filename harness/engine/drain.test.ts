import { expect, test } from 'vitest';
import { heldFrom, reached } from './drain.ts';

test('a consumer is through once it has reached the end of every partition, an empty one included', () => {
  const ends = new Map([
    ['t/0', 5n],
    ['t/1', 0n],
  ]);
  expect(reached(new Map([['t/0', 5n]]), ends)).toBe(true);
  expect(reached(new Map([['t/0', 6n]]), ends)).toBe(true);
  expect(reached(new Map([['t/0', 4n]]), ends)).toBe(false);
  expect(reached(new Map([['t/1', 9n]]), ends)).toBe(false);
});

test('a consumer that the log has passed is through where nothing is left to read', () => {
  const applied = new Map([['t/0', 3n]]);
  const starts = new Map([
    ['t/0', 5n],
    ['t/1', 2n],
  ]);
  const through = (...ends: bigint[]) =>
    reached(heldFrom(applied, starts), new Map(ends.map((end, index) => [`t/${index}`, end])));
  expect(through(5n, 2n)).toBe(true);
  expect(through(6n, 2n)).toBe(false);
  expect(through(5n, 3n)).toBe(false);
});
