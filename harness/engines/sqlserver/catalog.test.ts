import { expect, test } from 'vitest';
import { recordingDatabase } from '#testing/tsql/recording.ts';
import { type ColumnRow, readCatalog, typeOf } from './catalog.ts';

const column = (more: Partial<ColumnRow>): ColumnRow => ({
  ...{ column: 'c', type: 'int', typeSchema: 'sys', alias: '0', base: 'int', bytes: '4', precision: '10', scale: '0' },
  ...{ nullable: '0', generated: '0', ...more },
});

test.each([
  [{ type: 'nvarchar', base: 'nvarchar', bytes: '80' }, { type: 'nvarchar(40)' }],
  [{ type: 'nvarchar', base: 'nvarchar', bytes: '-1' }, { type: 'nvarchar(max)' }],
  [{ type: 'varchar', base: 'varchar', bytes: '80' }, { type: 'varchar(80)' }],
  [{ type: 'decimal', base: 'decimal', precision: '12', scale: '2' }, { type: 'decimal(12,2)' }],
  [{ type: 'datetime2', base: 'datetime2', scale: '7' }, { type: 'datetime2(7)' }],
  [{ type: 'timestamp', base: 'timestamp' }, { type: 'rowversion' }],
  [{ type: 'sysname', base: 'nvarchar', bytes: '256' }, { type: 'sysname' }],
  [{ type: 'hierarchyid', base: null }, { type: 'hierarchyid' }],
  [
    { type: 'Phone', typeSchema: 'dbo', alias: '1', base: 'varchar', bytes: '20' },
    { type: 'dbo.Phone', base: 'varchar(20)' },
  ],
])('a column that the server describes by %j has the type %j', (row, type) =>
  expect(typeOf(column(row))).toEqual(type),
);

const place = { schema: 'dbo', table: 't' };
const key = (index: string, name: string, more = {}) => ({
  ...{ ...place, index, column: name, primary: '0', filtered: '0', nullable: '0', ...more },
});

test.each([
  [
    'a primary key',
    [key('pk', 'b', { primary: '1' }), key('pk', 'a', { primary: '1' }), key('u', 'c')],
    { key: ['b', 'a'] },
  ],
  ['a unique index', [key('u', 'c'), key('v', 'd')], { key: [], unique: { columns: ['c'], namesRows: true } }],
  ['one with a filter', [key('u', 'c', { filtered: '1' })], { key: [], unique: { columns: ['c'], namesRows: false } }],
  [
    'one that may be NULL',
    [key('u', 'c', { nullable: '1' })],
    { key: [], unique: { columns: ['c'], namesRows: false } },
  ],
  ['no index', [], { key: [] }],
])('a table with %s has the key %j', async (_, keys, expected) => {
  const database = recordingDatabase([
    ['FROM own AS o\nINNER JOIN sys.columns', [{ ...place, ...column({ nullable: '1' }) } as never]],
    ['sys.index_columns', keys],
  ]);
  expect(await readCatalog(database)).toEqual([
    { schema: 'dbo', name: 't', columns: [{ name: 'c', type: 'int', nullable: true, generated: false }], ...expected },
  ]);
  expect(await readCatalog(database, { tables: ['dbo.u'] })).toEqual([]);
  expect(await readCatalog(database, { schemas: ['sales'] })).toEqual([]);
});
