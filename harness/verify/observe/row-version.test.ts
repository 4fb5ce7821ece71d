import { expect, test } from 'vitest';
import type { Column } from '#model/catalog.ts';
import { plansFor } from './plan.ts';
import { keyOfVersion, placeOfVersion } from './row-version.ts';

const column = (name: string, more: Partial<Column> = {}): Column => ({
  ...{ name, type: 'text', nullable: true, generated: false },
  ...more,
});
const TABLE = {
  schema: 'public',
  name: 't',
  columns: ['id', 'part', 'value'].map((name) => column(name)),
  key: ['part', 'id'],
};

function planOf(columns: readonly Column[]) {
  const plans = plansFor({ ...TABLE, columns, key: [] }, TABLE);
  if (plans === undefined) throw new Error('no plan');
  return plans.sink;
}

test('a version is looked up in the log by the key of its row, in the order of the primary key', () => {
  expect(keyOfVersion(TABLE, planOf(TABLE.columns), '["7","eu","x"]')).toBe('["eu","7"]');
});

test('none where the comparison leaves out a part of the key, or computes it, or there is no key', () => {
  expect(keyOfVersion(TABLE, planOf([column('id'), column('value')]), '["7","x"]')).toBeUndefined();
  const computed = planOf([column('id', { expression: "'T' || id" }), column('part'), column('value')]);
  expect(keyOfVersion(TABLE, computed, '["T7","eu","x"]')).toBeUndefined();
  expect(keyOfVersion({ ...TABLE, key: [] }, planOf(TABLE.columns), '["7","eu","x"]')).toBeUndefined();
});

test('of events with the same row it is the last; what the comparison computes does not count', () => {
  const plan = planOf([column('id'), column('part'), column('value', { expression: 'upper(value)' })]);
  const version = { id: '7', part: 'eu', value: 'X' };
  const rows = [{ ...version, value: 'x' }, { ...version, part: 'us' }, { ...version, value: 'x' }, undefined];
  expect(placeOfVersion(plan, version, rows)).toBe(2);
  expect(placeOfVersion(plan, { ...version, id: '8' }, rows)).toBe(-1);
});
