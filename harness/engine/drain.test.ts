import { expect, test } from 'vitest';
import { reached } from './drain.ts';

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
