import { expect, test } from 'vitest';
import { type Table, tableId } from '#model/catalog.ts';
import type { VariantSpec } from '#model/pipeline.ts';
import { betweenOf, plansFor, SAME_NAMES, sharedTables, whyIncomparable } from './plan.ts';

const table = (id: string, columns: readonly string[] = ['id']): Table => {
  const [schema = '', name = ''] = id.split('.');
  return {
    ...{ schema, name, key: ['id'] },
    columns: columns.map((column) => ({ name: column, type: 'text', nullable: true, generated: false })),
  };
};
const byName = (...tables: readonly Table[]) => new Map(tables.map((one) => [tableId(one), one]));

test('tables that one table of the sink would be compared with are named, each with the others', () => {
  const sink = byName(table('public.users'), table('public.orders'));
  const spec: VariantSpec = {
    ...{ kind: 'command', title: 'x' },
    pair: (source, sinks) => {
      const found = sinks.get(`public.${source.name}`);
      return { source, ...(found === undefined ? {} : { sink: found }) };
    },
  };
  const tables = ['a.users', 'b.users', 'a.orders', 'a.none', 'b.none'].map((id) => table(id));
  const shared = sharedTables(spec, tables, sink, SAME_NAMES);
  expect([...shared.keys()]).toEqual(['a.users', 'b.users']);
  expect(shared.get('b.users')).toContain(
    'a.users and b.users would be compared with the same sink table, public.users',
  );
  const { pair: _, ...plain } = spec;
  expect(sharedTables(plain, [...sink.values()], sink, SAME_NAMES).size).toBe(0);
});

test('a table is not comparable where its key or all its columns are left out', () => {
  for (const [columns, why] of [
    [['name'], 'its rows are identified by id, which the comparison leaves out'],
    [[], 'its rows are identified by id'],
  ] as const) {
    const ours = table('public.a', columns);
    expect(plansFor(ours, ours)).toBeUndefined();
    expect(whyIncomparable(ours)).toContain(why);
  }
  const bare = { ...table('public.a', []), key: [] };
  expect(plansFor(bare, bare)).toBeUndefined();
  expect(whyIncomparable(bare)).toBe('it has no columns to compare');
});

test('sinks share a reading of the source only where it is read alike: not its rows by key and its versions', () => {
  const rows = table('public.a', ['id', 'name']);
  const signature = (source: Table) => plansFor(source, rows)?.signature;
  expect(signature({ ...rows })).toBe(signature(rows));
  expect(signature({ ...rows, key: [], from: 'driftlab.versions' })).not.toBe(signature(rows));
  expect(signature({ ...rows, from: 'elsewhere' })).not.toBe(signature(rows));
});

test('columns that the engines cannot compare are left out on both sides', () => {
  const rows = table('public.a', ['id', 'place', 'name']);
  const across = { ...betweenOf({ engine: 'postgres' }, { sink: { engine: 'postgres' } }) };
  const blind = { ...across, compares: ({ source }: { source: { name: string } }) => source.name !== 'place' };
  const plans = plansFor(rows, rows, { across: blind });
  for (const side of ['source', 'sink'] as const)
    expect(plans?.[side].columns.map(({ source }) => source.name)).toEqual(['id', 'name']);
  expect(plansFor(rows, rows, { across })?.source.columns).toHaveLength(3);
});
