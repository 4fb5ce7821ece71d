import { expect, test } from 'vitest';
import { differences, equal, isEarlierVersion } from './rows.ts';

test('rows differ in the columns that both have, and not in the sink’s own', () => {
  const source = { id: '1', a: 'x', b: null, _cdc_lsn: '7' };
  expect(differences(source, { id: '1', a: 'y', b: '', _cdc_lsn: '8' })).toEqual([
    { column: 'a', source: 'x', sink: 'y' },
    { column: 'b', source: null, sink: '' },
  ]);
  expect(equal(source, { id: '1' })).toBe(true);
  expect(equal(source, { id: '2' })).toBe(false);
});

test('a row is an earlier version where it has all that the version knows and the source has not', () => {
  const source = { id: '1', a: 'new', b: 'x' };
  const version = { id: '1', a: 'old' };
  expect(isEarlierVersion(version, source, { ...source, a: 'old' })).toBe(true);
  expect(isEarlierVersion(version, source, source)).toBe(false);
  expect(isEarlierVersion({ ...version, a: 'new' }, source, source)).toBe(false);
  // A version that knows a column more than the sink says enough.
  expect(isEarlierVersion({ ...version, gone: 'x' }, source, { id: '1', a: 'old' })).toBe(true);
  // One that has no column in common with the sink proves nothing.
  expect(isEarlierVersion({ a: 'old' }, source, { other: 'x' })).toBe(false);
});
