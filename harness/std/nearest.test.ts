import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distance, nearest } from './nearest.ts';

test('a swap of two neighbours is one edit', () => {
  expect(distance('restart', 'restrat')).toBe(1);
  expect(distance('lag', 'gal')).toBe(2);
  expect(distance('', 'lag')).toBe(3);
});

test('the distance is symmetric, and zero only between equal words', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      expect(distance(a, b)).toBe(distance(b, a));
      expect(distance(a, b) === 0).toBe(a === b);
    }),
  );
});

test('the nearest names come first, and names that are far away not at all', () => {
  const modes = ['restart', 'lag', 'schema', 'duplicate', 'backfill'];
  expect(nearest('restrat', modes)).toEqual(['restart']);
  expect(nearest('LAGG', modes)).toEqual(['lag']);
  expect(nearest('dup', modes)).toEqual(['duplicate']);
  expect(nearest('xyzzy', modes)).toEqual([]);
  expect(nearest('', modes)).toEqual([]);
});
