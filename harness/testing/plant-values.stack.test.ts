import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import type { PairTables } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { continuousCheck } from '#verify/observe/continuous.ts';
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
  { name: 'scale', type: 'numeric', value: '1.00', same: '1.0' },
  { name: 'scale_zero', type: 'numeric', value: '100', same: '100.000' },
  { name: 'more_scale', type: 'numeric(10,2)', sinkType: 'numeric(14,4)', value: '1.50', same: '1.5000' },
  { name: 'more_digits', type: 'numeric(10,2)', sinkType: 'numeric(14,4)', value: '1.50', other: '1.5001' },
  { name: 'less_scale', type: 'numeric(10,2)', sinkType: 'numeric(10,1)', value: '-1.50', same: '-1.5' },
  { name: 'rounded', type: 'numeric(10,2)', sinkType: 'numeric(10,1)', value: '1.55', other: '1.6' },
  { name: 'no_scale', type: 'numeric(10,2)', sinkType: 'numeric', value: '1.50', same: '1.5' },
  { name: 'a_scale', type: 'numeric', sinkType: 'numeric(10,3)', value: '3', same: '3.000' },
  { name: 'decimal_nan', type: 'numeric(10,2)', sinkType: 'numeric', value: `'NaN'`, same: `'NaN'` },
  { name: 'decimal_infinity', type: 'numeric', sinkType: 'double precision', value: `'Infinity'`, same: `'Infinity'` },
  { name: 'decimal_double', type: 'numeric(10,2)', sinkType: 'double precision', value: '0.10', same: '0.1' },
  {
    name: 'too_many_for_a_double',
    type: 'numeric',
    sinkType: 'double precision',
    value: '12345678901234567890.5',
    other: '12345678901234567890.5',
  },
  { name: 'decimal_integer', type: 'numeric(6,2)', sinkType: 'bigint', value: '7.00', same: '7' },
  { name: 'integer_decimal', type: 'int', sinkType: 'numeric(9,3)', value: '7', same: '7.000' },
  { name: 'decimal_text', type: 'numeric(10,2)', sinkType: 'text', value: '1.50', same: `'1.5'` },
  { name: 'decimal_no_text', type: 'numeric(10,2)', sinkType: 'text', value: '1.50', other: `'1,5'` },
  { name: 'domain', type: 'price', value: '2.50', same: '2.5' },
  { name: 'decimals', type: 'numeric[]', value: `'{1.00,NULL,NaN,0.10}'`, same: `'{1,NULL,NaN,0.1}'` },
  {
    name: 'decimals_scaled',
    type: 'numeric(8,2)[]',
    sinkType: 'numeric(9,4)[]',
    value: `'[0:1]={10.50,200}'`,
    same: `'[0:1]={10.5,200}'`,
  },
  { name: 'decimals_wrong', type: 'numeric[]', value: `'{10}'`, other: `'{1}'` },
  { name: 'reals', type: 'real[]', sinkType: 'double precision[]', value: `'{0.1,NULL}'`, same: `'{0.1,NULL}'` },
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
  { name: 'real_by_json', type: 'real', sinkType: 'double precision', value: '0.1', same: '0.1' },
  { name: 'real_too_far', type: 'real', sinkType: 'double precision', value: '0.1', other: '0.10000002' },
  { name: 'real_beyond', type: 'real', sinkType: 'double precision', value: '3.4028235e38', other: '1e300' },
  { name: 'real_decimal', type: 'real', sinkType: 'numeric', value: '0.1', same: '0.100000001490116' },
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
  const types = `CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN amount AS numeric; CREATE DOMAIN price AS amount;`;
  const columns = (type: (one: Torture) => string) => TORTURE.map((one) => `"${one.name}" ${type(one)}`).join(', ');
  const world = await openWorld(postgres.server, {
    schema: `${types} CREATE TABLE torture (id int PRIMARY KEY, ${columns((one) => one.type)})`,
    sinkSchema: `${types} CREATE TABLE torture (id int PRIMARY KEY, _cdc_lsn bigint, ${columns((one) => one.sinkType ?? one.type)})`,
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
    // The sinks of these cannot hold the value at all.
    expect(await differing(world)).toEqual(['rounded', 'too_many_for_a_double', 'narrowed']);
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

describe('numbers whose scale the sink does not keep', () => {
  const schema = `CREATE TABLE priced (price numeric, part int, cost numeric(10,2), weight real, PRIMARY KEY (price, part));
    INSERT INTO priced SELECT g + 0.5, g % 3, g + 0.10, g + 0.1 FROM generate_series(1, 1200) AS g`;
  const sinkSchema = `CREATE TABLE priced (weight double precision, cost numeric, part bigint, price numeric(12,4), _cdc_lsn bigint, PRIMARY KEY (price, part))`;
  const notes = [
    'public.priced.price is numeric at the source, numeric(12,4) in the sink: compared by value (1.50 and 1.5000 are equal)',
    'public.priced.cost is numeric(10,2) at the source, numeric in the sink: compared by value (1.50 and 1.5000 are equal)',
    'public.priced.weight is real at the source, double precision in the sink: compared as real, the precision of the source',
  ];

  const open = async (): Promise<World> => {
    const world = await openWorld(postgres.server, { schema, sinkSchema });
    await world.sink.query('UPDATE priced SET cost = trim_scale(cost), weight = round(weight::numeric, 1)');
    return world;
  };

  test('are equal by value, in a key of several columns too, and the report says how they are compared', async () => {
    await using world = await open();
    expect((await finalCheck(world.subject))[0]).toMatchObject({ verdict: 'PASS', notes });
    await world.sink.query('UPDATE priced SET cost = 7.11 WHERE part = 1 AND price = 7.5');
    await world.sink.query('DELETE FROM priced WHERE price = 900.5');
    const [verdict] = await finalCheck(world.subject);
    expect(verdict?.findings.map(({ anomaly, key, differs }) => [anomaly, key, differs])).toEqual([
      ['corrupt', '["7.5","1"]', [{ column: 'cost', source: '7.10', sink: '7.11' }]],
      ['lost', '["900.5","0"]', undefined],
    ]);
  });

  test('differ where the mapping asks for an exact comparison, and their rows are still matched by value', async () => {
    await using world = await open();
    const pair: PairTables = (source, sinks) => ({ source, sink: sinks.get('public.priced') as Table, exact: true });
    Object.assign(world.variant.spec, { pair });
    const [verdict] = await finalCheck(world.subject);
    expect(verdict).toMatchObject({ verdict: 'FAIL', counts: { corrupt: 1200 } });
    expect(verdict).not.toHaveProperty('notes');
    expect(verdict?.findings[0]?.differs?.map(({ column }) => column)).toEqual(['price', 'cost', 'weight']);
  });

  test('a check while writers write finds no difference in them either', async () => {
    await using world = await open();
    expect((await continuousCheck(world.subject))[0]).toMatchObject({ verdict: 'PASS', counts: {} });
    await world.sink.query('UPDATE priced SET weight = weight + 1 WHERE part = 1 AND price = 7.5');
    const found = (await continuousCheck(world.subject))[0]?.findings;
    expect(found?.map(({ anomaly, key }) => [anomaly, key])).toEqual([['corrupt', '["7.5","1"]']]);
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
