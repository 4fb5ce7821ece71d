import { expect, test } from 'vitest';
import type { RowWrite, Segment, SinkTransaction } from '#engines/port/sink.ts';
import { startTdsServer, type TdsServer } from '#testing/tds-server.ts';
import { openSqlServerSink } from './apply.ts';

const COLUMNS = [
  ...['column', 'type', 'typeSchema', 'alias', 'base', 'bytes', 'precision', 'scale', 'nullable', 'generated'],
  ...['collation', 'numbered', 'fallback'],
].map((name) => ({ name, type: 'nvarchar(128)' }));
const ORDERS = {
  columns: COLUMNS,
  rows: [
    ['id', 'int', 'sys', '0', 'int', '4', '10', '0', '0', '0', null, '0', '0'],
    ['name', 'varchar', 'sys', '0', 'varchar', '80', '0', '0', '1', '0', 'SQL_Latin1_General_CP1_CI_AS', '0', '0'],
    ['seen', 'timestamp', 'sys', '0', 'timestamp', '8', '0', '0', '0', '1', null, '0', '0'],
  ],
};
const KEY = { columns: [{ name: 'name', type: 'nvarchar(128)' }], rows: [['id']] };

/** A server that knows one table; `refuse` says what a batch fails with, at its `n`-th time. */
async function serving(refuse: (sql: string) => number | undefined = () => undefined, lost?: string) {
  const server = await startTdsServer({
    answer({ sql }) {
      const number = refuse(sql);
      if (number !== undefined) return { errors: [{ number, message: 'refused', class: 13 }] };
      if (sql.includes('FROM sys.columns')) return ORDERS;
      if (sql.includes('FROM sys.indexes')) return KEY;
      if (sql.includes('AS lost')) return { columns: COLUMNS.slice(0, 1), rows: lost === undefined ? [] : [[lost]] };
      return {};
    },
  });
  const url = `sqlserver://sa:pw@127.0.0.1:${server.port}/sink?trustServerCertificate=true`;
  const sink = openSqlServerSink({ url, consumer: 'c' });
  return {
    server,
    sink,
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const row = (values: RowWrite['values']): RowWrite => ({
  ...{ key: ['id'], values, op: 'c', lsn: 1n, capturedAtMs: 0, receivedAtMs: 0 },
});
const segment = (more: Partial<Segment>): Segment => ({
  ...{ deletes: [], updates: [], upserts: [], inserts: [], tombstones: new Map() },
  ...more,
});
const sent = ({ calls }: TdsServer, from: string): string[] =>
  calls.slice(calls.findIndex(({ sql }) => sql.includes(from))).map(({ sql }) => sql.split(/[\n(;]/)[0]?.trim() ?? '');

async function upserting(own: Awaited<ReturnType<typeof serving>>, name: string): Promise<void> {
  const table = await own.sink.table('dbo.orders', false);
  if (table === undefined) throw new Error('no table');
  await own.sink.transaction(async (transaction: SinkTransaction) => {
    await transaction.write(table, segment({ upserts: [row({ id: '1', name, seen: '\\x00' })] }));
  });
}

test('a table is read with its types, its key and what the server writes itself', async () => {
  await using own = await serving();
  const table = await own.sink.table('dbo.orders', false);
  expect(table?.key).toEqual(['id']);
  expect([...(table?.columns.values() ?? [])]).toMatchObject([
    { name: 'id', type: 'int', generated: false, demanded: true },
    { name: 'name', type: 'varchar(80)', collation: 'SQL_Latin1_General_CP1_CI_AS' },
    { name: 'seen', type: 'rowversion', generated: true },
  ]);
});

test('rows are loaded at once and written by two statements, in one transaction on one connection', async () => {
  await using own = await serving();
  await upserting(own, 'plain');
  expect(sent(own.server, 'XACT_ABORT')).toEqual([
    'SET XACT_ABORT ON',
    'CREATE TABLE #driftlab_load',
    'insert bulk [#driftlab_load]',
    'UPDATE t SET t.[name] = CONVERT',
    'COMMIT TRANSACTION',
  ]);
  expect(own.server.loads).toEqual([[{ p0: '1', p1: 'plain' }]]);
  const connections = own.server.calls.filter(({ sql }) => !sql.includes('sys.')).map(({ connection }) => connection);
  expect(new Set(connections).size).toBe(1);
});

test('the victim of a deadlock runs its transaction again as a whole', async () => {
  let victims = 2;
  await using own = await serving((sql) => (sql.startsWith('UPDATE t') && victims-- > 0 ? 1205 : undefined));
  await upserting(own, 'plain');
  const begun = own.server.calls.filter(({ sql }) => sql.startsWith('SET XACT_ABORT'));
  const ended = own.server.calls.filter(({ sql }) => sql.startsWith('COMMIT'));
  expect([begun.length, ended.length, own.server.loads.length]).toEqual([3, 1, 3]);
});

test('one that is always the victim fails as what passes, and commits nothing', async () => {
  await using own = await serving((sql) => (sql.startsWith('UPDATE t') ? 1205 : undefined));
  const error = await upserting(own, 'plain').catch((thrown: unknown) => thrown);
  expect(own.sink.failureOf(error)).toBe('unavailable');
  expect(own.server.calls.some(({ sql }) => sql.startsWith('COMMIT'))).toBe(false);
});

test('what the data causes is not tried again', async () => {
  await using own = await serving((sql) => (sql.startsWith('UPDATE t') ? 2628 : undefined));
  const error = await upserting(own, 'plain').catch((thrown: unknown) => thrown);
  expect(own.sink.failureOf(error)).toBe('data');
  expect(own.server.loads).toHaveLength(1);
});

test('characters that a code page lacks are refused, not replaced', async () => {
  await using own = await serving(undefined, 'name');
  const error = await upserting(own, 'ő').catch((thrown: unknown) => thrown);
  expect(String(error)).toContain('name has no room for some of the characters');
  expect(own.sink.failureOf(error)).toBe('data');
});

test('another applier that makes the same tables at the same moment is no trouble', async () => {
  await using own = await serving((sql) => (sql.includes('_cdc.dedup') ? 2714 : undefined));
  await own.sink.prepare();
  await using other = await serving((sql) => (sql.includes('_cdc.dedup') ? 262 : undefined));
  await expect(other.sink.prepare()).rejects.toMatchObject({ number: 262 });
});
