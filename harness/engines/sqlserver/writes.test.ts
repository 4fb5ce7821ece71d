import { expect, test } from 'vitest';
import { NOW } from '#model/change.ts';
import { literalOf, writeSql } from './writes.ts';

const table = {
  name: 'items',
  columns: [
    { name: 'id', kind: { kind: 'integer', bits: 64 } },
    { name: 'name', kind: { kind: 'text', length: 9 } },
    { name: 'at', kind: { kind: 'instant', digits: 6 } },
  ],
} as const;

test('rows are inserted with literals of their columns, and moments of the server', () => {
  const rows = [
    [1, "a'b", NOW],
    [2, null, { hoursAgo: 3 }],
    ['3', 'é', '2016-05-15T12:00:00.5Z'],
  ];
  expect(writeSql({ change: 'insert', table, columns: ['id', 'name', 'at'], rows })).toEqual({
    sql:
      "INSERT INTO [dbo].[items] ([id], [name], [at]) VALUES (1, N'a''b', SYSUTCDATETIME()), " +
      "(2, NULL, DATEADD(hour, -3, SYSUTCDATETIME())), (3, N'é', CONVERT(datetimeoffset(7), '2016-05-15T12:00:00.5+00:00'))",
    params: [],
  });
});

test('more than a thousand rows are inserted by several statements of one batch', () => {
  const rows = Array.from({ length: 2001 }, (_, n) => [n]);
  const statements = writeSql({ change: 'insert', table, columns: ['id'], rows }).sql.split(';\n');
  expect(statements.map((sql) => sql.split('), (').length)).toEqual([1000, 1000, 1]);
});

test('a counted column is given a value only by a session that says so', () => {
  const counted = {
    name: 't',
    columns: [{ name: 'id', kind: { kind: 'integer' as const, bits: 32 as const }, identity: true }],
  };
  expect(writeSql({ change: 'insert', table: counted, columns: ['id'], rows: [[7]] }).sql).toBe(
    'SET IDENTITY_INSERT [dbo].[t] ON;\nINSERT INTO [dbo].[t] ([id]) VALUES (7);\nSET IDENTITY_INSERT [dbo].[t] OFF',
  );
});

test('an update says how many rows there are, and leaves those alone that have the new values to the letter', () => {
  const { sql } = writeSql({ change: 'update', table, set: { id: { add: 2 }, name: 'A' }, where: { id: 7 } });
  expect(sql.split(';\n')).toEqual([
    'SELECT COUNT_BIG(*) AS found FROM [dbo].[items] WITH (UPDLOCK) WHERE [id] = 7',
    "UPDATE [dbo].[items] SET [id] = [id] + 2, [name] = N'A' WHERE [id] = 7 AND EXISTS (" +
      'SELECT [id], CONVERT(varbinary(max), CONVERT(nvarchar(max), [name])) EXCEPT ' +
      "SELECT [id] + 2, CONVERT(varbinary(max), CONVERT(nvarchar(max), N'A')))",
  ]);
});

test('bytes that end in zeros are told from those without them, which the server takes for the same', () => {
  const blobs = { name: 't', columns: [{ name: 'raw', kind: { kind: 'bytes' as const }, type: 'varbinary(9)' }] };
  const updated = (raw: string | null) => writeSql({ change: 'update', table: blobs, set: { raw }, where: {} }).sql;
  const old = 'SELECT CONVERT(varbinary(max), [raw]), DATALENGTH([raw]) EXCEPT SELECT';
  expect(updated('\\x00')).toContain(`${old} CONVERT(varbinary(max), 0x00), DATALENGTH(0x00))`);
  expect(updated(null)).toContain(`${old} NULL, NULL)`);
});

test.each([
  ['decimal(5,2)', '1.50', '1.5'],
  ['decimal(5,2)', '-0.00', '-0'],
  ['decimal(5,2)', '1.2e2', '120'],
  ['decimal(5,2)', '1.005', undefined],
  ['decimal(5,2)', '1000', undefined],
  ['float', '0.1', '0.1e0'],
  ['float', '1e300', '1e300'],
  ['float', '-0', '-0e0'],
  ['float', 'NaN', undefined],
  ['real', '3.5e38', undefined],
  ['int', '1.5', undefined],
  ['bit', 'true', '1'],
  ['varbinary(3)', '\\x00Ff', '0x00Ff'],
  ['varbinary(3)', '\\x', '0x'],
  ['varbinary(3)', 'x', undefined],
  ['date', '2024-02-29', "CONVERT(date, '2024-02-29')"],
  ['date', '0044-03-15 BC', undefined],
  ['time(3)', '12:00:00.120', "CONVERT(time(7), '12:00:00.12')"],
  ['time(3)', '24:00:00', undefined],
  ['time(3)', '12:00:00.1234', undefined],
  ['datetime2(7)', '2024-01-15 12:00:00.1234567', "CONVERT(datetime2(7), '2024-01-15T12:00:00.1234567')"],
  ['datetime2(7)', '2024-01-15 12:00:00+02', undefined],
  ['datetime2(0)', '2024-01-15', "CONVERT(datetime2(7), '2024-01-15T00:00:00')"],
  ['datetime', '2024-01-15 12:00:00.003', "CONVERT(datetime, CONVERT(datetime2(7), '2024-01-15T12:00:00.003'))"],
  ['datetime', '1752-12-31 23:59:59', undefined],
  ['smalldatetime', '2024-01-15 12:00:00', "CONVERT(datetime2(7), '2024-01-15T12:00:00')"],
  ['datetimeoffset(6)', '2024-01-15 12:00:00-03:30', "CONVERT(datetimeoffset(7), '2024-01-15T12:00:00-03:30')"],
  ['datetimeoffset(6)', 'infinity', undefined],
  ['uniqueidentifier', 'x', undefined],
  ['varchar(9)', "a'b", "'a''b'"],
  ['varchar(9)', 'é', "N'é'"],
  ['nvarchar(2)', '😀', "N'😀'"],
  ['nvarchar(2)', '😀a', undefined],
  ['sql_variant', 'x', "N'x'"],
])('to a column of type %s the value %j is written as %s', (type, text, literal) => {
  expect(literalOf({ name: 'c', type }, text)).toBe(literal);
  expect(literalOf({ name: 'c', type }, null)).toBe('NULL');
});
