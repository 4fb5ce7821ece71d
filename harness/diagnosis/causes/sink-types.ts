import type { DiagnosisFacts } from '#model/cause.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { binlogEngine, connectorPage } from '../binlog-engine.ts';
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

interface Refused extends Matched {
  readonly column: string;
  /** The column's type, and that of the value. */
  readonly type: string;
  readonly given: string;
}

function refusedType(facts: DiagnosisFacts): Refused | undefined {
  const matched = heard(facts, REFUSED_TYPE, ['sink-task', 'worker-log']);
  if (matched === undefined) return undefined;
  const [, column = '', type = '', given = ''] = matched.match;
  return { ...matched, column, type, given };
}

/**
 * `stringtype=unspecified` in a sink's connection URL, or by Hibernate's property in Debezium's connector: the server then
 * infers the parameter's type. It does not help where the parameter is not a plain string.
 */
function unspecified(sinks: readonly OwnConnector[], given: string): string[] {
  const casting = sinks.filter(({ config }) => config[UNNEST] === 'true');
  if (casting.length > 0) return casting.map(({ file }) => `in ${file}: ${UNNEST}=false`);
  if (given !== 'character varying') return [];
  const unset = sinks.filter(({ config }) => !JSON.stringify(config).includes('unspecified'));
  return unset.flatMap((sink) => [
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
  /** What to change besides the driver's setting, or instead of it. */
  remedy?(refused: Refused, facts: DiagnosisFacts): readonly string[];
  /** `stringtype=unspecified` makes it work. */
  readonly byString: boolean;
  readonly docs?: string;
  /** A place in the page of the source's connector; see {@link connectorPage}. */
  readonly place?: string;
}

const DEBEZIUM_PG = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';
const BASIC_TYPES = '<engine>-basic-types';
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
    why: 'JSON is sent as a string, and PostgreSQL has no implicit cast from varchar to json',
    byString: true,
  },
  {
    code: 'sink-type-uuid',
    title: 'The driver binds a string to a uuid column.',
    holds: isOneOf('uuid'),
    why: 'a uuid is sent as a string, and PostgreSQL has no implicit cast from varchar to uuid',
    byString: true,
  },
  {
    code: 'sink-type-inet',
    title: 'The driver binds a string to a network address column.',
    holds: isOneOf('inet', 'cidr', 'macaddr', 'macaddr8'),
    why: 'an address is sent as a string, and PostgreSQL has no implicit cast from varchar to a network address',
    byString: true,
  },
  {
    code: 'sink-type-hstore',
    title: 'An hstore value is sent as JSON or as a map.',
    holds: isOneOf('hstore'),
    why: 'with hstore.handling.mode=json (the default) an hstore value is sent as JSON, which an hstore column does not accept',
    remedy: ({ column }) => [
      `at the sink: make ${column} jsonb`,
      'at the sink: convert it to hstore in a view, or by a trigger on a jsonb column',
    ],
    byString: false,
    docs: `${DEBEZIUM_PG}#postgresql-property-hstore-handling-mode`,
  },
  {
    code: 'sink-type-ltree',
    title: 'The driver binds a string to an ltree column.',
    holds: isOneOf('ltree', 'lquery', 'ltxtquery'),
    why: 'an ltree is sent as a string, and PostgreSQL has no implicit cast from varchar to ltree',
    byString: true,
  },
  {
    code: 'sink-type-interval',
    title: 'An interval is sent as a number or a string.',
    holds: isOneOf('interval'),
    why: 'with interval.handling.mode=numeric (the default) an interval is sent as microseconds, with string as text',
    remedy: (_, { sources }) =>
      sources
        .filter(({ config }) => config['interval.handling.mode'] !== 'string')
        .map(({ file }) => `in ${file}: interval.handling.mode=string, with stringtype=unspecified at the sink`),
    byString: true,
    docs: `${DEBEZIUM_PG}#postgresql-property-interval-handling-mode`,
  },
  {
    code: 'sink-type-array',
    title: 'The sink connector sends an array as text or as an array of another type.',
    holds: (type) => type.endsWith('[]'),
    why: 'the array is sent as text or as an array of another type',
    remedy: ({ column }) => [`at the sink: make ${column} text[] or jsonb`],
    byString: true,
  },
  {
    code: 'sink-type-timestamp',
    title: "A date or time is sent as a number or a string, but the sink's column is a date, time or timestamp.",
    holds: (type) => /^(timestamp|time|date)\b/.test(type),
    why: 'without a date or time type that the sink connector knows, it is sent as a plain number or string',
    remedy: ({ column }, { sources }) => [
      ...sources
        .filter(({ config }) => config['time.precision.mode'] !== 'connect')
        .map(({ file }) => `in ${file}: time.precision.mode=connect, whose types have a precision of milliseconds`),
      `in the sink connector: a TimestampConverter transform for ${column}`,
    ],
    byString: true,
    docs: `${DEBEZIUM_PG}#postgresql-temporal-types`,
  },
  {
    code: 'sink-type-enum',
    title: 'The driver binds a string to an enum column.',
    holds: (_, given) => STRING_TYPED.includes(given),
    why: 'an enum value is sent as a string, and PostgreSQL has no implicit cast from varchar to an enum',
    remedy: ({ column, type }) => [
      `at the sink: CREATE CAST (varchar AS ${type}) WITH INOUT AS IMPLICIT;`,
      `at the sink: make ${column} text`,
    ],
    byString: true,
  },
  {
    code: 'sink-type-boolean',
    title: "A truth value is sent as a number, but the sink's column is a boolean.",
    holds: (type, given) => type === 'boolean' && given === 'smallint',
    why: "Debezium's connectors for MariaDB and MySQL send a tinyint(1) as a number, and PostgreSQL has no implicit cast from it",
    remedy: ({ column }, { sources }) => [
      ...sources.map(
        ({ file }) =>
          `in ${file}: converters=truth and truth.type=io.debezium.connector.binlog.converters.TinyIntOneToBooleanConverter`,
      ),
      `at the sink: make ${column} smallint`,
    ],
    byString: false,
    docs: connectorPage('mariadb', BASIC_TYPES),
    place: BASIC_TYPES,
  },
  {
    code: 'sink-type-other',
    title: "The sink's column has a type to which PostgreSQL does not cast what the connector sends.",
    holds: () => true,
    why: 'PostgreSQL has no implicit cast between the two',
    remedy: ({ column, given }) => [
      `at the sink: give ${column} the type that it has at the source, or one that accepts ${given}`,
    ],
    byString: false,
  },
];

/** Arrays of doubles are what PostgreSQL has: a remedy for each source that does not make them, or for the lab's own. */
function withDoubles({ sources }: DiagnosisFacts): string[] {
  const precise = sources.filter(({ config }) => config['decimal.handling.mode'] !== 'double').map(({ file }) => file);
  const places = sources.length === 0 ? ['the source connector'] : precise;
  return places.map((place) => `in ${place}: decimal.handling.mode=double, if its precision suffices`);
}

const elementType: CauseEntry = {
  code: 'sink-array-element',
  title: 'The sink connector sends an array with an element type of which PostgreSQL has no array type.',
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
      says: `The connector sends ${columns.join(' or ') || 'an array'} as an array of ${name}, but PostgreSQL has no array type of that name.`,
      evidence: [quoted(matched)],
      remedy: [
        ...(decimal ? withDoubles(facts) : []),
        'in the source connector: column.exclude.list with the column',
        'at the source: copy the array to a jsonb column by a trigger, and replicate that',
      ],
      certainty: 'shown',
      explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], ['log-to-sink']),
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
          says: `The sink's column ${column} is of type ${type}, but the connector sends ${given}: ${one.why}.`,
          ...(one.place === undefined ? {} : { docs: connectorPage(binlogEngine(facts), one.place) }),
          evidence: [quoted(refused)],
          remedy: [
            ...(one.byString ? unspecified(facts.subject.connectors, given) : []),
            ...(one.remedy?.(refused, facts) ?? []),
          ],
          certainty: 'shown',
          explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], ['log-to-sink']),
        };
      },
    }),
  ),
];
