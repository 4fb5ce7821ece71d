import { describe, expect, test } from 'vitest';
import type { ColumnPair, ReadPlan } from '#engines/port/compare.ts';
import type { Column } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import { digestsSql, ordersAlike, withinSql } from './ranges.ts';
import { planHashSql } from './row-text.ts';

const column = (name: string, type: string): Column => ({ name, type, nullable: false, generated: false });
const pair = (source: string, sink = source, as?: Kind): ColumnPair => ({
  source: column('c', source),
  sink: column('c', sink),
  ...(as === undefined ? {} : { as }),
});

function plan(pairs: readonly ColumnPair[], key: readonly string[] = ['a', 'b']): ReadPlan {
  const keys = ['a', 'b'].map((name) => ({ source: column(name, 'int(11)'), sink: column(name, 'int(11)') }));
  const table = { schema: 'db', name: 't', key, columns: [] };
  return { side: 'source', table, key: keys, columns: [...keys, ...pairs], bookkeeping: [] };
}

describe('a key column', () => {
  test.each([
    'int(11)',
    'bigint(20) unsigned',
    'date',
    'datetime(6)',
    'timestamp',
    'decimal(9,2)',
    'varbinary(9)',
    'time',
  ])('of type %s has one order on every MariaDB', (type) => {
    expect(ordersAlike(pair(type))).toBe(true);
  });

  test.each(['varchar(20)', 'uuid', 'double', "enum('a')", 'bit(3)', 'inet6'])(
    'of type %s has an order that may not be the same elsewhere',
    (type) => {
      expect(ordersAlike(pair(type))).toBe(false);
    },
  );

  test('has the order of another engine where it is a number that both can hold, or bytes', () => {
    const integer: Kind = { kind: 'integer', bits: 32 };
    expect(ordersAlike(pair('int(11)', 'bigint(20)'))).toBe(true);
    expect(ordersAlike(pair('int(11)', 'varchar(20)'))).toBe(false);
    expect(ordersAlike(pair('int(11)', 'int(11)', integer))).toBe(true);
    expect(ordersAlike(pair('varbinary(4)', 'longblob', { kind: 'bytes' }))).toBe(true);
    expect(ordersAlike(pair('date', 'date', { kind: 'date' }))).toBe(false);
    const wide: Kind = { kind: 'integer', bits: 64, unsigned: true };
    expect(ordersAlike(pair('bigint(20) unsigned', 'bigint(20) unsigned', wide))).toBe(false);
  });
});

test('a range ends with its upper bound, and begins behind its lower one', () => {
  expect(withinSql(plan([]), '["1","2"]', '["3","4"]')).toBe(
    '(t.`a` > 1 OR (t.`a` = 1 AND t.`b` > 2)) AND (t.`a` < 3 OR (t.`a` = 3 AND t.`b` <= 4))',
  );
  expect(withinSql(plan([]), undefined, undefined)).toBe('TRUE');
});

test('each piece is read by the index of its key, and all in one reading without one', () => {
  const bounds = [undefined, ...Array.from({ length: 30 }, (_, n) => `["${n}","0"]`), undefined];
  expect(digestsSql(plan([]), bounds, 'HASH').map((sql) => sql.split('UNION ALL').length)).toEqual([25, 6]);
  const [sql = '', ...more] = digestsSql(plan([], ['b']), bounds, 'HASH');
  expect([sql.split('FROM `t`').length, sql.split(' WHEN ').length, more]).toEqual([2, 31, []]);
});

test('a row is hashed by the server where it can write each column as it is read', () => {
  expect(planHashSql(plan([pair('text'), pair('decimal(9,2)'), pair('datetime(3)')]))).toContain('SHA2');
  expect(planHashSql(plan([pair('double', 'double', { kind: 'float', bits: 64 })]))).toBeUndefined();
  expect(planHashSql(plan([pair('json', 'json', { kind: 'json' })]))).toBeUndefined();
  // Between two MariaDBs both sides write the same of it.
  expect(planHashSql(plan([pair('double')]))).toContain('SHA2');
  expect(planHashSql(plan([pair('double', 'float')]))).toBeUndefined();
  expect(planHashSql(plan([pair('int(11)', 'varchar(20)')]))).toBeUndefined();
});
