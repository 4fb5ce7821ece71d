import type { DiagnosisFacts } from '#model/cause.ts';
import { sinkDialect, stands } from '../dialect.ts';
import type { CauseEntry, Found } from '../entry.ts';
import { findingsOf, heard, quoted } from '../reading.ts';
import { otherCase } from './routing.ts';

/** What the sink's server said when it refused a row; the consumer stops there, and what it has not applied is in flight. */
const SEEN_ON = 'PostgreSQL 18.4, pgjdbc 42.7';
const DOCS = 'https://www.postgresql.org/docs/current/';

interface Refusal {
  readonly code: string;
  readonly title: string;
  readonly docs: string;
  /** A pattern over the server's message. */
  readonly pattern: RegExp;
  readonly reported?: string;
  /** What makes it another entry's. */
  unless?(facts: DiagnosisFacts): boolean;
  tell(match: RegExpExecArray, facts: DiagnosisFacts): Pick<Found, 'says' | 'remedy'>;
}

function refusal({ code, title, docs, pattern, unless, tell, reported }: Refusal): CauseEntry {
  return {
    ...{ code, title, docs, seenOn: SEEN_ON, ...(reported === undefined ? {} : { reported }) },
    anomalies: ['stalled', 'lost', 'stale', 'orphan'],
    find(facts) {
      const matched = heard(facts, pattern);
      if (matched === undefined || unless?.(facts) === true) return undefined;
      return {
        ...tell(matched.match, facts),
        evidence: [quoted(matched)],
        certainty: 'shown',
        explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], ['log-to-sink']),
      };
    },
  };
}

const foreignKey = refusal({
  code: 'sink-foreign-key',
  title: "The sink's tables have foreign keys, and events of several topics arrive in no common order.",
  docs: `${DOCS}ddl-constraints.html#DDL-CONSTRAINTS-FK`,
  pattern: /(?:insert or update|update or delete) on table "([^"]+)" violates foreign key constraint "([^"]+)"/,
  tell: ([, table = '', name = ''], { sink }) => ({
    says: `The foreign key ${name} of the sink's table ${table} refuses a row whose counterpart has not arrived yet: ${
      refersToItself(sink, name)
        ? 'the row that it refers to is in the same table, and events come in the order of the changes, over several partitions'
        : 'each table has a topic of its own, and topics are applied in no common order'
    }.`,
    remedy: [
      `at the sink: ALTER TABLE ${table} DROP CONSTRAINT ${name};`,
      "let the loader's sessions skip it: ALTER ROLE … SET session_replication_role = replica;",
    ],
  }),
});

function refersToItself(sink: DiagnosisFacts['sink'], name: string): boolean {
  const key = sink?.constraints.find((one) => one.name === name && one.kind === 'foreign-key');
  const [, target] = /REFERENCES (?:ONLY )?([^\s(]+)/.exec(key?.text ?? '') ?? [];
  return target !== undefined && target.split('.').at(-1) === key?.table.split('.').at(-1);
}

const unique = refusal({
  code: 'sink-unique',
  title:
    'A unique constraint of the sink besides the key is violated on the way: rows are applied one by one, not a transaction at a time.',
  docs: `${DOCS}ddl-constraints.html#DDL-CONSTRAINTS-UNIQUE-CONSTRAINTS`,
  pattern: /duplicate key value violates unique constraint "([^"]+)"/,
  tell([, name = ''], facts) {
    const constraint = facts.sink?.constraints.find((one) => one.name === name);
    const where = constraint === undefined ? '' : ` (${constraint.columns.join(', ')} of ${constraint.table})`;
    // Where the sink's catalog was not read, PostgreSQL's own name for a primary key has to do.
    const isKey = constraint === undefined ? name.endsWith('_pkey') : constraint.kind === 'primary-key';
    const insert = facts.subject.connectors.find(({ config }) => (config['insert.mode'] ?? 'insert') === 'insert');
    if (isKey)
      return {
        says: `${insert === undefined ? '' : `${stands(insert, 'insert.mode', 'insert')}: `}the primary key ${name}${where} of the sink refuses an insert, as an update or an event that came again meets the row that is there.`,
        remedy: [
          insert === undefined
            ? 'write by key: INSERT … ON CONFLICT … DO UPDATE'
            : `in ${insert.file}: insert.mode=upsert, with the key taken from the record's key`,
        ],
      };
    return {
      says: `The unique constraint ${name}${where} of the sink refuses a row: two rows exchanged or passed on a value in one transaction, and their events are applied one after the other.`,
      remedy: [
        constraint === undefined
          ? `at the sink: drop the constraint ${name} or make it DEFERRABLE INITIALLY DEFERRED`
          : `at the sink: ALTER TABLE ${constraint.table} DROP CONSTRAINT ${name}; a copy needs the primary key only`,
        'make it DEFERRABLE INITIALLY DEFERRED, and apply whole transactions of the source at once',
      ],
    };
  },
});

const notNull = refusal({
  code: 'sink-not-null',
  title: 'A column of the sink is NOT NULL, and events leave it out or hold NULL.',
  docs: `${DOCS}ddl-constraints.html#DDL-CONSTRAINTS-NOT-NULL`,
  pattern: /null value in column "([^"]+)" of relation "([^"]+)" violates not-null constraint/,
  tell: ([, column = '', table = '']) => ({
    says: `${table}.${column} of the sink is NOT NULL, and an event has no value for it.`,
    remedy: [
      `at the sink: ALTER TABLE ${table} ALTER COLUMN ${column} DROP NOT NULL;`,
      `give it a default at the sink, where the source has no such column`,
    ],
  }),
});

const check = refusal({
  code: 'sink-check',
  title: 'A check constraint of the sink refuses a value that the source accepts.',
  docs: `${DOCS}ddl-constraints.html#DDL-CONSTRAINTS-CHECK-CONSTRAINTS`,
  pattern: /new row for relation "([^"]+)" violates check constraint "([^"]+)"/,
  tell: ([, table = '', name = ''], { sink }) => {
    const text = sink?.constraints.find((one) => one.name === name)?.text;
    return {
      says: `The check constraint ${name} of the sink's table ${table} refuses a value that the source accepts${text === undefined ? '' : `: ${text}`}.`,
      remedy: [`at the sink: ALTER TABLE ${table} DROP CONSTRAINT ${name}; or make it as wide as the source's`],
    };
  },
});

const generated = refusal({
  code: 'sink-generated-column',
  title: 'A column is computed at the sink, and the consumer writes it.',
  docs: `${DOCS}ddl-generated-columns.html`,
  pattern:
    /(?:cannot insert a non-DEFAULT value into column|column) "([^"]+)"(?: can only be updated to DEFAULT)?[\s\S]*?(?:is a generated column|is an identity column defined as GENERATED ALWAYS)/,
  tell: ([, column = ''], { subject }) => ({
    says: `The sink computes ${column} itself (GENERATED ALWAYS), and the consumer writes a value into it.`,
    remedy: [
      `at the sink: make ${column} an ordinary column (ALTER TABLE … ALTER COLUMN ${column} DROP EXPRESSION, or DROP IDENTITY)`,
      `keep it out of the events: column.exclude.list in the source connector${subject.connectors.some((one) => sinkDialect(one) === 'debezium') ? ', or field.exclude.list in the sink' : ', or a ReplaceField transform in the sink'}`,
    ],
  }),
});

const right = refusal({
  code: 'sink-right-missing',
  title: "The sink's user lacks a right.",
  docs: `${DOCS}ddl-priv.html`,
  pattern: /permission denied for (?:table|schema|sequence|relation) ("?[\w.]+"?)/,
  tell: ([, name = '']) => ({
    says: `The sink's user may not write ${name}.`,
    remedy: [`at the sink: GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO the connector's user;`],
  }),
});

const narrowed = refusal({
  code: 'sink-column-narrower',
  title: "A column of the sink is narrower than the source's.",
  docs: `${DOCS}datatype.html`,
  pattern:
    /value too long for type (character(?: varying)?\(\d+\))|numeric field overflow|(smallint|integer|bigint) out of range|value "[^"]*" is out of range for type (\w+)/,
  tell(match, { sink, tables }) {
    const narrow = narrowerColumns(tables, sink?.tables ?? []);
    return {
      says:
        narrow.length === 0
          ? `A column of the sink is too narrow for a value of the source (${match[0]}).`
          : `The sink's ${narrow.map(({ where, theirs, ours }) => `${where} is ${theirs}, and the source's ${ours}`).join('; ')}: a value does not fit.`,
      remedy:
        narrow.length === 0
          ? ["at the sink: make the column as wide as the source's"]
          : narrow.map(
              ({ table, column, ours }) => `at the sink: ALTER TABLE ${table} ALTER COLUMN ${column} TYPE ${ours};`,
            ),
    };
  },
});

interface Narrow {
  readonly table: string;
  readonly column: string;
  readonly where: string;
  readonly ours: string;
  readonly theirs: string;
}

const INTEGERS = ['smallint', 'integer', 'bigint'];

/** Columns of one name, in tables of one name, of which the sink's holds less. */
function narrowerColumns(sources: DiagnosisFacts['tables'], sinks: DiagnosisFacts['tables']): Narrow[] {
  return sources.flatMap((source) => {
    const sink = sinks.find(({ name }) => name === source.name);
    return source.columns.flatMap(({ name: column, type: ours }): Narrow[] => {
      const theirs = sink?.columns.find(({ name }) => name === column)?.type;
      if (sink === undefined || theirs === undefined || !isNarrower(theirs, ours)) return [];
      return [{ table: `${sink.schema}.${sink.name}`, column, where: `${sink.name}.${column}`, ours, theirs }];
    });
  });
}

function isNarrower(theirs: string, ours: string): boolean {
  if (INTEGERS.includes(theirs) && INTEGERS.includes(ours)) return INTEGERS.indexOf(theirs) < INTEGERS.indexOf(ours);
  const base = (type: string): string => type.replace(/\(.*\)/, '');
  const size = (type: string): number[] => (/\((.*)\)/.exec(type)?.[1] ?? '').split(',').map(Number);
  const textual = /^(character varying|character|text)$/;
  if (
    !theirs.includes('(') ||
    !(base(theirs) === base(ours) || (textual.test(base(theirs)) && textual.test(base(ours))))
  )
    return false;
  if (!ours.includes('(')) return true;
  const [length = 0, scale = 0] = size(theirs);
  const [wanted = 0, wantedScale = 0] = size(ours);
  return length - scale < wanted - wantedScale;
}

const noColumn = refusal({
  code: 'sink-column-missing',
  reported: 'Confluent JDBC, Aiven JDBC',
  title: "The sink's table lacks a column that events have.",
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-schema-evolution',
  pattern:
    /column "([^"]+)" of relation "([^"]+)" does not exist|Cannot alter table \S+ because schema evolution is disabled|is missing fields .*? and auto-evolution is disabled/,
  unless: (facts) => otherCase(facts) !== undefined,
  tell: ([said, named, table], { subject, findings }) => {
    // Debezium's own words name the table alone.
    const missing = findings.flatMap(({ anomaly, column }) => (anomaly === 'missing-column' ? (column ?? []) : []));
    const column = named ?? (missing.length === 0 ? undefined : [...new Set(missing)].join(', '));
    const evolve = subject.connectors.some(({ config }) => (config['connector.class'] ?? '').startsWith('io.debezium'))
      ? 'schema.evolution=basic'
      : 'auto.evolve=true';
    return {
      says: `The sink's table ${table ?? ''} lacks a column that events have${column === undefined ? ` (${said})` : `: ${column}`}.`.replaceAll(
        '  ',
        ' ',
      ),
      remedy: [
        'at the sink: add the column, with the default that the source gives it',
        ...subject.connectors.map(({ file }) => `in ${file}: ${evolve}`),
      ],
    };
  },
});

const noTable = refusal({
  code: 'sink-table-missing',
  reported: 'Confluent JDBC, Aiven JDBC',
  title: 'The sink has no table of the name that the connector writes to.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-property-collection-name-format',
  pattern:
    /(?<!of )relation "([^"]+)" does not exist|Cannot create table (\S+) because schema evolution is disabled|Could not find table: (\S+)|Table (\S+) is missing and auto-creation/,
  unless: (facts) => otherCase(facts) !== undefined,
  tell: ([, ...names], { subject, sink }) => {
    const name = (names.find((one) => one !== undefined) ?? '').replaceAll('"', '');
    const has = sink?.tables.map(({ schema, name: one }) => `${schema}.${one}`).join(', ');
    const formats = subject.connectors.flatMap(({ config, file }) =>
      ['collection.name.format', 'table.name.format'].flatMap((property) =>
        config[property] === undefined ? [] : [`${property}=${config[property]} in ${file}`],
      ),
    );
    return {
      says: `The sink has no table ${name === '' ? 'of the name that the connector makes' : name}${has === undefined ? '' : ` (it has ${has})`}${formats.length === 0 ? ': the connector makes the name from the topic' : `: ${formats.join(', ')}`}.`,
      remedy: [
        ...subject.connectors.flatMap(({ file, config }) =>
          config['collection.name.format'] === `\${source.table}`
            ? []
            : (config['connector.class'] ?? '').startsWith('io.debezium')
              ? `in ${file}: collection.name.format=\${source.table} (default: \${topic}, with its dots as underscores)`
              : `in ${file}: table.name.format, or a RegexRouter that leaves the table's name of the topic's`,
        ),
        'create the table under that name',
      ],
    };
  },
});

const noConflictTarget = refusal({
  code: 'sink-key-mismatch',
  title:
    "The sink's table has no primary key or unique constraint over the columns that the connector takes for the key.",
  docs: `${DOCS}sql-insert.html#SQL-ON-CONFLICT`,
  pattern: /there is no unique or exclusion constraint matching the ON CONFLICT specification/,
  tell: (_, { sources, subject }) => {
    const keyed = sources.find(({ config }) => config['message.key.columns'] !== undefined);
    if (keyed !== undefined)
      return {
        says: `message.key.columns=${keyed.config['message.key.columns']} in ${keyed.file}: the records' keys are not the tables' primary keys, and the sink has no unique constraint over those columns.`,
        remedy: [
          `in ${keyed.file}: leave message.key.columns out, or name all columns of each primary key`,
          'make a unique index over these columns at the sink, if they really name one row',
        ],
      };
    return {
      says: `The sink's table has no primary key or unique constraint over the columns by which ${subject.name} writes.`,
      remedy: ["at the sink: give the table the primary key that the records' keys have"],
    };
  },
});

const nullByte = refusal({
  code: 'sink-null-byte',
  title: 'PostgreSQL stores no zero byte in text.',
  docs: `${DOCS}datatype-character.html`,
  pattern: /invalid byte sequence for encoding "UTF8": 0x00/,
  tell: () => ({
    says: 'A text holds a zero byte, which PostgreSQL stores in no text column.',
    remedy: ['take it out with a transform before the sink, or store the column as bytea'],
  }),
});

export const REFUSED: readonly CauseEntry[] = [
  ...[foreignKey, noConflictTarget, unique, notNull, check, generated, right, narrowed, noColumn, noTable, nullByte],
];
