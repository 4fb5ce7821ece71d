import { expect, test } from 'vitest';
import { type Table, tableId } from '#model/catalog.ts';
import type { PairTables } from '#model/pipeline.ts';
import { uncomparedTopics } from './topics.ts';

const table = (name: string): Table => ({ schema: 'public', name, key: ['id'], columns: [] }) as unknown as Table;
const tables = ['orders', 'sessions', 'visits'].map(table);
const but =
  (...left: string[]): PairTables =>
  (source) =>
    left.includes(source.name) ? undefined : { source };
const routes = tables.map((one) => ({ topic: `p.${tableId(one)}`, table: tableId(one) }));

test('a consumer need not read the topic of a table that is not compared', () => {
  expect(uncomparedTopics({ pair: but('sessions') }, routes, tables)).toEqual(['p.public.sessions']);
  expect(uncomparedTopics({ pair: but() }, routes, tables)).toEqual([]);
  expect(uncomparedTopics({}, routes, tables)).toEqual([]);
});

test('a topic that several tables share is left alone only where none of them is compared', () => {
  const shared = routes.map(({ table }) => ({ topic: table === 'public.orders' ? 'orders' : 'web', table }));
  expect(uncomparedTopics({ pair: but('sessions') }, shared, tables)).toEqual([]);
  expect(uncomparedTopics({ pair: but('sessions', 'visits') }, shared, tables)).toEqual(['web']);
});
