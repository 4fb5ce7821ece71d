import { describe, expect, test } from 'vitest';
import type { RowWrite } from '#engines/port/sink.ts';
import {
  appliedStatement,
  bookkeepingSql,
  firstHighestStatement,
  guardQuestions,
  highestStatement,
  lockStatement,
  pruneDedupStatement,
  pruneTombstonesStatement,
  raiseHighestStatement,
  rememberStatements,
  tombstones,
} from './apply-bookkeeping.ts';
import {
  deletes,
  inserts,
  positionOf,
  positionText,
  type SqlServerColumn,
  type SqlServerTable,
  truncateSql,
  updates,
  upserts,
} from './apply-statements.ts';
import { createLoadedSql } from './load.ts';

const column = (name: string, type: string, more: Partial<SqlServerColumn> = {}): [string, SqlServerColumn] => [
  name,
  { name, type, castType: type, generated: false, identity: false, demanded: false, ...more },
];

const COLLATION = 'SQL_Latin1_General_CP1_CI_AS';
const table = (...columns: [string, SqlServerColumn][]): SqlServerTable => ({
  id: 'dbo.orders',
  columns: new Map(columns),
  key: ['id'],
});
const ORDERS = table(
  column('id', 'int'),
  column('note', 'nvarchar(40)', { collation: COLLATION }),
  column('sum', 'decimal(12,2)', { generated: true }),
  column('_cdc_op', 'char(1)', { collation: COLLATION }),
  column('_cdc_lsn', 'bigint'),
  column('_cdc_guard', 'bigint'),
);

const row = (values: RowWrite['values'], more: Partial<RowWrite> = {}): RowWrite => ({
  ...{ key: ['id'], values, op: 'c', lsn: 7n, capturedAtMs: 0, receivedAtMs: 1, guard: 7n },
  ...more,
});

describe('an upsert', () => {
  test('loads its rows once, changes those that are there and inserts the others, under locks that last', () => {
    const { load, statements, lost } = upserts(ORDERS, [
      row({ id: '1', note: 'a', sum: '3' }),
      row({ id: '2', note: null }),
    ]);
    expect(load).toEqual({
      table: '#driftlab_load',
      columns: [
        { name: 'p0', as: 'text' },
        { name: 'p1', as: 'text' },
        { name: 'p2', as: 'text' },
        { name: 'p3', as: 'text' },
        { name: 'p4', as: 'text' },
      ],
      rows: [
        ['1', 'a', 'c', '7', '7'],
        ['2', null, 'c', '7', '7'],
      ],
    });
    expect(lost).toBeUndefined();
    expect(statements).toEqual([
      `UPDATE t SET t.[note] = i.[p1], t.[_cdc_op] = CONVERT(varchar(max), i.[p2] COLLATE ${COLLATION}), t.[_cdc_lsn] = CONVERT(bigint, i.[p3]), t.[_cdc_guard] = CASE WHEN t.[_cdc_guard] IS NULL OR CONVERT(bigint, i.[p4]) > t.[_cdc_guard] THEN COALESCE(CONVERT(bigint, i.[p4]), t.[_cdc_guard]) ELSE t.[_cdc_guard] END
FROM [dbo].[orders] AS t WITH (UPDLOCK, HOLDLOCK)
INNER JOIN #driftlab_load AS i ON t.[id] = CONVERT(int, i.[p0])`,
      `INSERT INTO [dbo].[orders] ([id], [note], [_cdc_op], [_cdc_lsn], [_cdc_guard])
SELECT CONVERT(int, i.[p0]), i.[p1], CONVERT(varchar(max), i.[p2] COLLATE ${COLLATION}), CONVERT(bigint, i.[p3]), CONVERT(bigint, i.[p4]) FROM #driftlab_load AS i
WHERE NOT EXISTS (SELECT 1 FROM [dbo].[orders] AS t WITH (UPDLOCK, HOLDLOCK) WHERE t.[id] = CONVERT(int, i.[p0]))`,
    ]);
  });

  test('of rows that are nothing but keys changes none', () => {
    const { statements } = upserts(table(column('id', 'int')), [row({ id: '1' })]);
    expect(statements).toHaveLength(1);
    expect(statements[0]).toMatch(/^INSERT INTO \[dbo\]\.\[orders\] \(\[id\]\)/);
  });

  test('leaves a number that is not its key as the server has given it', () => {
    const { statements } = upserts(table(column('id', 'int'), column('n', 'bigint', { identity: true })), [
      row({ id: '1', n: '2' }),
    ]);
    expect(statements.map((sql) => sql.split('\n')[0])).toEqual([
      'SET IDENTITY_INSERT [dbo].[orders] ON',
      'INSERT INTO [dbo].[orders] ([id], [n])',
      'SET IDENTITY_INSERT [dbo].[orders] OFF',
    ]);
  });

  test('says so before it inserts what the server numbers itself', () => {
    const { statements } = upserts(table(column('id', 'bigint', { identity: true }), column('n', 'int')), [
      row({ id: '1', n: '2' }),
    ]);
    expect(statements.map((sql) => sql.split('\n')[0])).toEqual([
      'UPDATE t SET t.[n] = CONVERT(int, i.[p1])',
      'SET IDENTITY_INSERT [dbo].[orders] ON',
      'INSERT INTO [dbo].[orders] ([id], [n])',
      'SET IDENTITY_INSERT [dbo].[orders] OFF',
    ]);
  });

  test.each([
    ['nvarchar(10)', 'nvarchar(10)', 'i.[p0]'],
    // Of no length of the column's, to which a key of too many bytes would be cut.
    ['varchar(10)', 'varchar(8000)', `CONVERT(varchar(max), i.[p0] COLLATE ${COLLATION})`],
  ])(
    'finds texts of a column %s by its own type and collation, and writes them in its code page',
    (type, as, written) => {
      const named = { ...table(column('code', type, { collation: COLLATION })), key: ['code'] };
      const [insert] = upserts(named, [row({ code: 'x' }, { key: ['code'] })]).statements;
      expect(insert).toContain(`SELECT ${written} FROM`);
      expect(insert).toContain(`t.[code] = CONVERT(${as}, i.[p0] COLLATE ${COLLATION}) COLLATE ${COLLATION}`);
    },
  );

  test('asks for characters that a code page lacks, where there can be any', () => {
    const named = table(column('id', 'int'), column('name', 'varchar(10)', { collation: COLLATION }));
    expect(upserts(named, [row({ id: '1', name: 'plain' })]).lost).toBeUndefined();
    expect(upserts(named, [row({ id: '1', name: 'ő' })]).lost).toBe(
      `SELECT TOP (1) N'name' AS lost FROM #driftlab_load AS i WHERE CONVERT(nvarchar(max), CONVERT(varchar(max), i.[p1] COLLATE ${COLLATION})) COLLATE Latin1_General_100_BIN2 <> i.[p1]`,
    );
  });
});

test('a blind insert, an update of rows that are there, and a delete are one statement each', () => {
  const plain = table(column('id', 'int'), column('ratio', 'float'), column('raw', 'varbinary(9)'));
  expect(inserts(plain, [row({ id: '1', ratio: '0.1', raw: '\\xff' })])).toEqual({
    load: {
      table: '#driftlab_load',
      columns: [
        { name: 'p0', as: 'text' },
        { name: 'p1', as: 'float' },
        { name: 'p2', as: 'bytes' },
      ],
      rows: [['1', 0.1, Buffer.from([255])]],
    },
    statements: [
      'INSERT INTO [dbo].[orders] ([id], [ratio], [raw])\nSELECT CONVERT(int, i.[p0]), CONVERT(float, i.[p1]), i.[p2] FROM #driftlab_load AS i',
    ],
  });
  expect(updates(plain, [row({ id: '1', ratio: '0.1' })]).statements).toEqual([
    'UPDATE t SET t.[ratio] = CONVERT(float, i.[p1])\nFROM [dbo].[orders] AS t \nINNER JOIN #driftlab_load AS i ON t.[id] = CONVERT(int, i.[p0])',
  ]);
  expect(updates(plain, [row({ id: '1' })]).statements).toEqual([]);
  expect(deletes(plain, [{ columns: ['id'], values: ['1'] }])).toMatchObject({
    load: { rows: [['1']] },
    statements: ['DELETE t FROM [dbo].[orders] AS t INNER JOIN #driftlab_load AS i ON t.[id] = CONVERT(int, i.[p0])'],
  });
});

test('a truncate leaves the rows whose guard lies above it', () => {
  expect(truncateSql(ORDERS, undefined)).toBe('DELETE FROM [dbo].[orders]');
  expect(truncateSql(ORDERS, 9n)).toBe('DELETE FROM [dbo].[orders] WHERE [_cdc_guard] IS NULL OR [_cdc_guard] <= 9');
});

test('a position beyond 63 bits is a text of as many digits as any, which sorts as the numbers do', () => {
  expect(positionText(7n, 'bigint')).toBe('7');
  expect(positionText(7n, 'char(58)')).toBe(`${'0'.repeat(57)}7`);
  expect(positionText(2n ** 192n - 1n, 'char(58)')).toHaveLength(58);
  expect([positionOf('0007'), positionOf(' '.repeat(58)), positionOf(null)]).toEqual([7n, -1n, -1n]);
  const wide = table(column('_cdc_guard', 'char(58)'));
  expect(truncateSql(wide, 9n)).toContain(`<= '${'0'.repeat(57)}9'`);
});

test('loaded rows have a table of the session', () => {
  expect(createLoadedSql(inserts(ORDERS, [row({ id: '1' })]).load.columns)).toMatch(
    /^CREATE TABLE #driftlab_load \(\[p0\] nvarchar\(max\) COLLATE DATABASE_DEFAULT NULL, /,
  );
});

describe('bookkeeping', () => {
  const RANGE = { topic: 'shop.orders', partition: 0, from: 5n, next: 8n };

  test('is made where it is not there', () => {
    const made = bookkeepingSql('bigint');
    expect(made).toHaveLength(6);
    for (const sql of made.slice(1))
      expect(sql).toMatch(/^IF OBJECT_ID\(N'_cdc\.\w+', N'U'\) IS NULL CREATE TABLE _cdc\./);
  });

  test('locks a consumer until the transaction ends', () => {
    expect(lockStatement("it's")).toBe(
      "INSERT INTO _cdc.consumers (consumer) SELECT N'it''s'\nWHERE NOT EXISTS (SELECT 1 FROM _cdc.consumers WITH (UPDLOCK, HOLDLOCK) WHERE consumer = N'it''s')",
    );
  });

  test('moves positions forward only, and notes what was applied', () => {
    const statements = rememberStatements('c', [RANGE, { ...RANGE, partition: 1, from: 3n, next: 3n }]);
    expect(statements).toHaveLength(4);
    expect(statements[0]).toContain(
      "(VALUES (N'shop.orders', 0, 8), (N'shop.orders', 1, 3)) AS v (topic, partition_id, position) ON o.consumer = N'c'",
    );
    expect(statements[0]).toContain('o.topic = v.topic COLLATE Latin1_General_100_BIN2 AND');
    expect(statements[0]).toContain('o.position < v.position');
    expect(statements[2]).toContain("(VALUES (N'shop.orders', 0, 5, 7))");
    expect(rememberStatements('c', [])).toEqual([]);
    expect(appliedStatement('c', [RANGE])).toContain('first_offset < 8 AND through >= 5');
    expect(pruneDedupStatement('c', 100n)).toContain('d.through < p.position - 100');
    expect(pruneTombstonesStatement(1500)).toContain('DATEADD(second, -2, SYSUTCDATETIME())');
  });

  test('keeps the highest LSN of a deleted key', () => {
    const { load, statements } = tombstones(ORDERS, new Map([['["1"]', 9n]]), 'bigint');
    expect(load.rows).toEqual([[expect.any(Buffer), '["1"]', '9']]);
    expect(statements[0]).toContain(
      'CASE WHEN CONVERT(bigint, i.[p2]) > b.lsn THEN CONVERT(bigint, i.[p2]) ELSE b.lsn END',
    );
    expect(statements[1]).toContain("SELECT N'dbo.orders', CONVERT(binary(32), i.[p0]), i.[p1]");
    const wide = tombstones(ORDERS, new Map([['x', 9n]]), 'char(58) COLLATE Latin1_General_100_BIN2');
    const collated = 'CONVERT(char(58), i.[p2]) COLLATE Latin1_General_100_BIN2';
    expect(wide.statements[0]).toContain(`CASE WHEN ${collated} > b.lsn THEN ${collated} ELSE b.lsn END`);
  });

  test('asks for the guards of rows and of tombstones in one statement', () => {
    const question = { id: '["1"]', columns: ['id'], values: ['1'], lsn: 4n };
    const { load, statements } = guardQuestions(ORDERS, [question], 'bigint');
    expect(load.rows).toEqual([[0, '4', expect.any(Buffer), '1']]);
    expect(statements).toHaveLength(1);
    expect(statements[0]).toContain('t.[id] = CONVERT(int, i.[p3]) WHERE t.[_cdc_guard] >= CONVERT(bigint, i.[p1])');
    expect(statements[0]).toContain('b.hash = CONVERT(binary(32), i.[p2]) WHERE b.lsn >= CONVERT(bigint, i.[p1])');
  });

  test('compares wide positions as the columns that keep them are compared', () => {
    const wide = table(column('id', 'int'), column('_cdc_guard', 'char(58)', { collation: 'Latin1_General_BIN2' }));
    const question = { id: '["1"]', columns: ['id'], values: ['1'], lsn: 4n };
    const { statements } = guardQuestions(wide, [question], 'char(58) COLLATE Latin1_General_100_BIN2');
    const position = 'CONVERT(char(58), i.[p1]) COLLATE';
    expect(statements[0]).toContain(`t.[_cdc_guard] >= ${position} Latin1_General_BIN2\n`);
    expect(statements[0]).toMatch(/b\.lsn >= CONVERT\(char\(58\), i\.\[p1\]\) COLLATE Latin1_General_100_BIN2$/);
  });

  test('knows a guard at or above all others, and only raises it', () => {
    expect(firstHighestStatement(ORDERS, 'bigint')).toContain('COALESCE(MAX(g.lsn), -1)');
    expect(firstHighestStatement(ORDERS, 'char(58)')).toContain("COALESCE(MAX(g.lsn), '')");
    expect(highestStatement(ORDERS)).toContain('FROM _cdc.guards WITH (UPDLOCK, HOLDLOCK)');
    expect(raiseHighestStatement(ORDERS, 9n, 'bigint')).toBe(
      "UPDATE _cdc.guards SET highest = 9 WHERE table_name = N'dbo.orders' AND highest < 9",
    );
  });
});
