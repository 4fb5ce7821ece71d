import { describe, expect, test } from 'vitest';
import type { ColumnPlan, CommonForm, FullRow, TablePlan } from '#engines/port/reconcile.ts';
import type { Text } from '#model/values.ts';
import type { SqlServerSideTable } from './describe.ts';
import { columnForms } from './forms.ts';
import { repairSql } from './repair.ts';
import { REPAIR_BEGINS_SQL } from './side.ts';
import { rangeSql, statementsFor } from './statements.ts';

const side = (name: string, type: string, nullable = false) => ({
  ...{ name, type, nullable, generated: false, order: undefined },
});
const column = (name: string, form: CommonForm, type: string, nullable = false): ColumnPlan => {
  return { name, form, source: side(name, type, nullable), target: side(name, type) };
};
const ID = column('id', 'integer', 'bigint');
const NOTE = column('note', 'text', 'nvarchar(40)', true);
const table: SqlServerSideTable = {
  ...{ id: 'dbo.a', relation: '[dbo].[a]', isView: false, identity: undefined, columns: [], key: ['id'], indexes: [] },
  ...{ estimatedRows: 1, clustered: true },
};
const plan = (more: Partial<TablePlan & { table: SqlServerSideTable }> = {}) => ({
  ...{ side: 'target' as const, hashing: 'canonical-text' as const, identity: 'integer' as const },
  ...{ key: [ID], columns: [ID, NOTE], table },
  ...more,
});

const NUMBER = 'LOWER(CONVERT(varchar(16), CONVERT(binary(8), CONVERT(bigint, t.[id])), 2))';
const hashed = (text: string) =>
  `CONVERT(bigint, SUBSTRING(HASHBYTES('SHA2_256', CONVERT(varbinary(max), CONCAT(CONVERT(varchar(max), ''), ${text}))), 1, 8))`;

describe('the statements on a table', () => {
  test('hash a row by the texts of its columns, each behind its length in UTF-8 or before a separator', () => {
    const text = 'CONVERT(varchar(max), CONVERT(nvarchar(max), t.[note]) COLLATE Latin1_General_100_BIN2_UTF8)';
    const digest = `LOWER(CONVERT(varchar(64), HASHBYTES('SHA2_256', CONVERT(varbinary(max), ${text})), 2))`;
    const inline = `CASE WHEN DATALENGTH(${text}) > 1024 THEN ${digest} ELSE ${text} END`;
    expect(statementsFor(plan()).rowHash).toBe(
      hashed(`${NUMBER}, ',', COALESCE(CONVERT(varchar(12), DATALENGTH(${text})), ''), ':', COALESCE(${inline}, '')`),
    );
  });

  test('hash a row of more texts than CONCAT takes', () => {
    const many = Array.from({ length: 200 }, (_, n) => column(`n${n}`, 'integer', 'int'));
    expect(statementsFor(plan({ columns: many })).rowHash.match(/CONCAT\(/g)).toHaveLength(3);
  });

  test('name a row by its integer, by a hash of its key, or of all of it', () => {
    expect(statementsFor(plan()).identity).toBe('CONVERT(bigint, t.[id])');
    expect(statementsFor(plan({ identity: 'key-hash' })).identity).toBe(hashed(`${NUMBER}, ','`));
    const whole = statementsFor(plan({ identity: 'row', key: [] }));
    expect(whole.identity).toBe(whole.rowHash);
  });

  test('end a condition of a person’s on a line of its own', () => {
    expect(statementsFor(plan({ where: 'a > 1 -- recent' })).where).toBe(' AND (a > 1 -- recent\n)');
  });

  test('tell moments apart that differ by less than a microsecond', () => {
    const { text } = columnForms(column('at', 'timestamp', 'datetime2(7)'), 'source');
    expect(text).toContain('DATEDIFF_BIG(MICROSECOND');
    expect(text).toContain('DATEPART(NANOSECOND, CONVERT(datetime2(7), t.[at])) % 1000');
  });

  test('write a float by its bits, and one of 32 bits as the float that it is', () => {
    const bits = 'LOWER(CONVERT(varchar(16), CONVERT(binary(8), CONVERT(float, t.[ratio])), 2))';
    for (const type of ['float', 'real'])
      expect(columnForms(column('ratio', 'float-bits', type), 'source')).toMatchObject({
        text: bits,
        length: undefined,
      });
  });
});

test('a datetime is taken as the server shows it, not by its 300ths of a second', () => {
  const { text } = columnForms(column('at', 'timestamp', 'datetime'), 'source');
  expect(text).toContain("CONVERT(datetime2(7), '2000-01-01'), CONVERT(datetime2(3), t.[at]))");
  expect(columnForms(column('at', 'timestamp', 'date'), 'source').text).toContain('CONVERT(datetime2(7), t.[at])');
});

test('a range of keys is written as one that an index serves, and bounded by integers only', () => {
  expect(rangeSql(['t.a', 't.b'], { kind: 'range', from: ['1', '2'] })).toBe('(t.a > 1 OR (t.a = 1 AND t.b >= 2))');
  expect(rangeSql(['t.a'], { kind: 'range' })).toBe('1 = 1');
  expect(() => rangeSql(['t.a'], { kind: 'range', from: ["1' OR 1"] })).toThrow('only integers');
});

describe('a repair', () => {
  test('begins a transaction, and no block', () => {
    expect(REPAIR_BEGINS_SQL).toBe('SET XACT_ABORT ON; SET LANGUAGE us_english;\nBEGIN TRANSACTION;');
  });

  const row = (...texts: Text[]): FullRow => ({ id: 1n, hash: '', compared: texts, shown: texts });
  const [before, after] = [row('1', "it's"), row('1', 'b')];

  test('inserts, changes or deletes a row by its key', () => {
    expect(repairSql(plan(), { after })).toBe("INSERT INTO [dbo].[a] ([id], [note]) VALUES (1, N'b');");
    expect(repairSql(plan(), { before, after })).toBe("UPDATE [dbo].[a] SET [note] = N'b' WHERE [id] = 1;");
    expect(repairSql(plan(), { before })).toBe('DELETE FROM [dbo].[a] WHERE [id] = 1;');
  });

  test('says so before it inserts what the server numbers', () => {
    expect(repairSql(plan({ table: { ...table, identity: 'id' } }), { after })).toMatch(
      /^SET IDENTITY_INSERT \[dbo\]\.\[a\] ON; INSERT .* SET IDENTITY_INSERT \[dbo\]\.\[a\] OFF;$/,
    );
  });

  test('without a primary key takes one row whose texts are equal to the character', () => {
    expect(repairSql(plan({ key: [], table: { ...table, key: [] } }), { before })).toBe(
      "DELETE TOP (1) FROM [dbo].[a] WHERE [id] = 1 AND [note] COLLATE Latin1_General_100_BIN2 = N'it''s' AND DATALENGTH(CONVERT(nvarchar(max), [note])) = 8;",
    );
    const whole = (form: CommonForm, type: string, text: string) =>
      repairSql(plan({ key: [], columns: [column('c', form, type)], table: { ...table, key: [] } }), {
        before: row(text),
      }).replace('DELETE TOP (1) FROM [dbo].[a] WHERE ', '');
    expect(whole('bytes', 'varbinary(9)', '\\xff00')).toBe('[c] = 0xff00 AND DATALENGTH([c]) = 2;');
    expect(whole('bytes', 'image', '\\x')).toBe('CONVERT(varbinary(max), [c]) = 0x AND DATALENGTH([c]) = 0;');
    expect(whole('padded-text', 'char(3)', 'a')).toBe("[c] COLLATE Latin1_General_100_BIN2 = 'a';");
    expect(whole('text', 'ntext', '😀 ')).toBe(
      "CONVERT(nvarchar(max), [c]) COLLATE Latin1_General_100_BIN2 = N'😀 ' AND DATALENGTH(CONVERT(nvarchar(max), [c])) = 6;",
    );
  });

  test('is a comment where no statement can do it', () => {
    expect(repairSql(plan(), { after: row('1', 'x'.repeat(41)) })).toMatch(
      /^-- \[dbo\]\.\[a\]: .* cannot be stored in note/,
    );
    expect(repairSql(plan({ table: { ...table, isView: true } }), { before })).toMatch(/^-- \[dbo\]\.\[a\] is a view/);
  });
});
