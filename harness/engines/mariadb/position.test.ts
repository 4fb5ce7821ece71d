import { expect, test } from 'vitest';
import { fileNumber, formatPosition, packPosition, parsePosition, unpackPosition } from './position.ts';

test('positions are ordered by file, offset in it, and place in the transaction', () => {
  const ordered = [
    { file: 1, offset: 4, order: 0 },
    { file: 1, offset: 4, order: 1 },
    { file: 1, offset: 4, order: 16_000_000 },
    { file: 1, offset: 4_294_967_295, order: 0 },
    { file: 2, offset: 4, order: 0 },
    { file: 999_999, offset: 4, order: 0 },
  ];
  const packed = ordered.map(packPosition);
  expect([...packed].sort((a, b) => (a < b ? -1 : 1))).toEqual(packed);
  expect(new Set(packed).size).toBe(ordered.length);
  expect(packed.map(unpackPosition)).toEqual(ordered);
});

test('a position is written as the server names it, and read back, also as the number that a sink keeps', () => {
  const at = packPosition({ file: 3, offset: 1234 });
  expect(formatPosition(at)).toBe('mariadb-bin.000003:1234');
  const event = packPosition({ file: 3, offset: 1234, order: 2 });
  expect(formatPosition(event)).toBe('mariadb-bin.000003:1234#2');
  for (const one of [at, event]) {
    expect(parsePosition(formatPosition(one))).toBe(one);
    expect(parsePosition(String(one))).toBe(one);
  }
  expect(parsePosition('0/16B3748')).toBeUndefined();
  expect(parsePosition(null)).toBeUndefined();
});

test("a file's number is what stands behind its last point", () => {
  expect(fileNumber('mariadb-bin.000017')).toBe(17);
  expect(fileNumber('db.example.bin.1234567')).toBe(1234567);
  expect(fileNumber(undefined)).toBeUndefined();
});
