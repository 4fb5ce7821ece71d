import { expect, test } from 'vitest';
import { baseType, comparedAs } from './canonical.ts';
import { formatLsn, parseLsn } from './lsn.ts';

test('a type without its modifier', () => {
  expect(['numeric(12,2)', 'timestamp(3) with time zone', 'character varying(9)[]', 'text'].map(baseType)).toEqual([
    'numeric',
    'timestamp with time zone',
    'character varying[]',
    'text',
  ]);
});

test('two types are compared as one that loses nothing, or as they are', () => {
  expect(comparedAs('numeric(12,2)', 'numeric')).toBeUndefined();
  expect(comparedAs('json', 'jsonb')).toBe('jsonb');
  expect(comparedAs('jsonb', 'json')).toBe('jsonb');
  expect(comparedAs('uuid', 'text')).toBe('uuid');
  expect(comparedAs('text', 'uuid')).toBeUndefined();
  expect(comparedAs('date', 'text')).toBeUndefined();
  expect(comparedAs('character(5)', 'text')).toBe('character varying');
  expect(comparedAs('real', 'double precision')).toBe('double precision');
  expect(comparedAs('interval', 'bigint')).toBeUndefined();
});

test('LSNs in both forms', () => {
  expect(parseLsn('16/B374D848')).toBe(0x16b374d848n);
  expect(parseLsn('97500059720')).toBe(97500059720n);
  expect(formatLsn(0x16b374d848n)).toBe('16/B374D848');
  expect([null, undefined, '', '16/', 'x/y', '-1', '0/123456789'].map((text) => parseLsn(text))).toEqual(
    Array(7).fill(undefined),
  );
});
