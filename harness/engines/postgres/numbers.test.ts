import { expect, test } from 'vitest';
import { comparesByValue, typeNote } from './numbers.ts';

const of = (type: string, base?: string) => ({ type, ...(base === undefined ? {} : { base }) });

test.each([
  ['numeric', 'numeric', true],
  ['numeric(10,2)', 'numeric(10,2)', false],
  ['numeric(10,2)', 'numeric(12,2)', true],
  ['numeric(8,2)[]', 'numeric(8,2)[]', true],
  ['numeric[]', 'numeric', false],
  ['integer', 'bigint', false],
  ['integer', 'numeric(10,0)', true],
  ['real', 'real', false],
  ['real', 'double precision', true],
  // What the narrower type has lost is lost.
  ['double precision', 'real', false],
  ['numeric(10,2)', 'text', true],
  ['numeric(10,2)', 'character varying(20)', true],
  ['text', 'numeric', false],
  ['money', 'numeric', false],
  ['date', 'numeric', false],
])('%s against %s: by value %s', (source, sink, byValue) => {
  expect(comparesByValue(of(source), of(sink))).toBe(byValue);
});

test('a domain is compared as what it is made over', () => {
  expect(comparesByValue(of('price', 'numeric'), of('price', 'numeric'))).toBe(true);
  expect(comparesByValue(of('price', 'numeric(9,2)'), of('numeric(9,2)'))).toBe(false);
});

test('a note says how two types are compared, and nothing of pairs that have one spelling', () => {
  expect(typeNote(of('numeric'), of('numeric'))).toContain('3.0 and 3 are equal');
  expect(typeNote(of('numeric(10,2)'), of('numeric(14,4)'))).toContain('numeric(14,4) in the sink');
  expect(typeNote(of('real'), of('double precision'))).toContain('compared as real');
  expect(typeNote(of('numeric(8,2)[]'), of('numeric(8,2)[]'))).toBeUndefined();
  expect(typeNote(of('integer'), of('bigint'))).toBeUndefined();
});
