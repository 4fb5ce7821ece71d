import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ConnectSchema } from '#log/wire.ts';
import { constantOf, wireSchema } from './wire-columns.ts';

/** The types of the columns of a table whose records Debezium wrote with their schemas. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ id: 'integer', small: 'smallint', big: 'bigint', scaled: 'numeric(20,4)', free: 'numeric', single: 'real' },
  ...{ double: 'double precision', money: 'money', truth: 'boolean', instant: 'timestamp with time zone' },
  ...{ local: 'timestamp without time zone', day: 'date', clock: 'time without time zone' },
  ...{
    zoned_clock: 'time with time zone',
    span: 'interval',
    uuid: 'uuid',
    bytes: 'bytea',
    json: 'json',
    jsonb: 'jsonb',
  },
  ...{ words: 'text', short: 'character varying(20)', padded: 'character(6)', numbers: 'integer[]', texts: 'text[]' },
  ...{
    uuids: 'uuid[]',
    amounts: 'numeric(6,2)[]',
    instants: 'timestamp with time zone[]',
    mood: 'mood',
    moods: 'mood[]',
  },
  ...{ address: 'inet', network: 'cidr', card: 'macaddr', bit: 'bit(1)', bits: 'bit(5)', some_bits: 'bit varying(8)' },
  ...{ xml: 'xml', lexemes: 'tsvector', range: 'int4range', times: 'tstzrange', point: 'point', oid: 'oid' },
  ...{ generated: 'integer', identity: 'integer' },
};

interface Recorded {
  readonly jsonSchemas: readonly string[];
}

/** What of a schema decides how values are read, and what a column of them holds. */
function essence({ type, name, parameters, items }: ConnectSchema): unknown {
  return { type, name, parameters, items: items && { ...(essence(items) as object), optional: items.optional } };
}

test('columns are as Debezium itself writes them, by its own records of a table of all types', () => {
  const url = new URL('../../log/formats/avro.fixture.json', import.meta.url);
  const { jsonSchemas } = JSON.parse(readFileSync(url, 'utf8')) as Recorded;
  const rows = jsonSchemas
    .map((text) => JSON.parse(text) as ConnectSchema)
    .flatMap(({ fields = [] }) => fields.filter(({ field, name }) => field === 'after' && name?.includes('all_types')));
  expect(rows.length).toBeGreaterThan(0);
  for (const { fields = [] } of rows)
    for (const field of fields) {
      const type = TYPES[field.field ?? ''] ?? '';
      const column = {
        ...{ type, element: type.endsWith('[]') ? type.slice(0, -2) : null },
        labels: type.startsWith('mood') ? ['sad', 'glad'] : [],
      };
      expect([field.field, essence(wireSchema(column, { 'interval.handling.mode': 'string' }))]).toEqual([
        field.field,
        essence(field),
      ]);
    }
});

const schemaOf = (type: string, config: Readonly<Record<string, string>> = {}) =>
  wireSchema({ type, element: null, labels: [] }, config);

test.each([
  ['numeric(12,2)', { 'decimal.handling.mode': 'string' }, 'string', undefined],
  ['numeric', { 'decimal.handling.mode': 'double' }, 'double', undefined],
  ['money', { 'money.fraction.digits': '3' }, 'bytes', 'org.apache.kafka.connect.data.Decimal'],
  ['timestamp(3) without time zone', {}, 'int64', 'io.debezium.time.Timestamp'],
  [
    'timestamp without time zone',
    { 'time.precision.mode': 'connect' },
    'int64',
    'org.apache.kafka.connect.data.Timestamp',
  ],
  ['time(3) without time zone', {}, 'int32', 'io.debezium.time.Time'],
  [
    'time(3) without time zone',
    { 'time.precision.mode': 'adaptive_time_microseconds' },
    'int64',
    'io.debezium.time.MicroTime',
  ],
  ['date', { 'time.precision.mode': 'isostring' }, 'string', 'io.debezium.time.IsoDate'],
  ['interval', {}, 'int64', 'io.debezium.time.MicroDuration'],
  ['public.hstore', { 'hstore.handling.mode': 'map' }, 'map', undefined],
  ['bytea', { 'binary.handling.mode': 'hex' }, 'string', undefined],
  ['box', {}, 'box', undefined],
])('a column of %s under %o', (type, config, wire, name) => {
  expect(schemaOf(type, config)).toMatchObject({ type: wire, ...(name === undefined ? {} : { name }) });
});

test.each([
  ["'standard'::text", 'standard'],
  ["'it''s'::character varying(20)", "it's"],
  ['0', '0'],
  ['(-1)', '-1'],
  ["'-1'::integer", '-1'],
  ['1.50', '1.50'],
  ['true', 'true'],
  ["'a'::text || 'b'::text", undefined],
  ['now()', undefined],
  ["nextval('s'::regclass)", undefined],
])('the default %s is the constant %s', (expression, constant) => {
  expect(constantOf(expression)).toBe(constant);
});
