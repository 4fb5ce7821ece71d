import { describe, expect, test } from 'vitest';
import { pairingOf } from './common-form.ts';
import { engineOf } from './index.ts';
import type { Engine } from './port/engine.ts';

const [mariadb, postgres, sqlserver] = ['mariadb', 'postgres', 'sqlserver'].map((engine) => engineOf({ engine })) as [
  Engine,
  Engine,
  Engine,
];
const column = (type: string) => ({ name: 'v', type, nullable: true, generated: false, order: undefined });

describe('the form in which a column of MariaDB and one of PostgreSQL are compared', () => {
  test.each([
    ['int(11)', 'bigint', 'integer'],
    ['tinyint(1)', 'boolean', 'integer'],
    ['bit(1)', 'boolean', 'integer'],
    ['bit(8)', 'bit(8)', 'bits'],
    ['bigint(20) unsigned', 'bigint', 'decimal'],
    ['int(10) unsigned', 'bigint', 'integer'],
    ['decimal(12,2)', 'numeric', 'decimal'],
    ['decimal(12,2)', 'integer', 'decimal'],
    ['double', 'real', 'float'],
    ['varchar(20)', 'text', 'text'],
    ['varchar(20)', 'character(20)', 'padded-text'],
    ['char(20)', 'character varying(20)', 'padded-text'],
    ["enum('a','b')", 'shop.mood', 'text'],
    ['longblob', 'bytea', 'bytes'],
    ['char(36)', 'uuid', 'uuid'],
    ['timestamp(3)', 'timestamp with time zone', 'timestamp'],
    ['datetime', 'timestamp with time zone', 'timestamp'],
    ['date', 'date', 'date'],
    ['date', 'timestamp without time zone', 'timestamp'],
    ['time(6)', 'time without time zone', 'time'],
  ])('%s and %s: %s', (left, right, form) => {
    expect(pairingOf(mariadb, postgres).form(column(left), column(right))).toBe(form);
    expect(pairingOf(postgres, mariadb).form(column(right), column(left))).toBe(form);
  });

  test.each([
    ['longtext', 'jsonb'],
    ['int(11)', 'text'],
    ['decimal(12,2)', 'boolean'],
    ['double', 'numeric'],
    ['varchar(20)', 'bytea'],
    ['time', 'interval'],
    ['geometry', 'text'],
  ])('%s and %s: none', (left, right) => {
    expect(pairingOf(mariadb, postgres).form(column(left), column(right))).toBeUndefined();
  });
});

test('two databases of PostgreSQL keep their own forms', () => {
  const pairing = pairingOf(postgres, postgres);
  expect(pairing.byKind).toBe(false);
  expect(pairing.form(column('text'), column('text'))).toBeUndefined();
  expect(pairing.differ(column('integer'), column('uuid'))).toBe(true);
});

test('two databases of MariaDB go by kind', () => {
  expect(pairingOf(mariadb, mariadb)).toMatchObject({ byKind: true });
});

describe('the form in which a column of SQL Server is compared', () => {
  test.each([
    ['nchar(5)', 'text', 'padded-text'],
    ['char(5)', 'varchar(5)', 'padded-text'],
    ['nvarchar(5)', 'text', 'text'],
    ['bit', 'boolean', 'integer'],
    ['money', 'numeric', 'decimal'],
    ['uniqueidentifier', 'uuid', 'uuid'],
    ['datetimeoffset(7)', 'timestamp with time zone', 'timestamp'],
    ['rowversion', 'bytea', 'bytes'],
    ['float', 'double precision', 'float-bits'],
    ['real', 'real', 'float-bits'],
  ])('%s and %s of PostgreSQL: %s', (left, right, form) => {
    expect(pairingOf(sqlserver, postgres).form(column(left), column(right))).toBe(form);
    expect(pairingOf(postgres, sqlserver).form(column(right), column(left))).toBe(form);
  });

  test.each([
    ['sql_variant', 'text'],
    ['hierarchyid', 'character varying(20)'],
    ['geography', 'text'],
  ])('%s and %s of PostgreSQL: none', (left, right) => {
    expect(pairingOf(sqlserver, postgres).form(column(left), column(right))).toBeUndefined();
    expect(pairingOf(postgres, sqlserver).form(column(right), column(left))).toBeUndefined();
    expect(pairingOf(sqlserver, sqlserver).form(column(left), column(left))).toBeUndefined();
  });

  test('floats go by their bits beside any engine, and beside itself', () => {
    expect(pairingOf(mariadb, sqlserver).form(column('double'), column('float'))).toBe('float-bits');
    expect(pairingOf(sqlserver, sqlserver).form(column('real'), column('float'))).toBe('float-bits');
  });
});
