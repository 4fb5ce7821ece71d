import { expect, test } from 'vitest';
import { neverFilled } from './first-rows.ts';
import type { Surveyed } from './survey.ts';

/** A table with a column for each of its parents, which may be NULL where its name ends in `?`. */
function table(id: string, parents: readonly string[], rows = 0): Surveyed {
  const columns = parents.map((name, index) => ({ name: `c${index}`, nullable: name.endsWith('?') }));
  const foreign = parents.map((name, index) => ({ columns: [`c${index}`], parent: name.replace('?', '') }));
  return { shape: { id, columns, foreign }, rows: Array.from({ length: rows }, () => ({})) } as unknown as Surveyed;
}

const names = (tables: readonly Surveyed[]): Set<string> => new Set(tables.map(({ shape }) => shape.id));

test('a table is filled from parent to child, and where the key to its parent may be NULL', () => {
  const tables = [table('c', ['b']), table('b', ['a']), table('a', ['a?']), table('x', ['y'], 1), table('y', ['y'])];
  expect([...neverFilled(tables, names(tables)).keys()]).toEqual(['y']);
  expect(neverFilled(tables, names(tables)).get('y')).toContain('(c0) needs a row that is there before it');
});

test('a parent that nobody writes keeps its children empty, and theirs', () => {
  const tables = [table('customers', []), table('orders', ['customers']), table('items', ['orders'])];
  const never = neverFilled(tables, new Set(['orders', 'items']));
  expect([...never.keys()]).toEqual(['orders', 'items']);
  expect(never.get('items')).toContain('a row of orders, which stays empty');
  const begun = [table('customers', [], 1), ...tables.slice(1)];
  expect(neverFilled(begun, new Set(['orders', 'items'])).size).toBe(0);
});
