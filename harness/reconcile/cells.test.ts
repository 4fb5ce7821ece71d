import fc from 'fast-check';
import { expect, test } from 'vitest';
import { between, denseBoundaries, partitionsFor } from './cells.ts';

test('ranges between boundaries follow each other without gap or overlap and are open at both ends', () => {
  const keys = [['a'], ['f'], ['q']];
  const cells = between(3, (n) => keys[n] ?? []).take(10);
  expect(cells).toEqual([
    { kind: 'range', to: ['a'] },
    { kind: 'range', from: ['a'], to: ['f'] },
    { kind: 'range', from: ['f'], to: ['q'] },
    { kind: 'range', from: ['q'] },
  ]);
});

test('cells are handed out once each, and without boundaries there is one that covers everything', () => {
  const cells = between(3, (n) => [String(n)]);
  expect([cells.take(2).length, cells.take(2).length, cells.take(2).length]).toEqual([2, 2, 0]);
  expect(between(0, () => []).take(5)).toEqual([{ kind: 'range' }]);
});

test('dense integers are divided so that no range holds more than eight times a bucket, and none is left over', () => {
  fc.assert(
    fc.property(
      fc.bigInt(-(2n ** 62n), 2n ** 62n),
      fc.integer({ min: 1, max: 10_000_000 }),
      fc.double({ min: 1, max: 8, noNaN: true }),
      (min, rows, sparse) => {
        const max = min + BigInt(Math.ceil(rows * sparse)) - 1n;
        const found = denseBoundaries(min, max, rows);
        if (found === undefined) throw new Error('dense enough');
        const { first, width, count } = found;
        expect(Number(width)).toBeLessThanOrEqual(8000);
        expect(first).toBe(min + width);
        const last = first + BigInt(count - 1) * width;
        if (count > 0) expect(last <= max && last + width > max).toBe(true);
        else expect(first > max).toBe(true);
      },
    ),
  );
});

test('sparse integers are not divided by arithmetic', () => {
  expect(denseBoundaries(0n, 10n ** 12n, 1_000_000)).toBeUndefined();
  expect(denseBoundaries(-(2n ** 63n), 2n ** 63n - 1n, 5)).toBeUndefined();
});

test('partitions are a power of two and bounded', () => {
  expect([0, 1000, 1001, 5_000_000, 10 ** 12].map(partitionsFor)).toEqual([1, 1, 2, 8192, 65_536]);
});
