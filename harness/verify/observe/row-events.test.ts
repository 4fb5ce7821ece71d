import { expect, test } from 'vitest';
import { postgres } from '#engines/postgres/engine.ts';
import type { Database } from '#model/pipeline.ts';
import type { KeylessEvent } from './keyless-log.ts';
import { plansFor } from './plan.ts';
import { rowFinder } from './row-events.ts';

const column = (name: string, type: string) => ({ name, type, nullable: true, generated: false });
const SOURCE = {
  ...{ schema: 'public', name: 'log', key: [] },
  columns: [column('n', 'integer'), column('at', 'date'), column('v', 'numeric(5,2)')],
};
const SINK = { ...SOURCE, columns: [column('n', 'integer'), column('at', 'date'), column('v', 'text')] };

const events: readonly KeylessEvent[] = [
  { op: 'read', after: { n: '1', at: '2024-01-01', v: '1.00' } },
  { op: 'update', before: { n: '1', at: '2024-01-01', v: '1.00' }, after: { n: '1', at: '2024-01-02', v: '2.00' } },
  { op: 'create', after: { n: '7' } },
].map(({ op, ...rows }, place) => ({ ref: { topic: 't', partition: 0, offset: BigInt(place), op }, ...rows }));

const plan = plansFor(SOURCE, SINK)?.sink;
if (plan === undefined) throw new Error('no plan');
const engine = {
  ...postgres,
  compare: {
    ...postgres.compare,
    canonicalRows: async (_database: unknown, _table: unknown, rows: readonly object[]) => [...rows] as never,
  },
};
const find = await rowFinder({ engine, source: {} as Database, catalog: SOURCE, plan }, events);
const found = (...values: readonly string[]) => {
  const { written, removed } = find(JSON.stringify(values));
  return [written, removed].map((all) => all.map(({ ref }) => Number(ref.offset)));
};

test('the events of a row are found by all of its values', () => {
  expect(found('1', '2024-01-01', '1.00')).toEqual([[0], [1]]);
  expect(found('1', '2024-01-02', '2.00')).toEqual([[1], []]);
});

test('columns that are compared in another spelling, and then those that a capture may alter, are left out', () => {
  expect(found('1', '2024-01-02', '2')).toEqual([[1], []]);
  expect(found('1', '2030-12-31', '9')).toEqual([[0, 1], [1]]);
  expect(found('2', '2024-01-01', '1.00')).toEqual([[], []]);
});

test('an event from before a column was added is found by the columns that it has', () => {
  expect(found('7', '2024-01-01', '0.00')).toEqual([[2], []]);
});
