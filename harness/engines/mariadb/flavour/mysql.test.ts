import { describe, expect, test } from 'vitest';
import type { RowWrite } from '#engines/port/sink.ts';
import { deleteStatements, type MariadbTable, upsertStatements } from '../apply-statements.ts';
import { createTableSql } from '../definitions.ts';
import { flavourOf, flavourOfUrl } from '../flavour.ts';
import { typeFor } from '../kinds.ts';
import { lackOf } from '../requirements.ts';
import { addColumnSql } from '../sink-ddl.ts';
import { mysqlFlavour as mysql } from './mysql.ts';

const column = (name: string, type: string) => ({
  ...{ name, type, castType: type, generated: false, demanded: false, attributes: ' NULL' },
});
const table: MariadbTable = {
  id: 'db.t',
  flavour: mysql,
  columns: new Map([column('id', 'int'), column('_cdc_guard', 'bigint')].map((one) => [one.name, one])),
  key: ['id'],
  otherUnique: false,
};
const row: RowWrite = {
  ...{ key: ['id'], values: { id: '1' }, op: 'u', lsn: 7n, capturedAtMs: undefined, receivedAtMs: 0, guard: 8n },
};

test('a flavour is found by the engine that a database names, and by the scheme of a URL', () => {
  expect([flavourOf({ engine: 'mysql' }), flavourOfUrl('mysql://h/d')]).toEqual([mysql, mysql]);
  expect([flavourOf({ engine: 'mariadb' }).name, flavourOfUrl('mariadb://h/d').name]).toEqual(['mariadb', 'mariadb']);
});

describe('in the SQL of MySQL', () => {
  test('the row that was to be inserted has a name of its own, beside that of the table', () => {
    expect(upsertStatements(table, [row])).toEqual([
      'INSERT INTO `t` (`id`, `_cdc_guard`) VALUES (1,8) AS offered ON DUPLICATE KEY UPDATE `t`.`_cdc_guard` = ' +
        'COALESCE(GREATEST(`t`.`_cdc_guard`, offered.`_cdc_guard`), `t`.`_cdc_guard`, offered.`_cdc_guard`)',
    ]);
  });

  test('rows are a table by themselves', () => {
    expect(
      deleteStatements(table, [
        { columns: ['id'], values: ['1'] },
        { columns: ['id'], values: ['2'] },
      ]),
    ).toEqual(['DELETE t FROM (VALUES ROW(1),ROW(2)) i (p0) STRAIGHT_JOIN `t` t ON t.`id` = i.p0']);
  });

  test('a text without a length gets its default from an expression', () => {
    const added = { name: 'a', connectType: 'string', optional: false, default: 'x' } as const;
    expect(addColumnSql('db.t', added, mysql)).toBe("ALTER TABLE `t` ADD COLUMN `a` longtext NOT NULL DEFAULT ('x')");
    const number = { name: 'a', connectType: 'int32', optional: false, default: '5' } as const;
    expect(addColumnSql('db.t', number, mysql)).toBe('ALTER TABLE `t` ADD COLUMN `a` int(11) NOT NULL DEFAULT 5');
  });

  test('a text of a source is as long as one that has a default can be', () => {
    const text = { name: 'a', kind: { kind: 'text' } } as const;
    const sql = createTableSql({ name: 't', columns: [text, { ...text, name: 'b', default: 'x' }], key: [] }, mysql);
    expect(sql).toContain("(`a` longtext NOT NULL, `b` varchar(1000) NOT NULL DEFAULT 'x')");
  });

  test.each([
    [30, 'decimal(65,30)'],
    [31, undefined],
  ])('a decimal has at most 30 digits behind the point: %i', (scale, type) => {
    expect(typeFor({ kind: 'decimal', precision: 65, scale }, mysql)).toBe(type);
  });

  test('a UUID is a text', () => {
    expect(typeFor({ kind: 'uuid' }, mysql)).toBe('varchar(36)');
  });
});

/** As MySQL 9.7.4 shows them. */
test.each([
  ['(`z` > 1)', '(`z` > 1)'],
  ["(`b` in (_utf8mb4\\'a\\',_utf8mb4\\'it\\\\\\'s\\'))", "(`b` in ('a','it\\'s'))"],
  ["concat(`b`,_utf8mb4\\'\\\\\\'z\\')", "concat(`b`,'\\'z')"],
])('the expression %s is the SQL %s', (shown, sql) => {
  expect(mysql.shownSql(shown)).toBe(sql);
});

test.each([
  ['abc', '', "'abc'"],
  ['5', 'auto_increment', "'5'"],
  ["b'101'", '', "b'101'"],
  ['CURRENT_TIMESTAMP(6)', 'DEFAULT_GENERATED on update CURRENT_TIMESTAMP(6)', 'CURRENT_TIMESTAMP(6)'],
  ['(1 + 2)', 'DEFAULT_GENERATED', '((1 + 2))'],
])('the default %s (%s) is written as %s', (fallback, extra, sql) => {
  expect(mysql.defaultSql(fallback, extra)).toBe(sql);
});

test('a server without GTIDs is refused, and so is a user without its rights', () => {
  const settings = new Map([
    ['log_bin', 'ON'],
    ['binlog_format', 'ROW'],
    ['binlog_row_image', 'FULL'],
    ['binlog_row_metadata', 'FULL'],
    ['log_bin_trust_function_creators', 'ON'],
    ['gtid_mode', 'OFF'],
  ]);
  const grants = [
    'GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, INDEX, ALTER, TRIGGER, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `lab`@`%`',
    'GRANT BINLOG_ADMIN,CONNECTION_ADMIN ON *.* TO `lab`@`%`',
  ];
  const state = { settings, grants, account: 'lab@%' };
  expect(lackOf(state, mysql)).toMatchObject({ expected: 'gtid_mode=ON', hint: expect.stringContaining('[mysqld]') });
  settings.set('gtid_mode', 'ON');
  expect(lackOf(state, mysql)).toBeUndefined();
  expect(lackOf({ ...state, grants: grants.slice(0, 1) }, mysql)).toMatchObject({ expected: 'CONNECTION_ADMIN' });
});
