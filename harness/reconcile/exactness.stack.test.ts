import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTwoDatabases, type TwoDatabases } from '#testing/two-databases.ts';

/** Values of one type that are different and that some hash, cast or comparison takes for the same. */
interface Trap {
  readonly name: string;
  readonly type: string;
  /** SQL of the two values. */
  readonly values: readonly [source: string, target: string];
}

const TRAPS: readonly Trap[] = [
  { name: 'numeric scale', type: 'numeric', values: ['1.0', '1.00'] },
  { name: 'the sign of a numeric', type: 'numeric(12,2)', values: ['5.25', '-5.25'] },
  { name: 'unconstrained numerics that round alike', type: 'numeric', values: ['1.6', '1.9'] },
  { name: 'NaN and infinity as numerics', type: 'numeric', values: ["'NaN'", "'Infinity'"] },
  { name: 'the sign of infinity as a numeric', type: 'numeric', values: ["'-Infinity'", "'Infinity'"] },
  { name: 'NaN and zero', type: 'numeric(12,2)', values: ["'NaN'", '0'] },
  { name: 'the sign of zero', type: 'double precision', values: ["'-0'", "'0'"] },
  { name: 'the last bit of a double', type: 'double precision', values: ['0.1', '0.10000000000000002'] },
  { name: 'the last bit of a real', type: 'real', values: ['0.1', '0.10000001'] },
  { name: 'bigints that a 32-bit fold takes for the same', type: 'bigint', values: ['0', '4294967297'] },
  { name: 'negative bigints that a 32-bit fold takes for the same', type: 'bigint', values: ['-1', '-4294967298'] },
  {
    name: 'timestamps that a 32-bit fold takes for the same',
    type: 'timestamptz',
    values: ["'2000-01-01 00:00:00+00'", "'2000-01-01 01:11:34.967297+00'"],
  },
  {
    name: 'one microsecond',
    type: 'timestamptz',
    values: ["'2024-05-01 10:00:00.000001+00'", "'2024-05-01 10:00:00.000002+00'"],
  },
  {
    name: 'one microsecond without a zone',
    type: 'timestamp',
    values: ["'2024-05-01 10:00:00.000001'", "'2024-05-01 10:00:00.000002'"],
  },
  { name: 'before and after Christ', type: 'timestamp', values: ["'0044-03-15 12:00:00 BC'", "'0044-03-15 12:00:00'"] },
  { name: 'infinite timestamps', type: 'timestamptz', values: ["'infinity'", "'-infinity'"] },
  { name: 'infinity and NULL', type: 'timestamptz', values: ["'infinity'", 'NULL'] },
  { name: 'dates before Christ', type: 'date', values: ["'0001-01-01 BC'", "'0001-01-01'"] },
  { name: 'infinite dates', type: 'date', values: ["'infinity'", "'-infinity'"] },
  { name: 'a time and midnight', type: 'time', values: ["'24:00'", "'00:00'"] },
  { name: 'a zone of a time', type: 'timetz', values: ["'10:00+00'", "'12:00+02'"] },
  { name: 'a day and 24 hours', type: 'interval', values: ["'1 day'", "'24 hours'"] },
  { name: 'NULL and the empty string', type: 'text', values: ['NULL', "''"] },
  { name: 'NULL and the text <null>', type: 'text', values: ['NULL', "'<null>'"] },
  { name: 'NULL and the text NULL', type: 'text', values: ['NULL', "'NULL'"] },
  { name: 'the empty string and the text <null>', type: 'text', values: ["''", "'<null>'"] },
  { name: 'NULL and zero', type: 'bigint', values: ['NULL', '0'] },
  { name: 'NULL and the integer zero', type: 'integer', values: ['NULL', '0'] },
  { name: 'NULL and false', type: 'boolean', values: ['NULL', 'false'] },
  { name: 'NULL and empty bytes', type: 'bytea', values: ['NULL', "''"] },
  { name: 'NULL and the nil uuid', type: 'uuid', values: ['NULL', "'00000000-0000-0000-0000-000000000000'"] },
  { name: 'a leading blank', type: 'text', values: ["' a'", "'a'"] },
  { name: 'a trailing blank', type: 'text', values: ["'a '", "'a'"] },
  { name: 'a trailing newline', type: 'varchar(20)', values: ["E'a\\n'", "'a'"] },
  { name: 'composed and decomposed Unicode', type: 'text', values: ["U&'\\00E9'", "U&'e\\0301'"] },
  {
    name: 'upper and lower case under a collation that ignores it',
    type: 'text COLLATE nocase',
    values: ["'Ada'", "'ada'"],
  },
  { name: 'a backslash', type: 'text', values: ["'a\\b'", "'a\\\\b'"] },
  {
    name: 'long texts that differ at their end',
    type: 'text',
    values: ["repeat('x', 5000) || 'a'", "repeat('x', 5000) || 'b'"],
  },
  {
    name: 'a long text and its own digest',
    type: 'text',
    values: ["repeat('x', 2000)", "encode(sha256(convert_to(repeat('x', 2000), 'UTF8')), 'hex')"],
  },
  { name: 'bytes', type: 'bytea', values: ["'\\x00ff'", "'\\x00fe'"] },
  { name: 'bits', type: 'bit(4)', values: ["B'0101'", "B'0100'"] },
  { name: 'bits of another length', type: 'varbit', values: ["B'01'", "B'010'"] },
  { name: 'money', type: 'money', values: ["'1.00'", "'1.01'"] },
  { name: 'points', type: 'point', values: ["'(1,2)'", "'(1,2.0000000000000004)'"] },
  { name: 'json', type: 'json', values: [`'{"a":1}'`, `'{"a":2}'`] },
  { name: 'the scale of a number in jsonb', type: 'jsonb', values: [`'{"a":1.0}'`, `'{"a":1.00}'`] },
  { name: 'the sign of a number in jsonb', type: 'jsonb', values: [`'{"a":1}'`, `'{"a":-1}'`] },
  { name: 'xml', type: 'xml', values: ["'<a>1</a>'", "'<a>2</a>'"] },
  { name: 'tsvector', type: 'tsvector', values: ["'a:1'", "'a:2'"] },
  { name: 'the shape of an array', type: 'int[]', values: ["'{1,2}'", "'{{1,2}}'"] },
  { name: 'the bounds of an array', type: 'int[]', values: ["'{1,2}'", "'[0:1]={1,2}'"] },
  { name: 'NULL and its word inside an array', type: 'text[]', values: ["'{NULL}'", `'{"NULL"}'`] },
  { name: 'signs inside an array of numerics', type: 'numeric[]', values: ["'{1}'", "'{-1}'"] },
  { name: 'ranges', type: 'int4range', values: ["'[1,5)'", "'[1,6)'"] },
  { name: 'an enum', type: 'mood', values: ["'glad'", "'sad'"] },
  { name: 'a domain over numeric', type: 'price', values: ['1.0', '1.00'] },
  { name: 'network addresses', type: 'inet', values: ["'10.0.0.1/8'", "'10.0.0.1/16'"] },
  { name: 'the padding of character(n) apart', type: 'char(5)', values: ["'a'", "'b'"] },
];

let databases: TwoDatabases;

beforeAll(async () => {
  databases = await startTwoDatabases();
  await databases.both(`
    CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE DOMAIN price AS numeric`);
  // An enum's labels have other numbers in each database: only the labels count.
  await databases.source("CREATE TYPE mood AS ENUM ('glad', 'sad', 'other')");
  await databases.target("CREATE TYPE unrelated AS ENUM ('x', 'y'); CREATE TYPE mood AS ENUM ('other', 'glad', 'sad')");
  const statements: { source: string[]; target: string[] } = { source: [], target: [] };
  for (const [n, { type, values }] of TRAPS.entries()) {
    const [one, other] = values.map((value) => `(${value})::${type.replace(/ COLLATE .*/, '')}`);
    // In `lone` one value of one row differs; in `swapped` two rows, in `crossed` two columns have changed places.
    const contents = {
      lone: [`(1, ${one}, ${other}), (2, ${one}, ${one})`, `(1, ${one}, ${other}), (2, ${other}, ${one})`],
      swapped: [`(1, ${one}, ${one}), (2, ${other}, ${one})`, `(1, ${other}, ${one}), (2, ${one}, ${one})`],
      crossed: [`(1, ${one}, ${one}), (2, ${one}, ${other})`, `(1, ${one}, ${one}), (2, ${other}, ${one})`],
    };
    for (const [name, [source, target]] of Object.entries(contents)) {
      const create = `CREATE TABLE ${name}${n} (id int PRIMARY KEY, a ${type}, b ${type}); INSERT INTO ${name}${n} VALUES`;
      statements.source.push(`${create} ${source}`);
      statements.target.push(`${create} ${target}`);
    }
  }
  await Promise.all([databases.source(statements.source.join(';')), databases.target(statements.target.join(';'))]);
});

afterAll(() => databases?.[Symbol.asyncDispose]());

const EXPECTED = { lone: ['2a'], swapped: ['1a', '2a'], crossed: ['2ab'] };

describe.each(['row-hash', 'canonical-text'] as const)('by %s', (hashing) => {
  test.each(Object.entries(EXPECTED))('values that look alike are told apart: %s', async (name, expected) => {
    const report = await databases.compare(
      TRAPS.map((_, n) => ({ source: `${name}${n}` })),
      { hashing },
    );
    expect(report.tables.flatMap(({ error }) => error ?? [])).toEqual([]);
    const seen = TRAPS.map((trap, n) => {
      const found = report.discrepancies.find(({ table }) => table === `${name}${n}`)?.details.changed ?? [];
      return [
        trap.name,
        found.map(({ key, columns }) => `${key.id}${columns?.map(({ column }) => column).join('')}`).sort(),
      ];
    });
    expect(seen).toEqual(TRAPS.map((trap) => [trap.name, expected]));
  });
});
