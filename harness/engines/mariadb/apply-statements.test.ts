import { expect, test } from 'vitest';
import type { RowWrite } from '#engines/port/sink.ts';
import {
  deleteStatements,
  insertStatements,
  type MariadbColumn,
  type MariadbTable,
  missingStatements,
  pieces,
  truncateStatement,
  updateStatements,
  upsertStatements,
  upsertsAtOnce,
} from './apply-statements.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';

const column = (name: string, type: string, more: Partial<MariadbColumn> = {}): MariadbColumn => ({
  ...{ name, type, castType: type, generated: false, demanded: false, attributes: ' NULL' },
  ...more,
});
const table = (columns: readonly MariadbColumn[], otherUnique = false): MariadbTable => ({
  id: 'db.t',
  flavour: mariadbFlavour,
  columns: new Map(columns.map((one) => [one.name, one])),
  key: ['id'],
  otherUnique,
});
const write = (values: RowWrite['values'], guard?: bigint): RowWrite => ({
  ...{ key: ['id'], values, op: 'u', lsn: 7n, capturedAtMs: undefined, receivedAtMs: 1_700_000_000_123, guard },
});

const plain = table([column('id', 'bigint(20)'), column('n', 'varchar(20)')]);
const guarded = table([
  ...plain.columns.values(),
  column('_cdc_lsn', 'bigint(20)'),
  column('_cdc_guard', 'bigint(20)'),
]);
const rows = [write({ id: '1', n: "it's" }, 8n), write({ id: '2', n: null }, 9n)];

test('rows are inserted by one statement, with their bookkeeping as far as the table has it', () => {
  expect(insertStatements(plain, rows)).toEqual(["INSERT INTO `t` (`id`, `n`) VALUES (1,'it''s'),(2,NULL)"]);
  expect(insertStatements(guarded, rows)).toEqual([
    "INSERT INTO `t` (`id`, `n`, `_cdc_lsn`, `_cdc_guard`) VALUES (1,'it''s',7,8),(2,NULL,7,9)",
  ]);
});

test('the bookkeeping says the operation, the position and the times, and NULL for what is not known', () => {
  const own = table([
    column('id', 'bigint(20)'),
    column('_cdc_op', 'varchar(1)'),
    column('_cdc_lsn', 'bigint(20)'),
    column('_cdc_captured_at', 'datetime(6)'),
    column('_cdc_received', 'datetime(6)'),
    column('_cdc_guard', 'bigint(20)'),
  ]);
  expect(insertStatements(own, [write({ id: '1' })])).toEqual([
    "INSERT INTO `t` (`id`, `_cdc_op`, `_cdc_lsn`, `_cdc_captured_at`, `_cdc_received`, `_cdc_guard`) VALUES (1,'u',7,NULL,TIMESTAMP'2023-11-14 22:13:20.123',NULL)",
  ]);
});

test('moments are written in UTC', () => {
  const own = table([column('id', 'bigint(20)'), column('_cdc_received', 'datetime(6)')]);
  expect(insertStatements(own, [write({ id: '1' })])[0]).toContain("(1,TIMESTAMP'2023-11-14 22:13:20.123')");
});

test('a row that is there keeps its key, and its guard if that is higher', () => {
  expect(upsertStatements(guarded, rows)[0]).toContain(
    'ON DUPLICATE KEY UPDATE `t`.`n` = VALUES(`n`), `t`.`_cdc_lsn` = VALUES(`_cdc_lsn`), `t`.`_cdc_guard` = COALESCE(GREATEST(`t`.`_cdc_guard`, VALUES(`_cdc_guard`)), `t`.`_cdc_guard`, VALUES(`_cdc_guard`))',
  );
  expect(upsertStatements(plain, [write({ id: '1' })])[0]).toContain('ON DUPLICATE KEY UPDATE `t`.`id` = VALUES(`id`)');
});

test('rows that leave columns out, or may share another unique value, are not upserted by one statement', () => {
  expect(upsertsAtOnce(guarded, rows)).toBe(true);
  expect(upsertsAtOnce(plain, [write({ id: '1' })])).toBe(false);
  expect(upsertsAtOnce(table([...plain.columns.values()], true), rows)).toBe(false);
  expect(missingStatements(plain, rows)).toEqual([
    'SELECT i.p0 FROM (WITH v (p0, p1) AS (VALUES (0,1),(1,2)) SELECT * FROM v) i LEFT JOIN `t` t ON t.`id` = i.p1 WHERE t.`id` IS NULL',
  ]);
});

test('rows are updated by their key', () => {
  expect(updateStatements(plain, rows)).toEqual([
    "UPDATE (WITH v (p0, p1) AS (VALUES (1,'it''s'),(2,NULL)) SELECT * FROM v) i STRAIGHT_JOIN `t` t ON t.`id` = i.p0 SET t.`n` = i.p1",
  ]);
  expect(updateStatements(plain, [write({ id: '1' })])).toEqual([]);
  expect(updateStatements(guarded, [write({ n: null, id: '1' }, 8n)])).toEqual([
    'UPDATE (WITH v (p0, p1, p2, p3) AS (VALUES (NULL,1,7,8)) SELECT * FROM v) i STRAIGHT_JOIN `t` t ON t.`id` = i.p1 SET t.`n` = i.p0, t.`_cdc_lsn` = i.p2, t.`_cdc_guard` = COALESCE(GREATEST(t.`_cdc_guard`, i.p3), t.`_cdc_guard`, i.p3)',
  ]);
});

test('a key column that the table lacks is taken for a text', () => {
  const gone = (value: string) => deleteStatements(plain, [{ columns: ['gone'], values: [value] }]);
  expect(gone('x')[0]).toContain("(VALUES ('x'))");
  expect(() => gone('\ud800')).toThrow('it is no Unicode text');
});

test('no rows need no statements', () => {
  expect(upsertsAtOnce(guarded, [])).toBe(false);
  expect(upsertStatements(guarded, [])).toEqual([]);
  expect(missingStatements(guarded, [])).toEqual([]);
  expect(updateStatements(guarded, [])).toEqual([]);
  expect(deleteStatements(guarded, [])).toEqual([]);
});

test('texts of a key are compared as its index does', () => {
  const named = table([
    column('id', 'varchar(9)', { collation: { name: 'utf8mb4_nopad_bin', charset: 'utf8mb4' } }),
    column('at', 'varchar(9)', { collation: { name: 'latin1_swedish_ci', charset: 'latin1' } }),
  ]);
  const key = { columns: ['id', 'at'], values: ['a', 'b'] };
  expect(deleteStatements(named, [key])).toEqual([
    "DELETE t FROM (WITH v (p0, p1) AS (VALUES ('a','b')) SELECT * FROM v) i STRAIGHT_JOIN `t` t ON t.`id` = i.p0 COLLATE utf8mb4_nopad_bin AND t.`at` = CONVERT(i.p1 USING latin1) COLLATE latin1_swedish_ci",
  ]);
});

test('a truncate is part of the transaction, and leaves what a higher guard protects', () => {
  expect(truncateStatement(guarded, undefined)).toBe('DELETE FROM `t`');
  expect(truncateStatement(guarded, 5n)).toBe('DELETE FROM `t` WHERE `_cdc_guard` IS NULL OR `_cdc_guard` <= 5');
  expect(truncateStatement(plain, 5n)).toBe('DELETE FROM `t`');
});

test('generated columns, and those that the table lacks, are left out', () => {
  const some = table([column('id', 'bigint(20)'), column('sum', 'int(11)', { generated: true })]);
  expect(insertStatements(some, [write({ id: '1', sum: '2', gone: '3' })])).toEqual([
    'INSERT INTO `t` (`id`) VALUES (1)',
  ]);
});

test('no statement is longer than servers take by default, and none has no rows', () => {
  const long = Array.from({ length: 5 }, (_, index) => write({ id: String(index), n: null, w: 'x'.repeat(900_000) }));
  const wide = table([...plain.columns.values(), column('w', 'longtext')]);
  const statements = insertStatements(wide, long);
  expect(statements.map((sql) => sql.split('),(').length)).toEqual([2, 2, 1]);
  expect(insertStatements(wide, [])).toEqual([]);
  expect(insertStatements(wide, [write({ id: '1', n: null, w: 'x'.repeat(3_000_000) })])).toHaveLength(1);
});

test('a statement is filled up to its limit, and the next one begins with the row that had no room', () => {
  const half = 'x'.repeat(1024 * 1024 - 2);
  expect(pieces([half, half], (text) => [text])).toEqual([`(${half}),(${half})`]);
  expect(pieces([half, half, 'y'], (text) => [text])).toEqual([`(${half}),(${half})`, '(y)']);
});
