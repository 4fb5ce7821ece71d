import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import { addColumnSql, createSinkTableSql, positionText, positionType, widerType } from './sink-ddl.ts';

const table = (types: Readonly<Record<string, string>>, more: Partial<Table> = {}): Table => ({
  ...{ schema: 'dbo', name: 't', key: ['id'], ...more },
  columns: Object.entries(types).map(([name, type]) => ({ name, type, nullable: true, generated: false })),
});

/** The lines of a table's definition, without those of the bookkeeping. */
const linesOf = (made: Table, options = { keyed: true, widePositions: false }): string[] =>
  (/ \((.*)\)$/s.exec(createSinkTableSql(made, options))?.[1] ?? '')
    .split(/, (?=\[|PRIMARY|INDEX)/)
    .filter((line) => !line.startsWith('[_cdc'));

test('a sink has the source’s types, with texts that are told apart by every character', () => {
  const made = table({
    id: 'bigint',
    n: 'nvarchar(40)',
    v: 'varchar(40)',
    m: 'money',
    t: 'datetime2(7)',
    r: 'rowversion',
  });
  expect(linesOf(made)).toEqual([
    '[id] bigint NOT NULL',
    '[n] nvarchar(40) COLLATE Latin1_General_100_BIN2 NULL',
    '[v] nvarchar(40) COLLATE Latin1_General_100_BIN2 NULL',
    '[m] money NULL',
    '[t] datetime2(7) NULL',
    '[r] varbinary(8) NULL',
    'PRIMARY KEY ([id])',
  ]);
});

test('a type without a text is a text there', () => {
  expect(linesOf(table({ id: 'int', v: 'sql_variant', h: 'hierarchyid', x: 'xml' })).slice(1, 4)).toEqual([
    '[v] nvarchar(max) COLLATE Latin1_General_100_BIN2 NULL',
    '[h] nvarchar(max) COLLATE Latin1_General_100_BIN2 NULL',
    '[x] xml NULL',
  ]);
});

test('a key of texts is as long as its index can be', () => {
  const made = table(
    { id: 'int', a: 'nvarchar(max)', b: 'varbinary(max)', c: 'nvarchar(9)' },
    { key: ['id', 'a', 'b'] },
  );
  expect(linesOf(made).slice(0, 3)).toEqual([
    '[id] int NOT NULL',
    '[a] nvarchar(220) COLLATE Latin1_General_100_BIN2 NOT NULL',
    '[b] varbinary(440) NOT NULL',
  ]);
});

test.each([
  [true, { columns: ['a'], namesRows: true }, 'PRIMARY KEY ([a])'],
  [true, { columns: ['a'], namesRows: false }, 'INDEX [driftlab_key] UNIQUE NONCLUSTERED ([a]) WHERE [a] IS NOT NULL'],
  [false, { columns: ['a'], namesRows: true }, 'INDEX [driftlab_key] ([a])'],
])('keyed %s: a table without a primary key has its unique set as %j', (keyed, unique, last) => {
  const made = table({ a: 'int' }, { key: [], unique });
  expect(linesOf(made, { keyed, widePositions: false }).at(-1)).toBe(last);
});

test('positions of any length sort as numbers do', () => {
  const options = { keyed: false, widePositions: true };
  expect(createSinkTableSql(table({ id: 'int' }), options)).toContain(
    '[_cdc_lsn] char(58) COLLATE Latin1_General_BIN2 NULL',
  );
  expect(positionType()).toBe('bigint');
  const texts = [9n, 10n, 2n ** 192n - 1n].map((position) => positionText(position, true));
  expect(texts.toSorted()).toEqual(texts);
  expect(texts.map((text) => text.length)).toEqual([58, 58, 58]);
  expect(positionText(9n)).toBe('9');
});

const event = { name: 'c', connectType: 'int32', optional: true };

test.each([
  [event, 'int NULL'],
  [
    { ...event, connectType: 'string', default: "it's" },
    "nvarchar(max) COLLATE Latin1_General_100_BIN2 NULL DEFAULT (N'it''s') WITH VALUES",
  ],
  [{ ...event, optional: false, default: '5' }, 'int NOT NULL DEFAULT (5) WITH VALUES'],
  [{ ...event, connectType: 'int64', semantic: 'io.debezium.time.NanoTimestamp' }, 'datetime2(6) NULL'],
  [{ ...event, connectType: 'bytes' }, 'varbinary(max) NULL'],
  [{ ...event, connectType: 'array' }, 'nvarchar(max) COLLATE Latin1_General_100_BIN2 NULL'],
])('a column that only an event has (%j) is added as %s', (column, made) => {
  expect(addColumnSql('dbo.t', column)).toBe(
    `IF COL_LENGTH(N'[dbo].[t]', N'c') IS NULL\n  ALTER TABLE [dbo].[t] ADD [c] ${made}`,
  );
});

test.each([
  ['int', 'int64', 'bigint'],
  ['bigint', 'int64', undefined],
  ['tinyint', 'int16', undefined],
  ['real', 'double', 'float'],
  ['nvarchar(5)', 'string', undefined],
])('a column of type %s is made wide enough for %s as %s', (type, connectType, wider) =>
  expect(widerType(type, { ...event, connectType })).toBe(wider),
);
