import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import { transactions } from './change-feed.ts';

const orders: Table = {
  schema: 'public',
  name: 'orders',
  key: ['id'],
  columns: [{ name: 'id', type: 'integer', nullable: false, generated: false }],
};

function feed(...lines: string[]) {
  const rows = ['BEGIN', ...lines, 'COMMIT'].map((data) => ({ lsn: '0/1', xid: '7', data }));
  return transactions(rows, new Map([['public.orders', orders]]), new Set(['public.beat']));
}

test('what is written to tables that nobody captures is counted, and is nobody s to wait for', () => {
  expect(feed('table public.audit: INSERT: id[integer]:1', 'table public.orders: INSERT: id[integer]:2')).toEqual([
    { txn: '7', others: 1, writes: [{ table: 'public.orders', key: '["2"]', kind: 'insert' }] },
  ]);
});

test('what the connector writes itself is nothing that the writers did', () => {
  expect(feed('table public.beat: UPDATE: id[integer]:1')).toEqual([{ txn: '7', others: 0, writes: [] }]);
});
