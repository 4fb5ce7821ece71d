import { describe, expect, test } from 'vitest';
import type { ColumnPair, ReadPlan } from '#engines/port/compare.ts';
import type { Column } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import { digestsSql, everyNthKeySql, ordersAlike, withinSql } from './ranges.ts';
import { planHashSql } from './row-text.ts';

const column = (name: string, type: string): Column => ({ name, type, nullable: false, generated: false });
const pair = (source: string, sink = source, as?: Kind): ColumnPair => ({
  source: column('c', source),
  sink: column('c', sink),
  ...(as === undefined ? {} : { as }),
});

function plan(pairs: readonly ColumnPair[], key: readonly string[] = ['a', 'b']): ReadPlan {
  const keys = ['a', 'b'].map((name) => ({ source: column(name, 'int'), sink: column(name, 'int') }));
  const table = { schema: 'dbo', name: 't', key, columns: [] };
  return { side: 'source', table, key: keys, columns: [...keys, ...pairs], bookkeeping: [] };
}

describe('a key column', () => {
  test.each([
    ...['int', 'bit', 'money', 'date', 'datetime', 'datetime2(7)', 'datetimeoffset(3)', 'time(7)', 'varbinary(9)'],
    'uniqueidentifier',
  ])('of type %s has one order on every SQL Server', (type) => {
    expect(ordersAlike(pair(type))).toBe(true);
  });

  test.each(['nvarchar(20)', 'char(3)', 'float', 'xml'])('of type %s has an order of its own', (type) => {
    expect(ordersAlike(pair(type))).toBe(false);
  });

  test('has the order of another engine where it is a number that both can hold, or bytes', () => {
    expect(ordersAlike(pair('int', 'bigint', { kind: 'integer', bits: 64 }))).toBe(true);
    expect(ordersAlike(pair('varbinary(4)', 'varbinary(max)', { kind: 'bytes' }))).toBe(true);
    // The server compares a UUID from its last bytes on.
    expect(ordersAlike(pair('uniqueidentifier', 'uniqueidentifier', { kind: 'uuid' }))).toBe(false);
    expect(ordersAlike(pair('date', 'date', { kind: 'date' }))).toBe(false);
    expect(ordersAlike(pair('int', 'nvarchar(20)'))).toBe(false);
  });
});

test('a range ends with its upper bound, and begins behind its lower one', () => {
  expect(withinSql(plan([]), '["1","2"]', '["3","4"]')).toBe(
    '(t.[a] > 1 OR (t.[a] = 1 AND t.[b] > 2)) AND (t.[a] < 3 OR (t.[a] = 3 AND t.[b] <= 4))',
  );
  expect(withinSql(plan([]), undefined, undefined)).toBe('1 = 1');
});

test('a key that bounds a piece is put in order as it is, and read as a text where the driver would round it', () => {
  const numbered = { ...plan([]), key: [pair('decimal(38,0)'), pair('int')] };
  const sql = everyNthKeySql(numbered, undefined, 10, 100);
  expect(sql).toMatch(/^SELECT CONVERT\(varchar\(41\), \(k0\)\) AS k0, \(k1\) AS k1, n, total FROM/);
  expect(sql).toContain('ROW_NUMBER() OVER (ORDER BY k0, k1)');
});

test('each piece is read by the index of its key, and all in one reading without one', () => {
  const bounds = [undefined, ...Array.from({ length: 30 }, (_, n) => `["${n}","0"]`), undefined];
  expect(digestsSql(plan([]), bounds, 'HASH').map((sql) => sql.split('UNION ALL').length)).toEqual([25, 6]);
  const [sql = '', ...more] = digestsSql(plan([], ['b']), bounds, 'HASH');
  expect([sql.split('FROM [dbo].[t]').length, sql.split(' WHEN ').length, more]).toEqual([2, 31, []]);
});

describe('a row is hashed by the server', () => {
  const hashed = (pairs: ColumnPair, version = 16) => planHashSql(plan([pairs]), version);

  test('where it can write each column as it is read', () => {
    for (const type of ['decimal(9,2)', 'money', 'bit', 'datetime2(7)', 'datetimeoffset(0)', 'date', 'time(3)'])
      expect(hashed(pair(type)), type).toContain("HASHBYTES('SHA2_256'");
    for (const type of ['uniqueidentifier', 'varbinary(max)', 'nvarchar(9)', 'char(3)'])
      expect(hashed(pair(type)), type).toContain("HASHBYTES('SHA2_256'");
    for (const type of ['float', 'real', 'xml']) expect(hashed(pair(type)), type).toBeUndefined();
    expect(hashed(pair('int', 'nvarchar(9)', { kind: 'text' }))).toBeUndefined();
    expect(hashed(pair('decimal(9,2)', 'decimal(9,3)', { kind: 'decimal', precision: 9, scale: 3 }))).toBeUndefined();
  });

  test('with texts from the version on that has UTF-8', () => {
    expect(hashed(pair('nvarchar(9)'))).toContain('COLLATE Latin1_General_100_BIN2_UTF8');
    expect(hashed(pair('nvarchar(9)'), 14)).toBeUndefined();
    expect(hashed(pair('date'), 14)).not.toContain('UTF8');
  });

  test('of as many columns as a table has', () => {
    const many = Array.from({ length: 1024 }, () => pair('int'));
    const sql = planHashSql(plan(many), 16) ?? '';
    // Each column has one of its own, and the others put 253 texts together at a time.
    expect(sql.match(/CONCAT\(/g)?.length).toBe(1026 + Math.ceil(2053 / 253) + 1);
  });

  test('and NULL is told from an empty text', () => {
    expect(hashed(pair('date'))).toContain("CASE WHEN t.[c] IS NULL THEN N'null' ELSE CONCAT(N'\"', ");
  });
});
