import { describe, expect, test } from 'vitest';
import { NOW } from '#model/change.ts';
import { literalOf, writeSql } from './writes.ts';

const table = { name: 'items', columns: [] };

test('rows are inserted by one statement, with the values bound and moments of the server', () => {
  const rows = [
    [1, 'a', NOW],
    [2, null, { hoursAgo: 3 }],
    [3, '2016-05-15T12:00:00Z', '2016-05-15T12:00:00.5Z'],
  ];
  expect(writeSql({ change: 'insert', table, columns: ['id', 'na`me', 'at'], rows })).toEqual({
    sql: 'INSERT INTO `items` (`id`, `na``me`, `at`) VALUES (?, ?, now(6)), (?, ?, now(6) - INTERVAL ? HOUR), (?, ?, ?)',
    params: [1, 'a', 2, null, 3, 3, '2016-05-15 12:00:00', '2016-05-15 12:00:00.5'],
  });
});

test('a row is changed by its key: set to a value, to a sum, to the present', () => {
  expect(
    writeSql({ change: 'update', table, set: { n: { add: 2 }, v: 'x', at: NOW }, where: { id: 7, line: 1 } }),
  ).toEqual({
    sql: 'UPDATE `items` SET `n` = `n` + ?, `v` = ?, `at` = now(6) WHERE `id` = ? AND `line` = ?',
    params: [2, 'x', 7, 1],
  });
});

test('a row is deleted by its key', () => {
  expect(writeSql({ change: 'delete', table, where: { id: 7 } })).toEqual({
    sql: 'DELETE FROM `items` WHERE `id` = ?',
    params: [7],
  });
});

test.each([
  ['2016-05-15T12:00:00Z', '2016-05-15 12:00:00'],
  ['2016-05-15T12:00:00.123456Z', '2016-05-15 12:00:00.123456'],
  ['2016-05-15T12:00:00.Z', '2016-05-15T12:00:00.Z'],
  ['from 2016-05-15T12:00:00Z', 'from 2016-05-15T12:00:00Z'],
  ['2016-05-15T12:00:00Z on', '2016-05-15T12:00:00Z on'],
  ['2016-05-15T12:00:00', '2016-05-15T12:00:00'],
  [null, null],
  [false, false],
])('%j is bound as %j: only a whole instant is written as MariaDB reads it', (value, param) => {
  expect(writeSql({ change: 'update', table, set: { v: value }, where: { id: 7 } })).toEqual({
    sql: 'UPDATE `items` SET `v` = ? WHERE `id` = ?',
    params: [param, 7],
  });
});

describe('a table whose types are known', () => {
  const typed = {
    name: 'db.items',
    columns: [
      { name: 'id', kind: { kind: 'bits', length: 3 }, type: 'bit(3)' },
      { name: 'raw', kind: { kind: 'bytes' }, type: 'blob' },
      { name: 'at', kind: { kind: 'instant', digits: 6 }, type: 'timestamp(6)' },
      { name: 'place', kind: { kind: 'other', type: 'point' }, type: 'point' },
    ],
  } as const;

  test('gets its values as literals of these types', () => {
    const rows = [
      ['101', '\\x00ff', '2024-01-15 12:00:00.5+00', '\\x0102'],
      ['001', null, NOW, null],
    ];
    const columns = ['id', 'raw', 'at', 'place'];
    expect(writeSql({ change: 'insert', table: typed, columns, rows })).toEqual({
      sql:
        'INSERT INTO `items` (`id`, `raw`, `at`, `place`) ' +
        "VALUES (5, x'00ff', TIMESTAMP'2024-01-15 12:00:00.5', x'0102'), (1, NULL, now(6), NULL)",
      params: [],
    });
    expect(writeSql({ change: 'update', table: typed, set: { raw: '\\x' }, where: { id: '111' } })).toEqual({
      sql: "UPDATE `items` SET `raw` = x'' WHERE `id` = 7",
      params: [],
    });
    expect(writeSql({ change: 'delete', table: typed, where: { id: '111' } }).sql).toBe(
      'DELETE FROM `items` WHERE `id` = 7',
    );
  });

  test('is given no value that it would cut off', () => {
    expect(literalOf({ name: 'id', type: 'bit(3)' }, '1010')).toBeUndefined();
    expect(literalOf({ name: 'id', type: 'bit(3)' }, '010')).toBe('2');
    expect(() => writeSql({ change: 'delete', table: typed, where: { id: '1' } })).toThrow('it has 1 bits');
  });
});

test('a table is emptied at once', () => {
  expect(writeSql({ change: 'truncate', table }).sql).toBe('TRUNCATE TABLE `items`');
});

test.each([
  ['\\x00Ff', Buffer.from([0, 255])],
  ['\\x', Buffer.alloc(0)],
  ['\\x0', '\\x0'],
  ['text', 'text'],
  [null, null],
])('%j goes to a column of bytes as %j', (value, param) => {
  const bytes = { name: 'b', columns: [{ name: 'v', kind: { kind: 'bytes' as const } }] };
  const update = { change: 'update' as const, table: bytes, set: { v: value }, where: { id: 7 } };
  expect(writeSql(update).params).toEqual([param, 7]);
  expect(writeSql({ change: 'insert', table: bytes, columns: ['v'], rows: [[value]] }).params).toEqual([param]);
});
