import { expect, test } from 'vitest';
import { type CatalogIndex, tableOf } from './catalog.ts';

const column = (number: number, name: string, nullable: boolean) => ({
  ...{ number, name, nullable, type: 'integer', domain: null, generated: false, identity: '' as const },
  hasDefault: false,
});
// A column that was dropped leaves its number to nobody.
const columns = [column(1, 'a', false), column(3, 'b', true), column(4, 'c', false)];
const unique: CatalogIndex = {
  ...{ primary: false, unique: true, valid: true, whole: true, immediate: true, numbers: [4, 1] },
};
const keysOf = (...indexes: readonly CatalogIndex[]) => {
  const { key, unique: found } = tableOf({ schema: 's', name: 't', columns, indexes });
  return { key, unique: found };
};

test('a primary key is named in its own order, and leaves no other key', () => {
  expect(keysOf(unique, { ...unique, primary: true, numbers: [3, 1] })).toEqual({
    key: ['b', 'a'],
    unique: undefined,
  });
});

test('without one, the first unique index names rows where it has all of them and no NULL', () => {
  expect(keysOf(unique)).toEqual({ key: [], unique: { columns: ['c', 'a'], namesRows: true } });
  for (const lax of [{ whole: false }, { immediate: false }, { numbers: [1, 3] }])
    expect(keysOf({ ...unique, ...lax }, unique).unique?.namesRows).toBe(false);
});

test('an index of an expression, one that is not unique, and one that was not built to its end are no keys', () => {
  for (const none of [{ numbers: [1, 0] }, { unique: false }, { valid: false }]) {
    expect(keysOf({ ...unique, ...none })).toEqual({ key: [], unique: undefined });
    expect(keysOf({ ...unique, ...none }, { ...unique, numbers: [1] }).unique?.columns).toEqual(['a']);
  }
});
