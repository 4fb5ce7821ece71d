import { expect, test } from 'vitest';
import type { ColumnPlan, FullRow, TablePlan } from '#engines/port/reconcile.ts';
import type { Text } from '#model/values.ts';
import type { MariadbTable } from './describe.ts';
import { repairSql } from './repair.ts';

const column = (name: string, type: string, generated = false): ColumnPlan => {
  const own = { name, type, nullable: true, generated, order: undefined };
  return { name, form: 'text', source: own, target: own };
};
const COLUMNS = [
  column('id', 'int(11)'),
  column('note', 'varchar(5)'),
  column('at', 'timestamp(6)'),
  column('sum', 'int(11)', true),
];
const table: MariadbTable = {
  id: 'shop.a',
  relation: '`shop`.`a`',
  isView: false,
  columns: [],
  key: ['id'],
  indexes: [],
  estimatedRows: 1,
  clustered: true,
};
const plan = (more: Partial<TablePlan & { table: MariadbTable }> = {}) => ({
  side: 'target' as const,
  hashing: 'canonical-text' as const,
  identity: 'integer' as const,
  key: COLUMNS.slice(0, 1),
  columns: COLUMNS,
  table,
  ...more,
});
const row = (...texts: Text[]): FullRow => ({ id: 1n, hash: '', compared: texts, shown: texts });
const BEFORE = row('1', "it's", null, '3');
const AFTER = row('1', 'a\\b', '2024-02-29 12:00:00+02', '4');

test('a row is inserted, changed or deleted by its key, without what the server computes', () => {
  expect(repairSql(plan(), { after: AFTER })).toBe(
    "INSERT INTO `shop`.`a` (`id`, `note`, `at`) VALUES (1, _utf8mb4 x'615c62', TIMESTAMP'2024-02-29 10:00:00');",
  );
  expect(repairSql(plan(), { before: BEFORE, after: AFTER })).toBe(
    "UPDATE `shop`.`a` SET `note` = _utf8mb4 x'615c62', `at` = TIMESTAMP'2024-02-29 10:00:00' WHERE `id` = 1;",
  );
  expect(repairSql(plan(), { before: BEFORE })).toBe('DELETE FROM `shop`.`a` WHERE `id` = 1;');
});

test('without a primary key one row that is equal to the byte is taken', () => {
  expect(repairSql(plan({ key: [], table: { ...table, key: [] } }), { before: BEFORE })).toBe(
    "DELETE FROM `shop`.`a` WHERE `id` = 1 AND BINARY CONVERT(`note` USING utf8mb4) = BINARY 'it''s' AND `at` IS NULL AND `sum` = 3 LIMIT 1;",
  );
});

test('what no statement can do is a comment', () => {
  expect(repairSql(plan(), { after: row('1', 'too long', null, null) })).toMatch(
    /^-- `shop`.`a`: "too long" cannot be stored in note/,
  );
  expect(repairSql(plan(), { before: BEFORE, after: row('1', "it's", null, '4') })).toBe(
    '-- `shop`.`a`: only computed columns differ where `id` = 1',
  );
  expect(repairSql(plan({ table: { ...table, isView: true } }), { before: BEFORE })).toBe(
    '-- `shop`.`a` is a view: fix the tables beneath it. DELETE FROM `shop`.`a` WHERE `id` = 1;',
  );
});
