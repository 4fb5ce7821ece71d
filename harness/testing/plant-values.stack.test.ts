import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DatabaseServer } from '#model/stack.ts';
import { finalCheck } from '#verify/observe/final.ts';
import { openWorld, type World } from './plant-fixture.ts';
import { startTestPostgres } from './postgres.ts';

let postgres: { readonly server: DatabaseServer } & AsyncDisposable;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** A type, the source's value, and another that a sink may hold in its place. All are SQL. */
interface Torture {
  readonly name: string;
  readonly type: string;
  readonly sinkType?: string;
  readonly value: string;
  /** Undefined where the sink's value means the same: `same` is then what it holds. */
  readonly other?: string;
  readonly same?: string;
}

const TORTURE: readonly Torture[] = [
  { name: 'scale', type: 'numeric', value: '1.00', other: '1.0' },
  { name: 'numeric_nan', type: 'numeric', value: `'NaN'`, other: '0' },
  { name: 'numeric_infinity', type: 'numeric', value: `'Infinity'`, other: `'-Infinity'` },
  {
    name: 'many_digits',
    type: 'numeric',
    value: '123456789012345678901234567890.123456789',
    other: '123456789012345678901234567890.123456788',
  },
  { name: 'float_bits', type: 'double precision', value: '0.1', other: `0.1::float8 + 1e-17::float8 * 2` },
  { name: 'negative_zero', type: 'double precision', value: `'-0'`, other: '0' },
  { name: 'float_nan', type: 'real', value: `'NaN'`, other: 'NULL' },
  {
    name: 'microsecond',
    type: 'timestamptz',
    value: `'2024-02-29 23:59:59.999999+00'`,
    other: `'2024-02-29 23:59:59.999998+00'`,
  },
  { name: 'instant_infinity', type: 'timestamptz', value: `'infinity'`, other: `'294276-12-31 23:59:59.999999+00'` },
  { name: 'instant_zone', type: 'timestamptz', value: `'2024-06-01 12:00+02'`, same: `'2024-06-01 10:00+00'` },
  { name: 'shifted', type: 'timestamp', value: `'2024-06-01 12:00'`, other: `'2024-06-01 10:00'` },
  { name: 'before_christ', type: 'date', value: `'0044-03-15 BC'`, other: `'0044-03-15'` },
  { name: 'date_infinity', type: 'date', value: `'-infinity'`, other: `'infinity'` },
  { name: 'end_of_day', type: 'time', value: `'24:00:00'`, other: `'00:00:00'` },
  { name: 'zoned_time', type: 'timetz', value: `'12:00+02'`, other: `'10:00+00'` },
  { name: 'span', type: 'interval', value: `'1 month'`, other: `'30 days'` },
  { name: 'unicode_form', type: 'text', value: `E'caf\\u00e9'`, other: `E'cafe\\u0301'` },
  { name: 'empty', type: 'text', value: `''`, other: 'NULL' },
  { name: 'word_null', type: 'text', value: 'NULL', other: `'NULL'` },
  { name: 'trailing', type: 'text', value: `'a '`, other: `'a'` },
  { name: 'control', type: 'text', value: `E'a\\tb\\n\\u0001\\\\"'`, other: `E'a\\tb\\n\\u0002\\\\"'` },
  { name: 'beyond_bmp', type: 'text', value: `'😀'`, other: `'😁'` },
  { name: 'case', type: 'text', value: `'ß'`, other: `'SS'` },
  { name: 'padded', type: 'char(5)', sinkType: 'text', value: `'ab'`, same: `'ab   '` },
  { name: 'varchar_text', type: 'varchar(9)', sinkType: 'text', value: `'ab'`, other: `'ab '` },
  { name: 'binary', type: 'bytea', value: `'\\x00ff'`, other: `'\\x00fe'` },
  { name: 'binary_empty', type: 'bytea', value: `''`, other: 'NULL' },
  { name: 'json_text', type: 'json', value: `'{"a": 1}'`, other: `'{"a":1}'` },
  { name: 'json_binary', type: 'jsonb', value: `'{"b": 1, "a": 2}'`, same: `'{"a":2,"b":1}'` },
  { name: 'json_number', type: 'jsonb', value: `'1.0'`, other: `'1.00'` },
  { name: 'json_null', type: 'jsonb', value: `'null'`, other: 'NULL' },
  { name: 'json_as_jsonb', type: 'json', sinkType: 'jsonb', value: `'{"b":1,  "a":2}'`, same: `'{"a": 2, "b": 1}'` },
  { name: 'jsonb_as_text', type: 'jsonb', sinkType: 'text', value: `'{"a": 1}'`, same: `'{"a":1}'` },
  { name: 'jsonb_as_wrong_text', type: 'jsonb', sinkType: 'text', value: `'{"a": 1}'`, other: `'{"a":'` },
  { name: 'array', type: 'text[]', value: `'{a,NULL,"NULL",""}'`, other: `'{a,NULL,NULL,""}'` },
  { name: 'array_shape', type: 'int[]', value: `'{{1,2},{3,4}}'`, other: `'{1,2,3,4}'` },
  { name: 'array_bounds', type: 'int[]', value: `'[0:1]={1,2}'`, other: `'{1,2}'` },
  { name: 'array_empty', type: 'int[]', value: `'{}'`, other: 'NULL' },
  {
    name: 'uuid_spelling',
    type: 'uuid',
    sinkType: 'text',
    value: `'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'`,
    same: `'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`,
  },
  { name: 'address', type: 'inet', value: `'10.0.0.1'`, other: `'10.0.0.1/24'` },
  { name: 'address_as_text', type: 'inet', sinkType: 'text', value: `'10.0.0.1'`, same: `'10.0.0.1/32'` },
  { name: 'mood', type: 'mood', value: `'glad'`, other: `'sad'` },
  { name: 'mood_as_text', type: 'mood', sinkType: 'text', value: `'glad'`, same: `'glad'` },
  { name: 'truth', type: 'boolean', value: 'true', other: 'false' },
  {
    name: 'span_as_text',
    type: 'interval',
    sinkType: 'text',
    value: `'1 year 2 days 03:04:05.000006'`,
    same: `'P1Y2DT3H4M5.000006S'`,
  },
  { name: 'widened', type: 'int', sinkType: 'bigint', value: '7', same: '7' },
  { name: 'narrowed', type: 'double precision', sinkType: 'real', value: '0.1', other: '0.1' },
  { name: 'real_as_double', type: 'real', sinkType: 'double precision', value: '0.1', same: '0.1::real::float8' },
  {
    name: 'instant_as_local',
    type: 'timestamptz',
    sinkType: 'timestamp',
    value: `'2024-06-01 12:00+02'`,
    same: `'2024-06-01 10:00'`,
  },
  { name: 'date_as_local', type: 'date', sinkType: 'timestamp', value: `'2024-06-01'`, other: `'2024-06-01 12:00'` },
];

async function tortured(values: (one: Torture) => string): Promise<World> {
  const mood = `CREATE TYPE mood AS ENUM ('sad', 'glad');`;
  const columns = (type: (one: Torture) => string) => TORTURE.map((one) => `"${one.name}" ${type(one)}`).join(', ');
  const world = await openWorld(postgres.server, {
    schema: `${mood} CREATE TABLE torture (id int PRIMARY KEY, ${columns((one) => one.type)})`,
    sinkSchema: `${mood} CREATE TABLE torture (id int PRIMARY KEY, _cdc_lsn bigint, ${columns((one) => one.sinkType ?? one.type)})`,
  });
  const names = TORTURE.map((one) => `"${one.name}"`).join(', ');
  await world.source.query(
    `INSERT INTO torture (id, ${names}) VALUES (1, ${TORTURE.map((one) => one.value).join(', ')})`,
  );
  await world.sink.query(`INSERT INTO torture (id, ${names}) VALUES (1, ${TORTURE.map(values).join(', ')})`);
  await world.snapshot('public.torture');
  return world;
}

async function differing(world: World): Promise<string[]> {
  const [verdict] = await finalCheck(world.subject);
  expect(verdict?.reason).toBeUndefined();
  return verdict?.findings.flatMap(({ differs }) => differs?.map(({ column }) => column) ?? []) ?? [];
}

describe('values are compared exactly, and by what they mean', () => {
  test('every value equals itself, also where the sink spells or types it in another way', async () => {
    await using world = await tortured((one) => one.same ?? one.value);
    // The one pair whose sink cannot hold the value at all.
    expect(await differing(world)).toEqual(['narrowed']);
  });

  test('every slightest difference is seen', async () => {
    await using world = await tortured((one) => one.other ?? one.same ?? one.value);
    expect((await differing(world)).sort()).toEqual(
      TORTURE.filter((one) => one.other !== undefined)
        .map((one) => one.name)
        .sort(),
    );
  });
});

describe('keys of awkward types', () => {
  const keys: readonly [type: string, values: readonly string[]][] = [
    ['timestamptz', [`'2024-01-01 00:00:00.000001Z'`, `'infinity'`, `'0044-03-15 00:00:00+00 BC'`]],
    ['numeric', ['1', '2.50', '1e20']],
    ['text', [`'😀'`, `E'\\uFFFD'`, `'"\\'`, `''`, `E'\\u007f\\u0001'`]],
    ['uuid', [`'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'`]],
    ['bytea', [`'\\x00'`, `'\\xff'`]],
    ['char(4)', [`'a'`, `'abcd'`]],
    ['inet', [`'10.0.0.1'`, `'10.0.0.0/8'`]],
    ['boolean', ['true', 'false']],
  ];

  for (const [type, values] of keys)
    test(`${type}: rows are matched, and a row of the sink that is gone is the one named`, async () => {
      const rows = values.map((value, index) => `(${value}, ${index})`).join(', ');
      await using world = await openWorld(postgres.server, {
        schema: `CREATE TABLE keyed (id ${type} PRIMARY KEY, n int); INSERT INTO keyed VALUES ${rows}`,
      });
      const [healthy] = await finalCheck(world.subject);
      expect(healthy).toMatchObject({
        verdict: 'PASS',
        tables: [{ sourceRows: values.length, sinkRows: values.length }],
      });
      await world.sink.query('DELETE FROM keyed WHERE n = 0');
      const [damaged] = await finalCheck(world.subject);
      expect(damaged?.findings.map(({ anomaly, hop, source }) => [anomaly, hop, source?.n])).toEqual([
        ['lost', 'log-to-sink', '0'],
      ]);
    });
});

test('tables larger than a batch are merged in the same order on both sides', async () => {
  await using world = await openWorld(postgres.server, {
    schema: `CREATE TABLE big (region text, id int, v text, PRIMARY KEY (region, id));
      INSERT INTO big SELECT (ARRAY['eu', 'EU', 'ä', '😀', E'\\uFFFD', 'z '])[1 + n % 6], n, md5(n::text) FROM generate_series(1, 9000) AS n`,
  });
  await world.sink.query(`DELETE FROM big WHERE id = 4444`);
  await world.sink.query(`UPDATE big SET v = 'x' WHERE id = 8999`);
  await world.sink.query(`INSERT INTO big VALUES ('😀', 999999, 'phantom')`);
  const [verdict] = await finalCheck(world.subject);
  expect(verdict?.counts).toEqual({ lost: 1, corrupt: 1, orphan: 1 });
}, 120_000);
