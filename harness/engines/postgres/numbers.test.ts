import { describe, expect, test } from 'vitest';
import { bothDecimal, comparesByValue, numberTextOfSinkSql, numberTextSql, typeNote, typeOf } from './numbers.ts';

const typed = (type: string, base?: string) => ({ type, ...(base === undefined ? {} : { base }) });
const mapped = (type: string) => ({ type, expression: 'a + b' });

test.each([
  ['numeric', 'numeric', true],
  ['numeric(10,2)', 'numeric(10,2)', false],
  ['numeric(10,2)', 'numeric(12,2)', true],
  ['numeric(10,12)', 'real', true],
  ['numeric(8,2)[]', 'numeric(8,2)[]', true],
  ['numeric[]', 'numeric', false],
  ['numeric', 'numeric[]', false],
  ['integer', 'bigint', false],
  ['smallint', 'integer', false],
  ['integer', 'numeric(10,0)', true],
  ['real', 'real', false],
  ['real', 'double precision', true],
  // What the narrower type has lost is lost.
  ['double precision', 'real', false],
  ['double precision', 'numeric', true],
  ['numeric(10,2)', 'real', true],
  ['numeric(10,2)', 'text', true],
  ['numeric(10,2)', 'character varying(20)', true],
  ['numeric(10,2)', 'character varying(20)[]', false],
  ['numeric(10,2)', 'uuid', false],
  ['text', 'numeric', false],
  ['money', 'numeric', false],
  ['date', 'numeric', false],
  // Of a name that only holds one nothing is known.
  ['unreal', 'double precision', false],
  ['numeric_pair', 'numeric', false],
])('%s against %s: by value %s', (source, sink, byValue) => {
  expect(comparesByValue(typed(source), typed(sink))).toBe(byValue);
});

test('a domain is compared as what it is made over', () => {
  expect(typeOf(typed('price', 'numeric(9,2)'))).toBe('numeric(9,2)');
  expect(typeOf(typed('text'))).toBe('text');
  expect(comparesByValue(typed('price', 'numeric'), typed('price', 'numeric'))).toBe(true);
  expect(comparesByValue(typed('price', 'numeric(9,2)'), typed('numeric(9,2)'))).toBe(false);
});

test('values of two columns of numerics need no text, unless one of them is an array or is computed', () => {
  expect(bothDecimal(typed('numeric(9,2)'), typed('numeric'))).toBe(true);
  expect(bothDecimal(typed('numeric'), typed('integer'))).toBe(false);
  expect(bothDecimal(typed('text'), typed('numeric'))).toBe(false);
  expect(bothDecimal(typed('numeric[]'), typed('numeric[]'))).toBe(false);
  expect(bothDecimal(typed('numeric'), mapped('numeric'))).toBe(false);
});

const TRIMMED = (text: string) =>
  String.raw`regexp_replace(regexp_replace(${text}, '(\.\d*[1-9])0+(?=[,}])', '\1', 'g'), '\.0+(?=[,}])', '', 'g')`;

describe('the one text of a value at the source', () => {
  test.each([
    ['numeric', 'trim_scale(v)::text'],
    ['numeric[]', TRIMMED('v::text')],
    ['numeric(8,2)[]', TRIMMED('v::text')],
    ['numeric(8,2)', undefined],
    ['numeric(8,-12)', undefined],
    ['integer', undefined],
    ['integer[]', undefined],
    ['real', undefined],
    ['text', undefined],
  ])('%s: %s', (type, sql) => {
    expect(numberTextSql('v', typed(type))).toBe(sql);
  });

  test('of something computed is read back as a numeric, where it is one', () => {
    expect(numberTextSql('v', mapped('numeric'))).toBe(
      "CASE WHEN pg_input_is_valid(v::text, 'numeric') THEN trim_scale(v::text::numeric)::text ELSE v::text END",
    );
  });
});

describe('the text of the sink’s value as the source writes it', () => {
  const valid = (type: string, text: string) =>
    `CASE WHEN pg_input_is_valid(v::text, '${type}') THEN ${text} ELSE v::text END`;
  const rounded = (value: string) =>
    `CASE WHEN ${value} = round(${value}, 2) THEN round(${value}, 2)::text ELSE ${value}::text END`;

  test.each([
    ['text', 'numeric', 'v::text'],
    ['real', 'double precision', valid('real', 'v::text::real::text')],
    ['double precision', 'numeric', valid('double precision', 'v::text::double precision::text')],
    ['real[]', 'text', valid('real[]', 'v::text::real[]::text')],
    ['numeric[]', 'numeric(8,4)[]', TRIMMED('v::text')],
    ['numeric[]', 'integer[]', TRIMMED('v::text')],
    ['numeric[]', 'text', valid('numeric[]', TRIMMED('v::text::numeric[]::text'))],
    ['numeric[]', 'real[]', valid('numeric[]', TRIMMED('v::text::numeric[]::text'))],
    ['numeric', 'numeric(8,4)', 'trim_scale(v)::text'],
    ['numeric(8,2)', 'numeric', rounded('v')],
    ['numeric(8,2)', 'integer', rounded('v::numeric')],
    ['numeric(8,2)', 'smallint', rounded('v::numeric')],
    ['numeric(8,2)', 'bigint', rounded('v::numeric')],
    ['integer', 'numeric(8,2)', 'CASE WHEN v = round(v, 0) THEN round(v, 0)::text ELSE v::text END'],
    ['numeric(8,2)', 'real', valid('numeric', rounded('v::text::numeric'))],
    ['numeric(8,2)', 'text', valid('numeric', rounded('v::text::numeric'))],
  ])('%s in %s', (source, sink, sql) => {
    expect(numberTextOfSinkSql('v', typed(source), typed(sink))).toBe(sql);
  });

  test('of something computed is read back, whatever the column is', () => {
    expect(numberTextOfSinkSql('v', typed('numeric(8,2)'), mapped('numeric'))).toBe(
      valid('numeric', rounded('v::text::numeric')),
    );
  });
});

test('a note says how two types are compared, and nothing of pairs that have one spelling', () => {
  expect(typeNote(typed('numeric'), typed('numeric'))).toBe(
    'numeric without a scale: compared by value (3.0 and 3 are equal), since Debezium does not carry trailing zeros',
  );
  expect(typeNote(typed('numeric(10,2)'), typed('numeric(14,4)'))).toBe(
    'numeric(10,2) at the source, numeric(14,4) in the sink: compared by value (1.50 and 1.5000 are equal)',
  );
  expect(typeNote(typed('real'), typed('double precision'))).toBe(
    'real at the source, double precision in the sink: compared as real, the precision of the source',
  );
  expect(typeNote(typed('double precision'), typed('text'))).toContain('compared as double precision,');
  expect(typeNote(typed('numeric(8,2)[]'), typed('numeric(8,2)[]'))).toBeUndefined();
  expect(typeNote(typed('integer'), typed('bigint'))).toBeUndefined();
  // Neither has a bracket, and they differ: the scale is not what is said of them.
  expect(typeNote(typed('integer'), typed('numeric'))).toContain('1.50 and 1.5000 are equal');
});
