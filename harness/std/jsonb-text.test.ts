import { expect, test } from 'vitest';
import { jsonbText, plainNumber } from './jsonb-text.ts';

// What PostgreSQL 18 writes for `'…'::jsonb::text`.
test.each([
  ['{"b":1,"a":[1.0, null]}', '{"a": [1.0, null], "b": 1}'],
  ['{"b":1,  "a": 1.0, "a": 2}', '{"a": 2, "b": 1}'],
  ['{"bb":1,"a":2,"c":3}', '{"a": 2, "c": 3, "bb": 1}'],
  ['{"é":1,"zz":2,"a":3}', '{"a": 3, "zz": 2, "é": 1}'],
  ['12345678901234567890.10', '12345678901234567890.10'],
  ['1.5e3', '1500'],
  ['1e-3', '0.001'],
  ['-0.0', '0.0'],
  ['"\\u00e9\\u0001\\t\\"\\\\/"', '"é\\u0001\\t\\"\\\\/"'],
  ['null', 'null'],
  ['[]', '[]'],
  ['{}', '{}'],
  ['true', 'true'],
])('%s is written as %s', (json, text) => {
  expect(jsonbText(json)).toBe(text);
});

test('what is no JSON is an error', () => {
  expect(() => jsonbText("{'a':1}")).toThrow(SyntaxError);
});

test.each([
  ['1.50', '1.50'],
  ['1e3', '1000'],
  ['1.25e1', '12.5'],
  ['1e-20', '0.00000000000000000001'],
  ['+7', '7'],
  ['-0', '0'],
  ['.5', '0.5'],
  ['007', '7'],
])('%s is the number %s', (written, text) => {
  expect(plainNumber(written)).toBe(text);
});
