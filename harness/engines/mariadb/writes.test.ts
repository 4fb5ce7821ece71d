import { expect, test } from 'vitest';
import { NOW } from '#model/change.ts';
import { writeSql } from './writes.ts';

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
