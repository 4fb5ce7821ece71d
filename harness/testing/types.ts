import type { Text } from '#model/values.ts';

/** A value of a column, by its place, that is another one at the sink. */
interface Alteration {
  readonly value: number;
  readonly to: Text;
  /** Only where it was read by the first snapshot, or only where it was streamed. */
  readonly only?: 'snapshot' | 'stream';
}

/** A column of the torture table. What is written here of alterations was seen; docs/types.md lists it for people. */
export interface TortureColumn {
  /** The type, and what else the definition says. */
  readonly type: string;
  /** In SQL. A generated column has none. */
  readonly values: readonly string[];
  /** What the connector makes of the values, whoever applies them. */
  readonly altered?: readonly Alteration[];
  /** What the JDBC sink connector makes of them besides; `leaves out` where it cannot write the type, or these values. */
  readonly jdbc?: readonly Alteration[] | 'leaves out';
  readonly jdbcLeavesOut?: readonly number[];
}

/** Types that the columns use and the source must have. */
export const SETUP_SQL = `CREATE TYPE mood AS ENUM ('sad', 'glad')`;

const each = (count: number, to: Text): Alteration[] => Array.from({ length: count }, (_, value) => ({ value, to }));

const MOMENTS = [
  `'2024-02-29 23:59:59.999999'`,
  `'infinity'`,
  `'-infinity'`,
  `'0044-03-15 12:00:00 BC'`,
  `'1970-01-01 00:00:00'`,
  `'9999-12-31 23:59:59.999999'`,
  `'12345-01-01 00:00:00.000001'`,
];

/** Every type that a careful reader would doubt, with the values at its edges. */
export const COLUMNS: Readonly<Record<string, TortureColumn>> = {
  small: { type: 'smallint', values: ['-32768', '32767'] },
  big: { type: 'bigint', values: ['9223372036854775807', '-9223372036854775808', '9007199254740993'] },
  scaled: {
    type: 'numeric(20,4)',
    values: ['1.5', '-0.0001', '9999999999999999.9999', '0', `'NaN'`],
    altered: [{ value: 4, to: null }],
  },
  free: {
    type: 'numeric',
    values: [
      '1',
      '1.50',
      '100',
      '123456789012345678901234567890.123456789',
      '1e-20',
      `'NaN'`,
      `'Infinity'`,
      `'-Infinity'`,
    ],
    // That 1.50 arrives as 1.5 is no alteration: it is compared by value.
    altered: [5, 6, 7].map((value) => ({ value, to: null })),
  },
  single: {
    type: 'real',
    values: ['0.1', '3.4028235e38', '1e-45', `'NaN'`, `'Infinity'`, `'-0'`],
    jdbc: [3, 4, 5].map((value) => ({ value, to: '0' })),
  },
  double: {
    type: 'double precision',
    values: ['0.1', '1e308', '5e-324', '0.30000000000000004', `'NaN'`, `'-Infinity'`, `'-0'`],
    jdbc: [4, 5, 6].map((value) => ({ value, to: '0' })),
  },
  money: { type: 'money', values: ['12.34', '-0.01'] },
  truth: { type: 'boolean', values: ['true', 'false'] },
  instant: {
    type: 'timestamptz',
    values: MOMENTS,
    altered: [{ value: 3, to: '0044-03-13 12:00:00+00 BC', only: 'snapshot' }],
    jdbcLeavesOut: [1, 2],
  },
  local: {
    type: 'timestamp',
    values: MOMENTS,
    altered: [{ value: 3, to: '0044-03-13 12:00:00 BC', only: 'snapshot' }],
    jdbc: [{ value: 1, to: '294247-01-10 04:00:25.2' }],
  },
  day: {
    type: 'date',
    values: [`'2024-02-29'`, `'infinity'`, `'-infinity'`, `'0044-03-15 BC'`, `'0001-01-01'`, `'9999-12-31'`],
    altered: [{ value: 3, to: '0044-03-15', only: 'snapshot' }],
    jdbc: [{ value: 1, to: '-infinity' }],
  },
  clock: { type: 'time', values: [`'23:59:59.999999'`, `'00:00:00'`, `'24:00:00'`], jdbcLeavesOut: [2] },
  zoned_clock: {
    type: 'timetz',
    values: [`'12:00:00.000001+02'`, `'24:00:00+00'`, `'12:00+00'`],
    altered: [
      { value: 0, to: '10:00:00.000001+00' },
      { value: 1, to: '00:00:00+00' },
    ],
  },
  span: { type: 'interval', values: [`'1 month'`, `'1 day'`, `'00:00:01.5'`, `'25 hours'`], jdbc: 'leaves out' },
  uuid: { type: 'uuid', values: [`'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'`] },
  bytes: { type: 'bytea', values: [`'\\x00ff'`, `''`, `'\\x5c27'`] },
  json: {
    type: 'json',
    values: [`'{"b":1,  "a": 1.0, "a": 2}'`, `'null'`, `'"\\u00e9"'`, `'12345678901234567890.10'`],
  },
  jsonb: { type: 'jsonb', values: [`'{"b":1,"a":[1.0, null]}'`, `'null'`, `'"é"'`, `'12345678901234567890.10'`] },
  words: {
    type: 'text',
    values: [`''`, `'NULL'`, `E'caf\\u00e9'`, `E'cafe\\u0301'`, `'😀'`, `E'a\\tb\\n\\u0001\\\\"\\''`, `' a '`],
  },
  short: { type: 'varchar(5)', values: [`'ab '`, `''`] },
  padded: { type: 'char(5)', values: [`'ab'`, `''`] },
  numbers: {
    type: 'int[]',
    values: [`'{1,NULL,3}'`, `'{}'`, `'{{1,2},{3,4}}'`, `'[0:1]={1,2}'`],
    altered: [
      { value: 2, to: '{NULL,NULL}' },
      { value: 3, to: '{1,2}' },
    ],
  },
  texts: { type: 'text[]', values: [`'{a,NULL,"NULL","",","}'`, `'{}'`] },
  uuids: { type: 'uuid[]', values: [`'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'`] },
  amounts: { type: 'numeric(6,2)[]', values: [`'{1.50,NULL}'`], jdbc: 'leaves out' },
  instants: { type: 'timestamptz[]', values: [`'{"2024-02-29 12:00:00.000001+00"}'`], jdbc: 'leaves out' },
  mood: { type: 'mood', values: [`'glad'`], jdbc: 'leaves out' },
  moods: { type: 'mood[]', values: [`'{glad,sad}'`], jdbc: 'leaves out' },
  address: { type: 'inet', values: [`'10.0.0.1'`, `'10.0.0.1/24'`, `'::1'`], jdbc: 'leaves out' },
  network: { type: 'cidr', values: [`'10.0.0.0/8'`], jdbc: 'leaves out' },
  card: { type: 'macaddr', values: [`'08:00:2b:01:02:03'`], jdbc: 'leaves out' },
  bit: { type: 'bit(1)', values: [`B'1'`, `B'0'`], jdbc: 'leaves out' },
  bits: { type: 'bit(5)', values: [`B'10101'`, `B'00000'`], jdbc: 'leaves out' },
  some_bits: {
    type: 'bit varying(8)',
    values: [`B'00101'`, `B''`, `B'11111111'`],
    altered: [
      { value: 0, to: '00000101' },
      { value: 1, to: '00000000' },
    ],
    jdbc: 'leaves out',
  },
  xml: { type: 'xml', values: [`'<a b="c">d</a>'`] },
  lexemes: { type: 'tsvector', values: [`'a:1 b:2'`] },
  range: { type: 'int4range', values: [`'[1,5)'`, `'empty'`], jdbc: 'leaves out' },
  times: { type: 'tstzrange', values: [`'[2024-01-01 00:00+00,)'`], jdbc: 'leaves out' },
  point: { type: 'point', values: [`'(1.5,-2)'`], jdbc: 'leaves out' },
  circle: { type: 'circle', values: [`'<(1,2),3>'`], altered: each(1, null) },
  line: { type: 'line', values: [`'{1,2,3}'`], altered: each(1, null) },
  box: { type: 'box', values: [`'(1,1),(0,0)'`], altered: each(1, null) },
  oid: { type: 'oid', values: ['4294967295'] },
  // Of the rows that have a `small`, the first two.
  generated: {
    type: 'int GENERATED ALWAYS AS (small * 2) STORED',
    values: [],
    altered: each(2, null).map((one) => ({ ...one, only: 'stream' })),
  },
  identity: { type: 'int GENERATED BY DEFAULT AS IDENTITY', values: ['7'] },
};

/** Values at which the JDBC sink connector's task fails, with what it says. */
export const REFUSED: readonly {
  readonly type: string;
  readonly values: readonly string[];
  readonly error: string;
}[] = [
  { type: 'time', values: [`'24:00:00'`], error: 'Invalid value for NanoOfDay' },
  {
    type: 'timestamptz',
    // Either alone is written; both in one batch are not.
    values: [`'2024-02-29 12:00:00+00'`, `'infinity'`],
    error: 'is of type timestamp with time zone but expression is of type character varying',
  },
  {
    type: 'interval',
    values: [`'1 day'`],
    error: 'is of type interval but expression is of type character varying',
  },
  { type: 'inet', values: [`'10.0.0.1'`], error: 'is of type inet but expression is of type character varying' },
  { type: 'int4range', values: [`'[1,5)'`], error: 'is of type int4range but expression is of type character varying' },
  { type: 'mood', values: [`'glad'`], error: 'is of type mood but expression is of type character varying' },
  { type: 'mood[]', values: [`'{glad,sad}'`], error: 'is of type mood[] but expression is of type' },
  { type: 'bit(1)', values: [`B'1'`], error: 'is of type bit but expression is of type boolean' },
  { type: 'bit varying(8)', values: [`B''`], error: 'Zero length BigInteger' },
  { type: 'numeric(6,2)[]', values: [`'{1.50}'`], error: 'Unable to find server array type' },
  { type: 'timestamptz[]', values: [`'{"2024-02-29 12:00+00"}'`], error: 'Unable to find server array type' },
  { type: 'point', values: [`'(1.5,-2)'`], error: 'st_geomfromwkb' },
];
