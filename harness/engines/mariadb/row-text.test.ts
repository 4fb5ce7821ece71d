import { describe, expect, test } from 'vitest';
import type { ColumnPair, ReadPlan } from '#engines/port/compare.ts';
import type { Kind } from '#model/kind.ts';
import { planHashSql, textHashSql } from './row-text.ts';

const column = (type: string) => ({ name: 'c', type, nullable: true, generated: false });
const planOf = (...columns: ColumnPair[]): ReadPlan => ({
  ...{ side: 'source', key: [], columns, bookkeeping: [] },
  table: { schema: 'db', name: 't', columns: [], key: [] },
});
/** The hash of a row of texts: SQL for each between the quotes of JSON. */
const hashOf = (...texts: string[]): string =>
  textHashSql(
    `CONCAT('[', ${texts.map((text) => `COALESCE(CONCAT('"', ${text}, '"'), 'null')`).join(", ',', ")}, ']')`,
  );

const value = 't.`c`';
const text = `CAST(${value} AS CHAR)`;
const escaped = (sql: string): string =>
  `REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(CAST(${sql} AS BINARY), x'5C', x'5C5C'), x'22', x'5C22'), x'0A', x'5C6E'), x'09', x'5C74'), x'0D', x'5C72')`;
const trimmed = `TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM ${text}))`;
const characters = `CONVERT(${value} USING utf8mb4)`;

test('a hash is the first eight bytes of the digest, with a sign', () => {
  expect(textHashSql('x')).toBe('CAST(CONV(LEFT(SHA2(x, 256), 16), 16, -10) AS SIGNED)');
});

describe('beside another engine', () => {
  const across = (type: string, as: Kind) => planHashSql(planOf({ source: column(type), sink: column('int'), as }));

  test.each<[type: string, as: Kind, sql: string]>([
    ['int(11)', { kind: 'integer', bits: 32 }, `CAST(${value} + 0 AS CHAR)`],
    ['bit(3)', { kind: 'integer', bits: 32 }, `CAST(${value} + 0 AS CHAR)`],
    ['year(4)', { kind: 'year' }, `CAST(${value} + 0 AS CHAR)`],
    [
      'tinyint(1)',
      { kind: 'boolean' },
      `CASE ${value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE CAST(${value} + 0 AS CHAR) END`,
    ],
    ['decimal(9,2)', { kind: 'decimal', precision: 9, scale: 2 }, text],
    ['bit(9)', { kind: 'bits', length: 9 }, `LPAD(BIN(${value} + 0), 9, '0')`],
    ['datetime(6)', { kind: 'instant', digits: 6 }, `CONCAT(${trimmed}, '+00')`],
    ['timestamp', { kind: 'local-timestamp', digits: 6 }, `CONCAT(${text}, '')`],
    ['date', { kind: 'date' }, text],
    ['uuid', { kind: 'uuid' }, `LOWER(${text})`],
    ['varbinary(9)', { kind: 'bytes' }, `CONCAT(x'5C5C', 'x', LOWER(HEX(${value})))`],
    ['longtext', { kind: 'text' }, escaped(characters)],
    ["enum('a')", { kind: 'enum', labels: ['a'] }, escaped(characters)],
    ['char(3)', { kind: 'text', length: 3, padded: true }, escaped(`RTRIM(${characters})`)],
  ])('a %s is written as %j has it', (type, as, sql) => {
    expect(across(type, as)).toBe(hashOf(sql));
  });

  test.each<[type: string, as: Kind]>([
    ['longtext', { kind: 'integer', bits: 32 }],
    ['longtext', { kind: 'boolean' }],
    ['decimal(9,2)', { kind: 'decimal', precision: 9, scale: 3 }],
    ['decimal(9,2) zerofill', { kind: 'decimal', precision: 9, scale: 2 }],
    ['int(11)', { kind: 'decimal', precision: 9, scale: 0 }],
    ['bit(8)', { kind: 'bits', length: 9 }],
    ['int(11)', { kind: 'bits', length: 9 }],
    ['date', { kind: 'instant', digits: 6 }],
    ['datetime(6)', { kind: 'date' }],
    ['longtext', { kind: 'uuid' }],
    ['longtext', { kind: 'bytes' }],
    ['int(11)', { kind: 'text' }],
    ['double', { kind: 'float', bits: 64 }],
    ['time(6)', { kind: 'local-time', digits: 6 }],
    ['time(6)', { kind: 'duration' }],
    ['longtext', { kind: 'json' }],
    ['longtext', { kind: 'array', element: { kind: 'text' } }],
  ])('a %s as %j is read, since the server would write it otherwise', (type, as) => {
    expect(across(type, as)).toBeUndefined();
  });
});

describe('between two MariaDBs', () => {
  const own = (source: string, sink = source) => planHashSql(planOf({ source: column(source), sink: column(sink) }));

  test('any text will do that says all of a value, where both sides write the same', () => {
    expect(own('double')).toBe(hashOf(escaped(text)));
    expect(own('float')).toBe(hashOf(escaped(`CAST((${value} * 1e0) AS CHAR)`)));
    expect(own('point')).toBe(hashOf(`HEX(${value})`));
    expect(own('int(11)', 'bigint(20)')).toBe(hashOf(`CAST(${value} + 0 AS CHAR)`));
  });

  test('a pair that they would write each in its own way is read', () => {
    expect(own('double', 'float')).toBeUndefined();
    expect(own('int(11)', 'longtext')).toBeUndefined();
  });

  test('a row is all of its columns, or none is hashed', () => {
    const pairs = ['int(11)', 'date'].map((type) => ({ source: column(type), sink: column(type) }));
    expect(planHashSql(planOf(...pairs))).toBe(hashOf(`CAST(${value} + 0 AS CHAR)`, text));
    const unlike = { source: column('double'), sink: column('float') };
    expect(planHashSql(planOf(...pairs, unlike))).toBeUndefined();
  });
});
