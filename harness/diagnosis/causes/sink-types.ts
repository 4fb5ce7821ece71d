import type { DiagnosisFacts } from '#model/cause.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { sinkDialect, UNNEST } from '../dialect.ts';
import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, type Matched, quoted } from '../reading.ts';

/** PostgreSQL refuses a value whose parameter the driver has typed otherwise than the column. */
const REFUSED_TYPE =
  /column "([^"]+)" is of type ([^\n]+?) but expression is of type ((?:\[\]|[^\n\]])+?)(?=\s*(?:\n|$|Hint|\]|Position))/;
const SEEN_ON = 'PostgreSQL 18.4, pgjdbc 42.7, Debezium 3.5.0';
const URL_DOCS = 'https://jdbc.postgresql.org/documentation/use/#connection-parameters';

/** Types that pgjdbc writes from a string once it leaves the parameter's type to the server. */
const STRING_TYPED = ['character varying', 'text', 'unknown'];

function refusedType(facts: DiagnosisFacts): (Matched & { column: string; type: string; given: string }) | undefined {
  const matched = heard(facts, REFUSED_TYPE, ['sink-task', 'worker-log']);
  if (matched === undefined) return undefined;
  const [, column = '', type = '', given = ''] = matched.match;
  return { ...matched, column, type, given };
}

/**
 * `stringtype=unspecified` in a sink's own address, or by Hibernate's property where it has Debezium's connector. Of no use
 * where the parameter is no plain string, or where it is set already.
 */
function unspecified(sinks: readonly OwnConnector[], given: string): string[] {
  const casting = sinks.filter(({ config }) => config[UNNEST] === 'true');
  if (casting.length > 0) return casting.map(({ file }) => `in ${file}: ${UNNEST}=false`);
  const set = sinks.some(({ config }) => JSON.stringify(config).includes('unspecified'));
  if (given !== 'character varying' || set) return [];
  return sinks.flatMap((sink) => [
    `in ${sink.file}: add stringtype=unspecified to the parameters of connection.url`,
    ...(sinkDialect(sink) === 'debezium' ? [`in ${sink.file}: hibernate.connection.stringtype=unspecified`] : []),
  ]);
}

interface TypeCause {
  readonly code: string;
  readonly title: string;
  /** Whether a column of this type, to which a value of that type was given, is this entry's. */
  holds(type: string, given: string): boolean;
  readonly why: string;
  /** What to change beside the driver's setting, or in its stead. */
  remedy?(column: string, facts: DiagnosisFacts): readonly string[];
  /** `stringtype=unspecified` makes it work. */
  readonly byString: boolean;
  readonly docs?: string;
}

const DEBEZIUM_PG = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';
const isOneOf =
  (...types: readonly string[]) =>
  (type: string): boolean =>
    types.includes(type);

/** The types that have a page of their own; an enum is any type that none of them is. */
const TYPES: readonly TypeCause[] = [
  {
    code: 'sink-type-json',
    title: 'The driver binds a string to a json or jsonb column.',
    holds: isOneOf('json', 'jsonb'),
    why: 'JSON travels as a string, and PostgreSQL casts no varchar to json on its own',
    byString: true,
  },
  {
    code: 'sink-type-uuid',
    title: 'The driver binds a string to a uuid column.',
    holds: isOneOf('uuid'),
    why: 'a uuid travels as a string, and PostgreSQL casts no varchar to uuid on its own',
    byString: true,
  },
  {
    code: 'sink-type-inet',
    title: 'The driver binds a string to a network address column.',
    holds: isOneOf('inet', 'cidr', 'macaddr', 'macaddr8'),
    why: 'an address travels as a string, and PostgreSQL casts no varchar to it on its own',
    byString: true,
  },
  {
    code: 'sink-type-hstore',
    title: 'An hstore arrives as JSON or as a map.',
    holds: isOneOf('hstore'),
    why: 'with hstore.handling.mode=json (the default) an hstore arrives as a JSON text, which no hstore column takes',
    remedy: () => ['at the sink: make the column jsonb', 'let a view or a trigger of the sink turn it into hstore'],
    byString: false,
    docs: `${DEBEZIUM_PG}#postgresql-property-hstore-handling-mode`,
  },
  {
    code: 'sink-type-ltree',
    title: 'The driver binds a string to an ltree column.',
    holds: isOneOf('ltree', 'lquery', 'ltxtquery'),
    why: 'an ltree travels as a string, and PostgreSQL casts no varchar to ltree on its own',
    byString: true,
  },
  {
    code: 'sink-type-interval',
    title: 'An interval arrives as a number or a string.',
    holds: isOneOf('interval'),
    why: 'with interval.handling.mode=numeric (the default) an interval arrives as microseconds, with string as a text',
    remedy: (_, { sources }) =>
      sources
        .filter(({ config }) => config['interval.handling.mode'] !== 'string')
        .map(({ file }) => `in ${file}: interval.handling.mode=string, with stringtype=unspecified at the sink`),
    byString: true,
    docs: `${DEBEZIUM_PG}#postgresql-property-interval-handling-mode`,
  },
  {
    code: 'sink-type-array',
    title: 'The driver binds something else than an array to an array column.',
    holds: (type) => type.endsWith('[]'),
    why: 'the sink connector writes this array as a text or as an array of another type',
    remedy: (column) => [`at the sink: make ${column} an array of text, or jsonb`],
    byString: true,
  },
  {
    code: 'sink-type-timestamp',
    title: "A time arrives as a number or a string, and the sink's column is a timestamp.",
    holds: (type) => /^(timestamp|time|date)\b/.test(type),
    why: "a time without Debezium's or Connect's own type arrives as a plain number or string",
    remedy: (column, { sources }) => [
      ...sources
        .filter(({ config }) => config['time.precision.mode'] !== undefined)
        .map(({ file, config }) => `in ${file}: take time.precision.mode=${config['time.precision.mode']} out`),
      `in the sink: a TimestampConverter transform for ${column}`,
    ],
    byString: true,
    docs: `${DEBEZIUM_PG}#postgresql-temporal-types`,
  },
  {
    code: 'sink-type-enum',
    title: 'The driver binds a string to an enum column.',
    holds: (_, given) => STRING_TYPED.includes(given),
    why: 'an enum travels as a string, and PostgreSQL casts no varchar to an enum on its own',
    remedy: (column) => [
      `at the sink: a cast (CREATE CAST (varchar AS …) WITH INOUT AS IMPLICIT), or make ${column} text`,
    ],
    byString: true,
  },
  {
    code: 'sink-type-other',
    title: "The sink's column has another type than what the connector writes.",
    holds: () => true,
    why: 'the two types have no cast that PostgreSQL takes on its own',
    remedy: (column) => [`at the sink: give ${column} the type of the source, or one that takes what arrives`],
    byString: false,
  },
];

const elementType: CauseEntry = {
  code: 'sink-array-element',
  title: "The sink connector names an array's elements by a type of which the server has no array.",
  anomalies: ['stalled'],
  docs: `${DEBEZIUM_PG}#postgresql-decimal-types`,
  seenOn: SEEN_ON,
  find(facts) {
    const matched = heard(facts, /Unable to find server array type for provided name ([^\n]+?)\.?(?=\n|$)/, [
      'sink-task',
      'worker-log',
    ]);
    if (matched === undefined) return undefined;
    const [, name = ''] = matched.match;
    const decimal = name.startsWith('decimal');
    const columns = facts.tables.flatMap(({ name: table, columns: all }) =>
      all.flatMap((one) =>
        one.type.endsWith('[]') && (!decimal || one.type.startsWith('numeric')) ? [`${table}.${one.name}`] : [],
      ),
    );
    return {
      says: `The connector writes ${columns.length === 0 ? 'an array' : columns.join(' or ')} as an array of ${name}, and PostgreSQL's driver knows no array of a type with that name.`,
      evidence: [quoted(matched)],
      remedy: [
        ...(decimal
          ? facts.sources
              .filter(({ config }) => config['decimal.handling.mode'] !== 'double')
              .map(({ file }) => `in ${file}: decimal.handling.mode=double, where its digits suffice`)
          : []),
        'keep the column out of the events (column.exclude.list in the source connector)',
        'carry it as jsonb: a column of the source that a trigger fills',
      ],
      certainty: 'shown',
      explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'partial-transaction'], ['log-to-sink']),
    };
  },
};

export const SINK_TYPES: readonly CauseEntry[] = [
  elementType,
  ...TYPES.map(
    (one, place): CauseEntry => ({
      code: one.code,
      title: one.title,
      anomalies: ['stalled', 'lost', 'stale'],
      docs: one.docs ?? URL_DOCS,
      seenOn: SEEN_ON,
      find(facts) {
        const refused = refusedType(facts);
        if (refused === undefined) return undefined;
        const { column, type, given } = refused;
        const first = TYPES.findIndex(({ holds }) => holds(type, given));
        if (first !== place) return undefined;
        return {
          says: `The sink's column ${column} is of type ${type}, and the connector writes ${given}: ${one.why}.`,
          evidence: [quoted(refused)],
          remedy: [
            ...(one.byString ? unspecified(facts.subject.connectors, given) : []),
            ...(one.remedy?.(column, facts) ?? []),
          ],
          certainty: 'shown',
          explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'partial-transaction'], ['log-to-sink']),
        };
      },
    }),
  ),
];
