import { COLUMNS } from '../types.ts';
import { type Altered, type ByJdbc, type Corpus, each, type PairColumn, type Refused, TODAY } from './corpus.ts';

const TEXT = 'longtext';
const YEARS = 'MariaDB and MySQL have the years 0 to 9999 only';

/** It fails at an array that it is to write as a text. */
const NO_ARRAYS: ByJdbc = { stops: { error: 'Cannot invoke "String.hashCode()"' } };

const zeros = (...values: number[]): readonly Altered[] => values.map((value) => ({ value, to: '0' }));

const refuses = (why: string, ...values: number[]): readonly Refused[] => values.map((value) => ({ value, why }));

interface AtSink {
  readonly refused?: readonly Refused[];
  readonly jdbc?: ByJdbc;
}

type Outcomes = Readonly<Record<string, readonly [made: string, at?: AtSink]>>;

/** A column of the torture table, and what happens to it at a sink. The capture alters it as it does for a sink of PostgreSQL. */
function at(sink: 'mariadb' | 'mysql', name: string, made: string, { refused, jdbc }: AtSink = {}): PairColumn {
  const found = COLUMNS[name];
  if (found === undefined) throw new Error(`the torture table has no column ${name}`);
  const { type, values, altered } = found;
  return {
    ...{ type, values, made },
    ...(altered === undefined ? {} : { altered }),
    ...(refused === undefined ? {} : { refused: { [sink]: refused } }),
    ...(jdbc === undefined ? {} : { jdbc: { [sink]: jdbc } }),
  };
}

const AT_MARIADB: Outcomes = {
  small: ['smallint(6)'],
  big: ['bigint(20)'],
  scaled: ['decimal(20,4)'],
  free: [
    'decimal(65,19)',
    { refused: refuses('it has more than 19 digits behind the point', 4), jdbc: { altered: [{ value: 4, to: '0' }] } },
  ],
  single: [
    'float',
    {
      refused: refuses('it is none of its values', 3, 4),
      jdbc: { altered: zeros(3, 4, 5), stops: { values: [1], error: "Out of range value for column 'v" } },
    },
  ],
  double: ['double', { refused: refuses('it is none of its values', 4, 5), jdbc: { altered: zeros(4, 5, 6) } }],
  money: ['decimal(19,2)'],
  truth: ['tinyint(1)'],
  instant: [
    'datetime(6)',
    {
      refused: refuses(YEARS, 1, 2, 3, 6),
      // The ends of MariaDB's own timestamps, and no era.
      jdbc: {
        altered: [
          { value: 1, to: '2038-01-19 03:14:07+00' },
          { value: 2, to: '1970-01-01 00:00:01+00' },
          { value: 3, to: '0044-03-13 12:00:00+00', only: 'snapshot' },
          { value: 3, to: '0044-03-15 12:00:00+00', only: 'stream' },
        ],
        stops: { values: [6], error: 'Incorrect datetime value' },
      },
    },
  ],
  local: [
    'datetime(6)',
    {
      refused: refuses(YEARS, 1, 2, 3, 6),
      jdbc: {
        altered: [
          { value: 3, to: '0044-03-13 12:00:00', only: 'snapshot' },
          { value: 3, to: '0044-03-15 12:00:00', only: 'stream' },
        ],
        stops: { values: [1, 2, 6], error: 'Incorrect datetime value' },
      },
    },
  ],
  // The connector makes a year of our era of one before it, in a snapshot.
  day: [
    'date',
    {
      refused: [...refuses(YEARS, 1, 2), { value: 3, only: 'stream', why: YEARS }],
      jdbc: { stops: { values: [1, 2, 3], tried: [3], error: 'Incorrect date value' } },
    },
  ],
  clock: ['time(6)', { jdbc: { stops: { values: [2], error: 'Invalid value for NanoOfDay' } } }],
  zoned_clock: [
    TEXT,
    {
      jdbc: {
        altered: ['10:00:00.000001', '00:00:00', '12:00:00'].map((clock, value) => ({
          value,
          to: `${TODAY} ${clock}`,
        })),
      },
    },
  ],
  span: ['varchar(100)'],
  uuid: ['uuid'],
  bytes: ['longblob'],
  json: [TEXT],
  jsonb: [TEXT],
  words: [TEXT],
  short: ['varchar(5)'],
  padded: ['varchar(5)'],
  numbers: [TEXT, { jdbc: NO_ARRAYS }],
  texts: [TEXT, { jdbc: NO_ARRAYS }],
  uuids: [TEXT, { jdbc: NO_ARRAYS }],
  amounts: [TEXT, { jdbc: NO_ARRAYS }],
  instants: [TEXT, { jdbc: NO_ARRAYS }],
  mood: [TEXT],
  moods: [TEXT, { jdbc: NO_ARRAYS }],
  address: [TEXT],
  network: [TEXT],
  card: [TEXT],
  bit: ['bit(1)'],
  bits: ['bit(5)'],
  some_bits: [
    TEXT,
    {
      jdbc: {
        altered: [
          { value: 0, to: '\u0005' },
          { value: 1, to: '', right: true },
        ],
        stops: { values: [2], error: 'Incorrect string value' },
      },
    },
  ],
  xml: [TEXT],
  lexemes: [TEXT],
  range: [TEXT],
  times: [TEXT],
  point: [TEXT, { jdbc: { stops: { error: 'Incorrect string value' } } }],
  circle: [TEXT],
  line: [TEXT],
  box: [TEXT],
  oid: [TEXT],
};

/** What is another type at MySQL, or has another outcome. */
const AT_MYSQL: Outcomes = {
  ...AT_MARIADB,
  small: ['smallint'],
  big: ['bigint'],
  // The driver writes a year before our era as a negative one.
  local: [
    'datetime(6)',
    {
      refused: refuses(YEARS, 1, 2, 3, 6),
      jdbc: { stops: { values: [1, 2, 3, 6], tried: [3], error: 'Incorrect datetime value' } },
    },
  ],
  uuid: ['varchar(36)'],
  // It is cast to JSON on its way, in which the server keeps a number as a double.
  json: [TEXT, { jdbc: { altered: [{ value: 3, to: '12345678901234567000' }] } }],
  jsonb: [TEXT, { jdbc: { altered: [{ value: 3, to: '12345678901234567000' }] } }],
};

function corpusAt(sink: 'mariadb' | 'mysql', outcomes: Outcomes, int: string): Corpus {
  return {
    ...Object.fromEntries(
      Object.entries(outcomes).map(([name, [made, outcome]]) => [name, at(sink, name, made, outcome)]),
    ),
    generated: {
      type: 'int GENERATED ALWAYS AS (id * 2) STORED',
      made: int,
      values: ['DEFAULT'],
      required: true,
      altered: each(1, null, 'stream'),
    },
  };
}

/** Every type of PostgreSQL's torture table, at a sink of MariaDB. */
export const POSTGRES_CORPUS: Corpus = corpusAt('mariadb', AT_MARIADB, 'int(11)');

/** The same at a sink of MySQL. */
export const POSTGRES_AT_MYSQL: Corpus = corpusAt('mysql', AT_MYSQL, 'int');
