import { expect, test } from 'vitest';
import { withParams } from './with-params.ts';

test.each([
  ['SELECT ?', ["it's"], "SELECT _utf8mb4 x'69742773'"],
  ['SELECT ?, ?', [5, null], 'SELECT 5, NULL'],
  ['SELECT \'?\', "?", `?` /* ? */ -- ?\n, ?', [true], 'SELECT \'?\', "?", `?` /* ? */ -- ?\n, true'],
  ["SELECT 'it''s \\' ?', ?", [Buffer.from([0, 255])], "SELECT 'it''s \\' ?', x'00ff'"],
  ['SELECT 5--?', [3n], 'SELECT 5--3'],
] as const)('%s with its parameters', (sql, params, expected) => {
  expect(withParams(sql, params)).toBe(expected);
});

test('as many parameters as there are places', () => {
  expect(() => withParams('SELECT ?', [])).toThrow('1 places for 0');
  expect(() => withParams('SELECT 1', [1])).toThrow('0 places for 1');
});
