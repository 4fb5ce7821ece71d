import { expect, test } from 'vitest';
import { formatLsn, parseLsn } from './lsn.ts';

test('LSNs in both forms', () => {
  expect(parseLsn('16/B374D848')).toBe(0x16b374d848n);
  expect(parseLsn('ffffffff/00000001')).toBe(0xffffffff00000001n);
  expect(parseLsn('97500059720')).toBe(97500059720n);
  expect(formatLsn(0x16b374d848n)).toBe('16/B374D848');
  expect(formatLsn(0x1000000000n)).toBe('10/0');
});

test.each([
  null,
  undefined,
  '',
  '16/',
  '/1',
  'x/y',
  '-1',
  '0/123456789',
  '123456789/0',
  'LSN 7',
  '7 bytes',
  ' 0/1',
  '0/1 ',
])('%j is none', (text) => {
  expect(parseLsn(text)).toBeUndefined();
});
