import { expect, test } from 'vitest';
import type { ReadPlan } from '#engines/port/compare.ts';
import type { Column, Table } from '#model/catalog.ts';
import { startTdsServer, type TdsServerOptions } from '#testing/tds-server.ts';
import { openDatabase } from './client.ts';
import { compare } from './compare.ts';
import { selectionSql } from './read.ts';

const column = (name: string, type: string): Column => ({ name, type, nullable: true, generated: false });
const COLUMNS = [
  column('id', 'bigint'),
  column('amount', 'decimal(38,10)'),
  column('at', 'datetime2(7)'),
  column('seen', 'datetimeoffset(7)'),
  column('code', 'char(4)'),
  column('key', 'uniqueidentifier'),
  column('ratio', 'float'),
  column('yes', 'bit'),
];
const TABLE: Table = { schema: 'dbo', name: 'orders', key: ['id'], columns: COLUMNS };
const pair = (one: Column) => ({ source: one, sink: one });
const PLAN: ReadPlan = {
  ...{ side: 'source', table: TABLE, key: COLUMNS.slice(0, 1).map(pair), columns: COLUMNS.map(pair) },
  bookkeeping: [],
};

const CAPTURED = ['captured', 'tags', 'version'].map((name) => ({ name, type: 'nvarchar(9)' }));
const state = (captured: string, tags: string | null) => ({ columns: CAPTURED, rows: [[captured, tags, '16']] });
const one = (name: string, value: string | null) => ({ columns: [{ name, type: 'nvarchar(40)' }], rows: [[value]] });

async function viewing(answer: NonNullable<TdsServerOptions['answer']>) {
  const server = await startTdsServer({ answer });
  const database = openDatabase(`sqlserver://sa@127.0.0.1:${server.port}/shop?trustServerCertificate=true`, { max: 2 });
  return {
    server,
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

test('a view is one transaction under snapshot isolation, on one connection, and ends without a trace', async () => {
  await using own = await viewing(({ sql }) => (sql.includes('AS captured') ? state('0', null) : {}));
  const view = await compare.openReadView(own.database);
  expect(view.position).toBe(0n);
  await view.count(TABLE);
  await view[Symbol.asyncDispose]();
  const { calls } = own.server;
  expect(calls[0]?.sql).toBe('SET TRANSACTION ISOLATION LEVEL SNAPSHOT;\nBEGIN TRANSACTION');
  expect(calls.at(-1)?.sql).toBe('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION');
  expect(new Set(calls.map(({ connection }) => connection)).size).toBe(1);
});

test("the position of somebody's own database is the end of its log, once a table has been looked at", async () => {
  await using own = await viewing(({ sql }) => {
    if (sql.includes('AS captured')) return state('1', null);
    return sql.includes('log_end_lsn') ? one('log_end_lsn', '00000027:00000ac0:0002') : {};
  });
  const view = await compare.openReadView(own.database);
  const asked = own.server.calls.map(({ sql }) => sql);
  expect(asked.slice(2)).toEqual([
    'SELECT TOP (1) start_lsn FROM cdc.lsn_time_mapping',
    'SELECT log_end_lsn FROM sys.dm_db_log_stats(DB_ID())',
  ]);
  expect(view.position >> 112n).toBe(0x2700000ac00002n);
  await view[Symbol.asyncDispose]();
});

test('values are read with all their digits, and in one canonical text whatever the type', async () => {
  const types = [
    'bigint',
    'bigint',
    'varchar(41)',
    'datetime2(7)',
    'datetimeoffset(7)',
    'nchar(4)',
    'uniqueidentifier',
  ];
  const columns = [...types, 'float', 'bit'].map((type, index) => ({ name: `c${index}`, type }));
  const row = ['7', '7', '-12345678901234567890.1234500000', '2024-02-29 23:59:59.1200000'].concat(
    ...['2024-02-29 23:00:00.0000000', 'ab  ', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '1e-7', '1'],
  );
  await using own = await viewing(({ sql }) => {
    if (sql.includes('AS captured')) return state('0', null);
    return sql.includes('AS c8') ? { columns, rows: [row] } : {};
  });
  const view = await compare.openReadView(own.database);
  const rows = await view.byKeys(PLAN, ['["7"]', '["8"]']);
  expect(rows).toEqual([
    {
      key: '["7"]',
      row: JSON.stringify([
        ...['7', '-12345678901234567890.1234500000', '2024-02-29 23:59:59.12', '2024-02-29 23:00:00+00', 'ab'],
        ...['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '1e-07', 'true'],
      ]),
    },
  ]);
  const streamed = [];
  for await (const batch of view.stream(PLAN)) streamed.push(...batch);
  expect(streamed).toEqual(rows);
  await view[Symbol.asyncDispose]();
});

test('the server writes the text of a number, which the driver would round', () => {
  expect(selectionSql(PLAN)).toContain('CONVERT(varchar(41), t.[amount]) AS c2, t.[at] AS c3');
});

test('a query of a person that fails ends nothing else, unless the server has ended the transaction', async () => {
  let open = '1';
  await using own = await viewing(({ sql }) => {
    if (sql.includes('AS captured')) return state('0', null);
    if (sql.includes('nowhere')) return { errors: [{ number: 208, message: "Invalid object name 'nowhere'." }] };
    return sql.includes('@@TRANCOUNT AS opened') ? one('opened', open) : {};
  });
  const view = await compare.openReadView(own.database);
  await expect(view.select('SELECT * FROM nowhere', 5)).rejects.toThrow('Invalid object name');
  expect(own.server.calls.some(({ sql }) => sql === 'SET ROWCOUNT 0')).toBe(true);
  expect(await view.count(TABLE)).toBe(0);
  open = '0';
  await expect(view.select('SELECT * FROM nowhere', 5)).rejects.toThrow();
  await expect(view.count(TABLE)).rejects.toThrow('the transaction that is read in has ended');
  await view[Symbol.asyncDispose]();
});

test('a database that allows no snapshot isolation is told how to', async () => {
  const errors = [{ number: 3952, message: 'Snapshot isolation transaction failed accessing database' }];
  await using own = await viewing(({ sql }) => (sql.includes('AS captured') ? { errors } : {}));
  await expect(compare.openReadView(own.database)).rejects.toMatchObject({
    code: 'no-snapshot-isolation',
    hint: 'ALTER DATABASE [shop] SET ALLOW_SNAPSHOT_ISOLATION ON',
  });
});
