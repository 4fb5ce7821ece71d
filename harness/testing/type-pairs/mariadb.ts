import { type Altered, type Corpus, each } from './corpus.ts';

const ODD_LABELS = `'a','B','it''s','x y','ü','"','\\\\','1'`;
const BYTES_TURNED: readonly Altered[] = [{ value: 1, to: `00000001${'0'.repeat(56)}` }];
const NO_NUL = 'invalid byte sequence for encoding "UTF8": 0x00';
const NO_TIME_OF_DAY = 'Invalid value for NanoOfDay';
const OUT_OF_RANGE = "Out of range value for column 'v";
const TRUNCATED = "Data truncated for column 'v";
const NO_LABEL = 'it is none of its values';

/** Every type of MariaDB that a careful reader would doubt, with the values at its edges, and what was seen of them. */
export const MARIADB_CORPUS: Corpus = {
  tiny: { type: 'tinyint', made: 'smallint', values: ['-128', '127'] },
  tiny_unsigned: { type: 'tinyint unsigned', made: 'smallint', values: ['255', '0'] },
  truth: {
    type: 'tinyint(1)',
    made: 'boolean',
    values: ['1', '0', '5', '-1'],
    // By the converter that Driftlab configures.
    altered: [
      { value: 2, to: 'true' },
      { value: 3, to: 'false' },
    ],
  },
  small: { type: 'smallint', made: 'smallint', values: ['-32768', '32767'] },
  small_unsigned: { type: 'smallint unsigned', made: 'integer', values: ['65535'] },
  medium: { type: 'mediumint', made: 'integer', values: ['-8388608', '8388607'] },
  medium_unsigned: { type: 'mediumint unsigned', made: 'integer', values: ['16777215'] },
  int: { type: 'int', made: 'integer', values: ['-2147483648', '2147483647'] },
  int_unsigned: { type: 'int unsigned', made: 'bigint', values: ['4294967295'] },
  int_filled: { type: 'int(5) unsigned zerofill', made: 'bigint', values: ['42'] },
  big: { type: 'bigint', made: 'bigint', values: ['-9223372036854775808', '9223372036854775807', '9007199254740993'] },
  big_unsigned: {
    type: 'bigint unsigned',
    made: 'numeric(20,0)',
    values: ['18446744073709551615', '9223372036854775808', '0'],
  },
  amount: { type: 'decimal(12,2)', made: 'numeric(12,2)', values: ['-1.5', '9999999999.99', '0'] },
  amount_wide: {
    type: 'decimal(65,30)',
    made: 'numeric(65,30)',
    values: [`${'9'.repeat(35)}.${'1'.repeat(30)}`, '-0.000000000000000000000000000001'],
  },
  amount_unsigned: { type: 'decimal(10,2) unsigned', made: 'numeric(10,2)', values: ['99999999.99'] },
  float: {
    type: 'float',
    made: 'real',
    values: ['0.1', '3.4028234e38', '1e-45', '-0e0', '16777217'],
    // The server writes six digits of a float in the texts that a snapshot reads.
    altered: [
      { value: 1, to: '3.40282e+38', only: 'snapshot' },
      { value: 4, to: '1.67772e+07', only: 'snapshot' },
    ],
    jdbc: {
      postgres: { altered: [{ value: 3, to: '0' }] },
      mariadb: { altered: [{ value: 3, to: '0' }], stops: { values: [1], error: OUT_OF_RANGE } },
    },
  },
  double: {
    type: 'double',
    made: 'double precision',
    values: ['0.1', '1.7976931348623157e308', '5e-324', '0.30000000000000004', '-0e0'],
    jdbc: { postgres: { altered: [{ value: 4, to: '0' }] }, mariadb: { altered: [{ value: 4, to: '0' }] } },
  },
  // Sent as a double, for which the built-in applier widens the column.
  float_fixed: { type: 'float(7,2)', made: 'double precision', values: ['12345.67'] },
  double_fixed: { type: 'double(10,3)', made: 'double precision', values: ['1234567.125'] },
  bit: {
    type: 'bit(1)',
    made: 'bit(1)',
    values: [`b'1'`, `b'0'`],
    jdbc: { postgres: { stops: { error: 'is of type bit but expression is of type boolean' } } },
  },
  bits: { type: 'bit(5)', made: 'bit(5)', values: [`b'10101'`, `b'00000'`] },
  bits_wide: {
    type: 'bit(64)',
    made: 'bit(64)',
    values: ['18446744073709551615', '1'],
    jdbc: {
      postgres: { altered: BYTES_TURNED, stops: { values: [0], error: '"-" is not a valid binary digit' } },
      mariadb: { altered: BYTES_TURNED },
    },
  },
  char: { type: 'char(5)', made: 'character varying(5)', values: [`'ab'`, `'ab  '`, `''`] },
  varchar: { type: 'varchar(5)', made: 'character varying(5)', values: [`'ab '`, `''`, `'😀ü'`] },
  text: {
    type: 'text',
    made: 'text',
    values: [`''`, `'NULL'`, `'a\\tb\\n\\\\"\\''`, `' a '`, `'\\0'`, `'cafe\u0301'`, `'😀'`],
    refused: { postgres: [{ value: 4, why: NO_NUL }] },
    jdbc: { postgres: { stops: { values: [4], error: NO_NUL } } },
  },
  text_long: { type: 'longtext', made: 'text', values: [`repeat('ü', 40000)`] },
  text_latin1: { type: 'varchar(20) CHARACTER SET latin1', made: 'character varying(20)', values: [`'é€ÿ'`] },
  text_utf16: { type: 'text CHARACTER SET utf16', made: 'text', values: [`'é😀'`] },
  text_ci: {
    type: 'varchar(20) COLLATE utf8mb4_general_ci',
    made: 'character varying(20)',
    values: [`'Éa '`],
  },
  binary: { type: 'binary(4)', made: 'bytea', values: [`x'00ff'`, `x'01020300'`, `x'00000000'`] },
  varbinary: { type: 'varbinary(8)', made: 'bytea', values: [`x'00ff'`, `''`] },
  blob: { type: 'blob', made: 'bytea', values: [`x'5c27'`, `''`] },
  date: { type: 'date', made: 'date', values: [`'2024-02-29'`, `'9999-12-31'`, `'1000-01-01'`, `'0001-01-01'`] },
  date_zero: {
    type: 'date',
    made: 'date',
    values: [`'0000-00-00'`, `'2024-00-00'`, `'2024-02-00'`],
    altered: each(3, null),
  },
  date_zero_required: {
    type: 'date NOT NULL',
    made: 'date',
    values: [`'0000-00-00'`],
    required: true,
    altered: each(1, '1970-01-01'),
  },
  datetime: {
    type: 'datetime',
    made: 'timestamp(0) without time zone',
    values: [`'2024-02-29 23:59:59'`, `'9999-12-31 23:59:59'`, `'1000-01-01 00:00:00'`],
  },
  datetime_micros: {
    type: 'datetime(6)',
    made: 'timestamp without time zone',
    values: [`'2024-02-29 23:59:59.999999'`, `'9999-12-31 23:59:59.999999'`, `'0001-01-01 00:00:00.000001'`],
  },
  datetime_millis: {
    type: 'datetime(3)',
    made: 'timestamp(3) without time zone',
    values: [`'1969-12-31 23:59:59.999'`],
  },
  datetime_zero: {
    type: 'datetime',
    made: 'timestamp(0) without time zone',
    values: [`'0000-00-00 00:00:00'`],
    altered: each(1, null),
  },
  datetime_zero_required: {
    type: 'datetime NOT NULL',
    made: 'timestamp(0) without time zone',
    values: [`'0000-00-00 00:00:00'`],
    required: true,
    altered: each(1, '1970-01-01 00:00:00'),
  },
  timestamp: {
    type: 'timestamp NULL',
    made: 'timestamp(0) with time zone',
    values: [`'2024-02-29 23:59:59'`, `'1970-01-01 00:00:01'`, `'2038-01-19 03:14:07'`],
  },
  timestamp_micros: {
    type: 'timestamp(6) NULL',
    made: 'timestamp with time zone',
    values: [`'2024-02-29 23:59:59.999999'`],
  },
  timestamp_zero: {
    type: 'timestamp NULL',
    made: 'timestamp(0) with time zone',
    values: [`'0000-00-00 00:00:00'`],
    altered: [...each(1, null, 'snapshot'), ...each(1, '1970-01-01 00:00:00+00', 'stream')],
  },
  time: {
    type: 'time',
    made: 'interval',
    values: [`'23:59:59'`, `'00:00:00'`, `'24:00:00'`, `'838:59:59'`, `'-838:59:59'`, `'-00:00:01'`],
    jdbc: {
      postgres: { stops: { tried: [0, 1], error: 'is of type interval but expression is of type timestamp' } },
      mariadb: { stops: { values: [2, 3, 4, 5], error: NO_TIME_OF_DAY } },
    },
  },
  time_micros: {
    type: 'time(6)',
    made: 'interval',
    values: [`'23:59:59.999999'`, `'-100:00:01.500000'`, `'00:00:00.000001'`],
    jdbc: {
      postgres: { stops: { tried: [0, 2], error: 'is of type interval but expression is of type timestamp' } },
      mariadb: { stops: { values: [1], error: NO_TIME_OF_DAY } },
    },
  },
  year: {
    type: 'year',
    made: 'smallint',
    values: ['2024', '1901', '2155', `'0000'`],
    altered: [
      { value: 3, to: '2000', only: 'snapshot' },
      { value: 3, to: '1900', only: 'stream' },
    ],
    refused: { mariadb: [{ value: 3, only: 'stream', why: 'it is out of range' }] },
    jdbc: { mariadb: { stops: { values: [3], error: OUT_OF_RANGE } } },
  },
  enum: {
    type: `enum(${ODD_LABELS})`,
    made: 'text',
    values: [`'a'`, `'it''s'`, `'x y'`, `'ü'`, `'"'`, `'\\\\'`, `'1'`],
    // The connector takes labels from the definition as they are written there.
    altered: [{ value: 5, to: '\\\\', only: 'stream' }],
    refused: { mariadb: [{ value: 5, only: 'stream', why: NO_LABEL }] },
    jdbc: { mariadb: { stops: { values: [5], error: TRUNCATED } } },
  },
  enum_comma: {
    type: `enum('a,b','')`,
    made: 'text',
    values: [`'a,b'`, `''`],
    altered: [{ value: 0, to: 'a\\,b', only: 'stream' }],
    refused: { mariadb: [{ value: 0, only: 'stream', why: NO_LABEL }] },
    jdbc: { mariadb: { stops: { values: [0], error: TRUNCATED } } },
  },
  set: {
    type: `set(${ODD_LABELS})`,
    made: 'text',
    values: [`'a,B'`, `''`, `'it''s,x y,ü'`, `'\\\\,1'`],
    altered: [{ value: 3, to: '\\\\,1', only: 'stream' }],
    refused: { mariadb: [{ value: 3, only: 'stream', why: NO_LABEL }] },
    jdbc: { mariadb: { stops: { values: [3], error: TRUNCATED } } },
  },
  json: {
    type: 'json',
    made: 'text',
    values: [`'{"b":1,  "a": 1.0, "a": 2}'`, `'null'`, `'"é\\\\u00e9"'`, `'12345678901234567890.10'`, `'{"a": 1e2}'`],
  },
  uuid: {
    type: 'uuid',
    made: 'uuid',
    values: [`'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`, `'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A00'`],
    // The log leaves bytes of zero at the end out, and the connector fills up at the beginning.
    altered: [{ value: 1, to: '00a0eebc-999c-0b4e-f8bb-6d6bb9bd380a', only: 'stream' }],
  },
  stored: { type: 'int AS (id * 2) STORED', made: 'integer', values: ['DEFAULT'], required: true },
  virtual: { type: 'int AS (id * 2) VIRTUAL', made: 'integer', values: ['DEFAULT'], required: true },
};

/** Types whose values have no text: their columns are left out of the comparison, by name. */
export const LEFT_OUT: readonly string[] = [
  'point',
  'geometry',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
];

/** Types at whose definition the connector's task fails, whatever the table holds. */
export const NOT_CAPTURED: readonly string[] = ['inet4', 'inet6'];
