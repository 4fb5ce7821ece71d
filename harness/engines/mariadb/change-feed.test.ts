import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import { assembler, committed } from './change-feed.ts';

const tableMap = {
  7: { parentSchema: 'shop', tableName: 'orders' },
  8: { parentSchema: 'other', tableName: 'orders' },
};
const event = (name: string, more: object = {}) =>
  ({ getEventName: () => name, gtid: '0-1-5', tableMap, ...more }) as unknown as Parameters<
    ReturnType<typeof assembler>
  >[0];

function transactions(...events: ReturnType<typeof event>[]) {
  const told: unknown[] = [];
  const see = assembler(
    ({ database, name }) => (database === 'shop' ? `db.${name}` : undefined),
    (transaction) => told.push(transaction),
  );
  for (const one of events) see(one);
  return told;
}

const GTID = event('mariadbgtid');
const insert = event('writerows', { tableId: 7, rows: [{ id: 1 }] });
const INSERTED = { txn: '0-1-5', changes: [{ table: 'db.orders', after: { id: 1 } }] };

test('a transaction is told when it is committed, with its rows before and after', () => {
  const update = event('updaterows', { tableId: 7, rows: [{ before: { id: 1 }, after: { id: 2 } }] });
  const gone = event('deleterows', { tableId: 7, rows: [{ id: 2 }] });
  expect(transactions(GTID, insert, update, gone)).toEqual([]);
  expect(transactions(GTID, insert, update, gone, event('xid'))).toEqual([
    {
      txn: '0-1-5',
      changes: [
        { table: 'db.orders', after: { id: 1 } },
        { table: 'db.orders', before: { id: 1 }, after: { id: 2 } },
        { table: 'db.orders', before: { id: 2 } },
      ],
    },
  ]);
});

test.each(['mariadbgtid', 'gtid'])('what was begun and never committed is dropped at the next %s', (name) => {
  expect(transactions(GTID, insert, event(name), insert, event('xid'))).toEqual([INSERTED]);
});

test('tables without transactions end with a statement', () => {
  expect(transactions(GTID, insert, event('query', { query: 'COMMIT' }))).toEqual([INSERTED]);
  expect(transactions(GTID, insert, event('query', { query: 'SAVEPOINT `COMMIT`' }))).toEqual([]);
  expect(transactions(GTID, insert, event('query'))).toEqual([]);
});

test('other databases, and transactions without rows, are not told', () => {
  expect(transactions(GTID, event('writerows', { tableId: 8, rows: [{ id: 1 }] }), event('xid'))).toEqual([]);
  expect(transactions(GTID, event('writerows', { tableId: 9, rows: [{ id: 1 }] }), event('xid'))).toEqual([]);
});

const orders: Table = {
  schema: 'db',
  name: 'orders',
  key: ['id', 'raw'],
  columns: ['bigint', 'varbinary(4)'].map((type, index) => ({
    ...{ name: index === 0 ? 'id' : 'raw', type, nullable: false, generated: false },
  })),
};

function writes(table: string, change: { before?: object; after?: object }) {
  const known = new Map([['db.orders', orders]]);
  return committed({ txn: 't', changes: [{ table, ...change } as never] }, known, new Set(['db.beat']));
}

test('keys are canonical; one that changed is deleted and inserted', () => {
  const row = (id: unknown) => ({ id, raw: Buffer.from([1]), note: 'x' });
  const key = (id: string) => `["${id}","\\\\x01"]`;
  expect(writes('db.orders', { before: row(1), after: row('1') }).writes).toEqual([
    { table: 'db.orders', key: key('1'), kind: 'update' },
  ]);
  expect(writes('db.orders', { before: row(1), after: row(2) }).writes).toEqual([
    { table: 'db.orders', key: key('1'), kind: 'delete' },
    { table: 'db.orders', key: key('2'), kind: 'insert' },
  ]);
  expect(writes('db.orders', { before: row(3) }).writes).toEqual([
    { table: 'db.orders', key: key('3'), kind: 'delete' },
  ]);
  expect(writes('db.orders', { after: { id: 4 } }).writes).toEqual([
    { table: 'db.orders', key: '["4",null]', kind: 'insert' },
  ]);
});

test('the key of a row that was logged in part is the one that it had', () => {
  const before = { id: 1, raw: Buffer.from([1]), note: null };
  expect(writes('db.orders', { before, after: { id: null, raw: null, note: 'x' } }).writes).toEqual([
    { table: 'db.orders', key: '["1","\\\\x01"]', kind: 'update' },
  ]);
  expect(writes('db.orders', { before, after: { id: 2, raw: null, note: null } }).writes.map(({ key }) => key)).toEqual(
    ['["1","\\\\x01"]', '["2","\\\\x01"]'],
  );
});

test('tables that nobody captures are counted, those of the connector not even that', () => {
  expect(writes('db.audit', { after: { id: 1 } })).toEqual({ txn: 't', writes: [], others: 1 });
  expect(writes('db.beat', { after: { id: 1 } })).toEqual({ txn: 't', writes: [], others: 0 });
});
