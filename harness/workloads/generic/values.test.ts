import { expect, test } from 'vitest';
import type { Kind } from '#model/kind.ts';
import { random } from '#std/random.ts';
import { distinctValue, randomValue, type ValueColumn } from './values.ts';

const own = {
  ownValue: (kind: Kind) => (kind.kind === 'other' ? `own ${kind.type}` : undefined),
  ownDistinct: (_: Kind, n: bigint) => `own ${n}`,
};

function many(column: ValueColumn): string[] {
  const rng = random(1);
  return Array.from({ length: 300 }, () => randomValue(own, column, rng) ?? '');
}

test.each<[string, ValueColumn, RegExp]>([
  ['decimal of fractions', { kind: { kind: 'decimal', precision: 4, scale: 4 } }, /^0\.\d{4}$/],
  ['decimal', { kind: { kind: 'decimal', precision: 5, scale: 2 } }, /^\d{1,3}\.\d\d$/],
  ['whole decimal', { kind: { kind: 'decimal', precision: 3, scale: 0 } }, /^\d{1,3}$/],
  ['decimal of any digits', { kind: { kind: 'decimal' } }, /^\d{1,8}\.\d\d$/],
  ['short text', { kind: { kind: 'text', length: 3 } }, /^.{1,3}$/u],
  ['text of one character set', { kind: { kind: 'text' }, ascii: true }, /^[ -~]+$/],
  ['text that is filled up', { kind: { kind: 'text', length: 5 }, fixed: true }, /^[0-9a-f]{5}$/],
  ['few bytes', { kind: { kind: 'bytes', length: 2 } }, /^\\x([0-9a-f]{2}){1,2}$/],
  ['bytes that are filled up', { kind: { kind: 'bytes', length: 20 }, fixed: true }, /^\\x[0-9a-f]{40}$/],
  ['bits', { kind: { kind: 'bits', length: 9 } }, /^[01]{9}$/],
  ['instant', { kind: { kind: 'instant', digits: 0 } }, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00$/],
  ['local timestamp', { kind: { kind: 'local-timestamp', digits: 3 } }, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/],
  ['set', { kind: { kind: 'set', labels: ['a', 'b', 'c'] } }, /^(a?,?b?,?c?)$/],
  ['span', { kind: { kind: 'duration' } }, /^P\d+DT\d+H\d+M$/],
  ["engine's own", { kind: { kind: 'other', type: 'inet' } }, /^own inet$/],
])('every value of a %s is one of its kind', (_, column, form) => {
  for (const value of many(column)) expect(value).toMatch(form);
});

test.each([8, 16, 24, 32, 64] as const)(
  'a number of %d bits is in its range, and anywhere in it where it may be',
  (bits) => {
    const signed = many({ kind: { kind: 'integer', bits }, wholeRange: true }).map(BigInt);
    const unsigned = many({ kind: { kind: 'integer', bits, unsigned: true }, wholeRange: true }).map(BigInt);
    const few = many({ kind: { kind: 'integer', bits } }).map(BigInt);
    const half = 2n ** BigInt(bits - 1);
    expect(signed.every((value) => value >= -half && value < half)).toBe(true);
    expect(unsigned.every((value) => value >= 0n && value < half * 2n)).toBe(true);
    expect(few.every((value) => value >= 0n && value < half)).toBe(true);
    // Half the range is never met by chance alone.
    expect([signed.some((value) => value < 0n), unsigned.some((value) => value >= half)]).toEqual([true, true]);
  },
);

test.each<[string, ValueColumn, string[]]>([
  ['number', { kind: { kind: 'integer', bits: 8 } }, ['8', '9', '42']],
  ['decimal, with its zeros', { kind: { kind: 'decimal', precision: 9, scale: 2 } }, ['8.00', '9.00', '42.00']],
  ['text', { kind: { kind: 'text' } }, ['k8', 'k9', 'k16']],
  ['text that is filled up', { kind: { kind: 'text', length: 4 }, fixed: true }, ['k008', 'k009', 'k016']],
  ['bytes', { kind: { kind: 'bytes', length: 2 } }, ['\\x0008', '\\x0009', '\\x002a']],
  [
    'bytes that are filled up',
    { kind: { kind: 'bytes', length: 3 }, fixed: true },
    ['\\x000008', '\\x000009', '\\x00002a'],
  ],
  ['date', { kind: { kind: 'date' } }, ['2096-10-03', '2096-10-04', '2096-11-06']],
  [
    'moment of whole seconds',
    { kind: { kind: 'local-timestamp', digits: 0 } },
    ['2023-11-14 22:13:21', '2023-11-14 22:13:22', '2023-11-14 22:13:55'],
  ],
  ["engine's own", { kind: { kind: 'other', type: 'inet' } }, ['own 8', 'own 9', 'own 42']],
])('a %s is counted up in its canonical text', (_, column, values) => {
  expect([1, 2, 35].map((n) => distinctValue(own, column, random(1), 7n, n))).toEqual(values);
});

test.each<[string, Kind]>([
  ['a text without room', { kind: 'text', length: 2 }],
  ['bytes without room', { kind: 'bytes', length: 1 }],
  ['an enum', { kind: 'enum', labels: ['a'] }],
  ['a truth', { kind: 'boolean' }],
])('%s has too few values to be counted up', (_, kind) => {
  expect(distinctValue(own, { kind }, random(1), 0n, 10_000)).toBeUndefined();
});
