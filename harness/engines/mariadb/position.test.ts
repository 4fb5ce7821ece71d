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
});

test.each([
  ['mariadb-bin.000003:1234', { file: 3, offset: 1234, order: 0 }],
  ['mariadb-bin.000003:1234#17', { file: 3, offset: 1234, order: 17 }],
  ['db.bin.1234567:4', { file: 1_234_567, offset: 4, order: 0 }],
])('%s is read as %j', (text, position) => {
  expect(unpackPosition(parsePosition(text) ?? 0n)).toEqual(position);
});

test.each([
  '0/16B3748',
  'mariadb-bin.000003',
  'mariadb-bin.000003:1234#',
  'mariadb-bin.000003:1234#2 and more',
  'LSN 17',
  '17 LSN',
  '',
  null,
  undefined,
])('%j is no position', (text) => expect(parsePosition(text)).toBeUndefined());

test('behind the last place that can be kept, events of one transaction have the same position', () => {
  const last = { file: 1, offset: 4, order: 16_777_215 };
  expect(unpackPosition(packPosition(last))).toEqual(last);
  expect(packPosition({ file: 1, offset: 4, order: 16_777_216 })).toBe(packPosition(last));
  expect(packPosition({ file: 1, offset: 4, order: 20_000_000 })).toBe(packPosition(last));
});

test("a file's number is what stands behind its last point", () => {
  expect(fileNumber('mariadb-bin.000017')).toBe(17);
  expect(fileNumber('db.example.bin.1234567')).toBe(1234567);
  expect(fileNumber('mariadb-bin.000017.idx')).toBeUndefined();
  expect(fileNumber('mariadb-bin')).toBeUndefined();
  expect(fileNumber(undefined)).toBeUndefined();
});
