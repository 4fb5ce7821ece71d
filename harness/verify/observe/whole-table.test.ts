import { expect, test } from 'vitest';
import type { ReadPlan, ReadView } from '#engines/port/compare.ts';
import type { Table } from '#model/catalog.ts';
import { plansFor } from './plan.ts';
import { type Comparison, hashAll } from './whole-table.ts';

function ordersWith(name: string, ...bookkeeping: string[]): Table {
  const columns = ['id', ...bookkeeping].map((column) => ({
    name: column,
    type: 'bigint',
    nullable: false,
    generated: false,
  }));
  return { schema: 'public', name, key: ['id'], columns };
}

/** A view that notes with which plan it is asked; every piece of it differs from any other view's. */
function view(name: string, asked: string[]): ReadView {
  const note = (what: string, { table, bookkeeping }: Pick<ReadPlan, 'table' | 'bookkeeping'>): void => {
    asked.push([name, what, table.name, ...bookkeeping].join(' '));
  };
  return {
    fingerprint: async () => 'same',
    count: async (table: Table) => {
      note('count', { table, bookkeeping: [] });
      return 1;
    },
    everyNthKey: async () => ({ keys: [], ended: true }),
    digests: async (plan: ReadPlan) => {
      note('digests', plan);
      return [name];
    },
    range: async (plan: ReadPlan) => {
      note('range', plan);
      return [];
    },
  } as Partial<ReadView> as ReadView;
}

test('each sink is read by its own plan, whatever another one keeps beside its rows or calls its table', async () => {
  const source = ordersWith('orders');
  const asked: string[] = [];
  const facts: string[] = [];
  const comparison = (name: string, sink: Table): Comparison => {
    const plan = plansFor(source, sink)?.sink;
    const side = { view: view(name, asked), take: ({ type }: { type: string }) => facts.push(`${name} ${type}`) };
    return { side: { ...side, differing: 0, broken: false }, states: { plan, table: 'public.orders' } } as never;
  };
  const first = ordersWith('orders', '_cdc_lsn', '_cdc_guard');
  const plans = plansFor(source, first);
  if (plans === undefined) throw new Error('no plans');
  const comparisons = [comparison('guarded', first), comparison('plain', ordersWith('copies'))];
  await hashAll({}, view('source', []), plans, comparisons);
  expect(facts).toEqual(['guarded rows', 'plain rows']);
  expect(asked.filter((one) => one.startsWith('guarded'))).toEqual([
    'guarded digests orders _cdc_lsn _cdc_guard',
    'guarded range orders _cdc_lsn _cdc_guard',
    'guarded count orders',
  ]);
  expect(asked.filter((one) => one.startsWith('plain'))).toEqual([
    'plain digests copies',
    'plain range copies',
    'plain count copies',
  ]);
});
