import { describe, expect, test } from 'vitest';
import { postgres } from '#engines/postgres/engine.ts';
import { requireCarriedNames } from './carried-names.ts';
import type { PlannedTable } from './plan.ts';

function planned(name: string, column = 'id', schema = 'public'): PlannedTable {
  const id = `${schema}.${name}`;
  const columns = [{ name: column, type: 'integer', nullable: false, generated: false }];
  const source = { schema, name, columns, key: [column] };
  return { id, source, targetId: id, target: source, left: [] };
}

function refused(toDatabase: boolean, ...tables: readonly PlannedTable[]): string | undefined {
  try {
    requireCarriedNames(tables, { prefix: 'p', database: 'shop', source: postgres.source, toDatabase });
    return undefined;
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

describe('names with which connectors fail, or leave a table out', () => {
  test.each([
    [planned('say"so'), true, false],
    [planned('`tick`'), true, false],
    [planned('back\\slash'), true, false],
    [planned('a', 'id', 'say"so'), true, false],
    [planned('a', 'say"so'), true, false],
    [planned('a', '`tick'), true, false],
    [planned('a', ' id'), true, false],
    [planned(' a'), true, true],
    [planned('a', 'id', 'public '), true, true],
    [planned('a', 'back\\slash'), false, false],
    [planned("Ü b,c.d?{}$1'", 'x y'), false, false],
  ])('%o', (table, toDatabase, toObjects) => {
    expect([refused(true, table), refused(false, table)]).toEqual(
      [toDatabase, toObjects].map((is) => (is ? 'unfit-name' : undefined)),
    );
  });

  test('topics that differ in dots and underscores alone', () => {
    expect(refused(false, planned('a b'), planned('a_b'))).toBe('one-topic');
    expect(refused(true, planned('x.y'), planned('x_y'))).toBe('one-topic');
    expect(refused(true, planned('x-y'), planned('x_y'))).toBe(undefined);
  });
});
