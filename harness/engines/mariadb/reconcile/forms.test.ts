import { describe, expect, test } from 'vitest';
import type { ColumnPlan, CommonForm, SideColumn } from '#engines/port/reconcile.ts';
import { columnForms } from './forms.ts';

const column = (type: string, more: Partial<SideColumn> = {}): SideColumn => ({
  ...{ name: 'c', type, nullable: false, generated: false, order: undefined, ...more },
});
const planOf = (form: CommonForm, type: string, other = type): ColumnPlan => ({
  ...{ name: 'c', source: column(type), target: column(other), form },
});
const value = 't.`c`';
const hex = (sql: string): string => `LOWER(LPAD(HEX(${sql}), 16, '0'))`;
const MICROSECONDS = `CAST(TRUNCATE(TIME_TO_SEC(${value}), 0) * 1000000 + IF(${value} < TIME'00:00:00', -1, 1) * MICROSECOND(${value}) AS SIGNED)`;
const counted = (text: string) => ({
  text: `IF(LENGTH(${text}) > 1024, SHA2(${text}, 256), ${text})`,
  length: `LENGTH(${text})`,
});
const plain = (text: string) => ({ text, length: undefined });
const trimmed = `TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST(${value} AS CHAR)))`;

test.each<[CommonForm, type: string, ReturnType<typeof counted> | ReturnType<typeof plain>]>([
  ['integer', 'int(11)', plain(hex(`CAST(${value} AS SIGNED)`))],
  ['decimal', 'decimal(9,2)', plain(trimmed)],
  ['decimal', 'decimal(9,0)', plain(`CAST(${value} AS CHAR)`)],
  ['decimal', 'bigint(20) unsigned zerofill', plain(`CAST(${value} + 0 AS CHAR)`)],
  ['text', 'longtext', counted(`CONVERT(${value} USING utf8mb4)`)],
  ['text', 'inet6', counted(`CONVERT(CAST(${value} AS CHAR) USING utf8mb4)`)],
  ['padded-text', 'char(5)', counted(`RTRIM(CONVERT(${value} USING utf8mb4))`)],
  ['bytes', 'varbinary(9)', counted(`LOWER(HEX(${value}))`)],
  ['bits', 'bit(9)', counted(`LPAD(BIN(${value} + 0), 9, '0')`)],
  ['bits', 'int(11)', counted(`LPAD(BIN(${value} + 0), 1, '0')`)],
  ['uuid', 'uuid', counted(`LOWER(CAST(${value} AS CHAR))`)],
  ['time', 'time(6)', plain(hex(MICROSECONDS))],
])('the form %s of a %s is the text that PostgreSQL writes', (form, type, expected) => {
  expect(columnForms(planOf(form, type), 'source')).toMatchObject(expected);
});

test('a count since 2000 is of the width that PostgreSQL has, and a date of no calendar lies below all counts', () => {
  const { text: moment } = columnForms(planOf('timestamp', 'datetime(6)'), 'source');
  expect(moment).toContain(`RIGHT(LPAD(HEX(TIMESTAMPDIFF(MICROSECOND, '2000-01-01', ${value})), 16, '0'), 16)`);
  expect(moment).toContain(`CONCAT('8', LEFT(SHA2(CAST(CAST(${value} AS DATETIME(6)) AS CHAR), 256), 15))`);
  const { text: day } = columnForms(planOf('date', 'date'), 'source');
  expect(day).toContain(`RIGHT(LPAD(HEX(DATEDIFF(${value}, '2000-01-01')), 16, '0'), 8)`);
  expect(day).toContain(`CONCAT('8', LEFT(SHA2(CAST(CAST(${value} AS DATE) AS CHAR), 256), 7))`);
  expect(day).toMatch(/^IF\(t\.`c` IS NULL, NULL, COALESCE\(LOWER\(/);
});

test.each([
  ['double', value],
  ['float', `(${value} * 1e0)`],
])('a %s is scaled where its shortest digits may be another double', (type, double) => {
  const { text, value: own } = columnForms(planOf('float', type), 'source');
  const sign = `IF(LEFT(CAST(${value} AS CHAR), 1) = '-', '-', '')`;
  expect(own).toBe(double);
  expect(text.startsWith(`IF(ABS(${double}) >= 1e15 AND ABS(${double}) < 1e40, CONCAT(${sign}, CASE WHEN`)).toBe(true);
  expect(text).toContain(`(ABS(${double}) * 7.888609052210118e-31)`);
  expect(text).toContain(`'p100')`);
  // A computed number is written without its sign, for which a MySQL has no room.
  expect(text.includes(`CONCAT(${sign}, CASE WHEN CAST(ABS(${double}) AS CHAR)`)).toBe(type === 'float');
});

describe('a value is shown', () => {
  const shown = (form: CommonForm, type: string, other: string) =>
    columnForms(planOf(form, type, other), 'source').shownAs;

  test.each(['boolean', 'tinyint(1)'])('as a truth to a column of type %s', (other) => {
    expect(shown('integer', 'tinyint(1)', other)).toEqual({ kind: 'boolean' });
  });

  test.each(['smallint', 'tinyint(1) unsigned', 'my boolean'])('as a number to a column of type %s', (other) => {
    expect(shown('integer', 'tinyint(1)', other)).toEqual({ kind: 'integer', bits: 64 });
  });

  test('as a clock has it where it is a time of day, and as its kind otherwise', () => {
    expect(shown('time', 'time(6)', 'time without time zone')).toEqual({ kind: 'local-time', digits: 6 });
    expect(shown('date', 'date', 'date')).toEqual({ kind: 'date' });
  });
});

test('a column is nullable where one side is, and the other side is read by its own name', () => {
  const pair = planOf('integer', 'int(11)');
  const target = column('bigint(20)', { name: 'd', nullable: true });
  expect(columnForms({ ...pair, target }, 'target')).toMatchObject({
    ...{ nullable: true, value: 't.`d`', kind: { kind: 'integer', bits: 64 } },
  });
  const source = column('int(11)', { nullable: true });
  expect(columnForms({ ...pair, source }, 'target').nullable).toBe(true);
  expect(columnForms(pair, 'target').nullable).toBe(false);
});

test('a column without a form in common is no column of this table', () => {
  const { form: _, ...bare } = planOf('integer', 'int(11)');
  expect(() => columnForms(bare, 'source')).toThrow('c has no form in common');
});
