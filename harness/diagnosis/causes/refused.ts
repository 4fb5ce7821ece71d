import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { DiagnosisFacts } from '#model/cause.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { sinkDialect, sinkWords, stands } from '../dialect.ts';
import type { CauseEntry, Found } from '../entry.ts';
import { findingsOf, heard, quoted } from '../reading.ts';
import {
  checkInFamily,
  foreignKeyInFamily,
  generatedInFamily,
  type InFamily,
  narrowedInFamily,
  notNullInFamily,
  rightInFamily,
} from '../refused-by-mysql.ts';
import { otherCase } from './routing.ts';

/** What the sink's server reports when it refuses a row: the consumer stops there, and what it has not applied is in flight. */
const SEEN_ON = 'PostgreSQL 18.4, pgjdbc 42.7';
const SEEN_IN_FAMILY = 'MariaDB 11.4.5, MySQL 9.7.4';
const DOCS = 'https://www.postgresql.org/docs/current/';

interface Refusal {
  readonly code: string;
  readonly title: string;
  readonly docs: string;
  /** A pattern over the server's message. */
  readonly pattern: RegExp;
  readonly reported?: string;
  /** The same refusal at MariaDB and MySQL. */
  readonly family?: InFamily;
  /** Where another entry explains it. */
  unless?(facts: DiagnosisFacts): boolean;
  tell(match: RegExpExecArray, facts: DiagnosisFacts): Pick<Found, 'says' | 'remedy'>;
}

function refusal({ pattern, family, unless, tell, ...entry }: Refusal): CauseEntry {
  return {
    ...entry,
    seenOn: family === undefined ? SEEN_ON : `${SEEN_ON}, ${SEEN_IN_FAMILY}`,
    anomalies: ['stalled', 'lost', 'stale', 'orphan'],
    find(facts) {
      const families = [{ pattern, tell, docs: entry.docs }, ...(family === undefined ? [] : [family])];
      for (const one of families) {
        const matched = heard(facts, one.pattern);
        if (matched === undefined || unless?.(facts) === true) continue;
        return {
          ...one.tell(matched.match, facts),
          docs: one.docs,
          evidence: [quoted(matched)],
          certainty: 'shown',
          explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], ['log-to-sink']),
        };
      }
      return undefined;
    },
  };
}

const foreignKey = refusal({
  code: 'sink-foreign-key',
  family: foreignKeyInFamily,
  title: 'A foreign key of the sink refuses a row, because the events of several topics arrive in no common order.',
  docs: `${DOCS}ddl-constraints.html#DDL-CONSTRAINTS-FK`,
  pattern:
    /(?:insert or update|update or delete) on table "([^"]+)" violates (?:RESTRICT setting of )?foreign key constraint "([^"]+)"(?: on table "([^"]+)")?/,
  tell: ([, table, name, referencing], { sink }) => ({
    says: `The foreign key ${name} of the sink's table ${referencing ?? table} refuses ${
      referencing === undefined
        ? 'a row, because the row that it references has not arrived yet'
        : `a change to ${table}, because rows of ${referencing} still reference it`
    }: ${
      refersToItself(sink, name)
        ? 'both rows are in the same table, and events of different partitions have no common order'
        : 'each table has its own topic, and topics have no common order'
    }.`,
    remedy: [
      `at the sink: ALTER TABLE ${referencing ?? table} DROP CONSTRAINT ${name};`,
      "at the sink: disable foreign keys for the consumer's sessions: ALTER ROLE … SET session_replication_role = replica;",
    ],
  }),
});

function refersToItself(sink: DiagnosisFacts['sink'], name: string | undefined): boolean {
  const isSelf = ({ table, text }: { readonly table: TableId; readonly text: string }): boolean =>
    `.${table}`.endsWith(`.${/REFERENCES (?:ONLY )?([^\s(]+)/.exec(text)?.[1]}`);
  return sink?.constraints.some((one) => one.name === name && isSelf(one)) === true;
}

const unique = refusal({
  code: 'sink-unique',
  title: 'A primary key or unique constraint of the sink refuses a row.',
  docs: `${DOCS}ddl-constraints.html#DDL-CONSTRAINTS-UNIQUE-CONSTRAINTS`,
  // An index of the catalog refuses one of two tasks that create a table at the same moment, and the task tries again.
  pattern:
    /duplicate key value violates unique constraint "((?!pg_)[^"]+)"|Duplicate entry '.*?' for key '(?:([^'.]+)\.)?([^']+)'/,
  tell([said, name, table, index], { sink, subject }) {
    if (index !== undefined) return uniqueIndex(index, table, subject);
    const constraint = sink?.constraints.find((one) => one.name === name);
    const where = constraint === undefined ? '' : ` (${constraint.columns.join(', ')} of ${constraint.table})`;
    // Where the sink's catalog was not read, PostgreSQL's own name for a primary key has to do.
    const isKey = constraint === undefined ? said.endsWith('_pkey"') : constraint.kind === 'primary-key';
    if (isKey) return duplicateKey(`${name}${where}`, subject, 'ON CONFLICT … DO UPDATE');
    return {
      says: `The unique constraint ${name}${where} of the sink refuses a row: ${MOVED}.`,
      remedy: [
        constraint === undefined
          ? `at the sink: drop the constraint or unique index ${name} (a copy needs only the primary key)`
          : `at the sink: ALTER TABLE ${constraint.table} DROP CONSTRAINT ${name}; (a copy needs only the primary key)`,
        'at the sink: make it DEFERRABLE INITIALLY DEFERRED, and apply each transaction of the source as a whole',
      ],
    };
  },
});

const MOVED =
  'at the source, the value moved from one row to another in one transaction, and the sink applies the changes one at a time';

/** In MariaDB and MySQL every primary key has one name. MySQL names its table with it, MariaDB does not. */
function uniqueIndex(
  name: string,
  table: string | undefined,
  subject: DiagnosisFacts['subject'],
): Pick<Found, 'says' | 'remedy'> {
  if (name === 'PRIMARY') return duplicateKey(`of ${table ?? 'a table'}`, subject, 'ON DUPLICATE KEY UPDATE');
  const where = table === undefined ? '' : ` of ${table}`;
  return {
    says: `The unique index ${name}${where} of the sink refuses a row: ${MOVED}.`,
    remedy: [`at the sink: ALTER TABLE ${table ?? '…'} DROP INDEX ${name}; (a copy needs only the primary key)`],
  };
}

/** `upserting` is how the sink's SQL says it. */
function duplicateKey(
  key: string,
  { connectors }: DiagnosisFacts['subject'],
  upserting: string,
): Pick<Found, 'says' | 'remedy'> {
  const says = `The primary key ${key} of the sink refuses an INSERT: the row is already there, and the event is an update or was delivered again`;
  for (const sink of connectors) {
    const dialect = sinkDialect(sink);
    if (dialect === undefined || (sink.config['insert.mode'] ?? 'insert') !== 'insert') continue;
    return {
      says: `${says}; ${stands(sink, 'insert.mode', 'insert')}.`,
      remedy: [`in ${sink.file}: insert.mode=upsert, with ${sinkWords(dialect).keyMode}=record_key`],
    };
  }
  return { says: `${says}.`, remedy: [`upsert by primary key: INSERT … ${upserting}`] };
}

const notNull = refusal({
  code: 'sink-not-null',
  family: notNullInFamily,
  title: 'A column of the sink is NOT NULL, and events have no value for it.',
  docs: `${DOCS}ddl-constraints.html#DDL-CONSTRAINTS-NOT-NULL`,
  pattern: /null value in column "([^"]+)" of relation "([^"]+)" violates not-null constraint/,
  tell: ([, column, table]) => ({
    says: `The sink's column ${table}.${column} is NOT NULL, and an event has no value for it.`,
    remedy: [
      `at the sink: ALTER TABLE ${table} ALTER COLUMN ${column} DROP NOT NULL;`,
      'at the sink: give the column a default, if the source does not have the column',
    ],
  }),
});

const check = refusal({
  code: 'sink-check',
  family: checkInFamily,
  title: 'A check constraint of the sink refuses a value that the source accepts.',
  docs: `${DOCS}ddl-constraints.html#DDL-CONSTRAINTS-CHECK-CONSTRAINTS`,
  pattern: /new row for relation "([^"]+)" violates check constraint "([^"]+)"/,
  tell: ([, table, name], { sink }) => {
    const text = sink?.constraints.find((one) => one.name === name)?.text;
    return {
      says: `The check constraint ${name} of the sink's table ${table} refuses a value that the source accepts${text === undefined ? '' : `: ${text}`}.`,
      remedy: [`at the sink: ALTER TABLE ${table} DROP CONSTRAINT ${name}; (or let it accept what the source accepts)`],
    };
  },
});

const generated = refusal({
  code: 'sink-generated-column',
  family: generatedInFamily,
  title: 'The consumer writes a column that the sink generates.',
  docs: `${DOCS}ddl-generated-columns.html`,
  // Up to PostgreSQL 13: cannot insert into column.
  pattern:
    /cannot insert (?:a non-DEFAULT value )?into column "([^"]+)"|column "([^"]+)" can only be updated to DEFAULT/,
  tell: ([, inserted, updated], { subject }) => {
    const column = inserted ?? updated;
    return {
      says: `The sink's column ${column} is GENERATED ALWAYS, and the consumer writes a value to it.`,
      remedy: [
        `at the sink: make ${column} an ordinary column (ALTER TABLE … ALTER COLUMN ${column} DROP EXPRESSION, or DROP IDENTITY)`,
        'in the source connector: leave it out of the events (column.exclude.list)',
        ...subject.connectors.map(
          (one) =>
            `in ${one.file}: leave it out of the records (${sinkDialect(one) === 'debezium' ? 'field.exclude.list' : 'a ReplaceField transform'})`,
        ),
      ],
    };
  },
});

const WRITE = 'SELECT, INSERT, UPDATE, DELETE ON';

const right = refusal({
  code: 'sink-right-missing',
  family: rightInFamily,
  title: "The sink's user lacks a privilege.",
  docs: `${DOCS}ddl-priv.html`,
  pattern: /permission denied for (table|schema|sequence|relation) ("?[\w.]+"?)/,
  tell: ([, kind, name]) => {
    const needed = kind === 'schema' || kind === 'sequence' ? `USAGE ON ${kind.toUpperCase()}` : WRITE;
    return {
      says: `The user that writes to the sink lacks a privilege on ${name}.`,
      remedy: [`at the sink: GRANT ${needed} ${name} TO …;`],
    };
  },
});

const narrowed = refusal({
  code: 'sink-column-narrower',
  family: narrowedInFamily,
  title: "A column of the sink is narrower than the source's.",
  docs: `${DOCS}datatype.html`,
  pattern:
    /(value too long for type character(?: varying)?\(\d+\))|(numeric field overflow)|(?:smallint|integer|bigint) out of range|is out of range for type/,
  tell([said, text, number], { sink, subject, tables }) {
    const family = text ? 'text' : number ? 'number' : 'integer';
    const narrow = narrowerColumns(family, tables, (source) => {
      const id = subject.compared?.[tableId(source)];
      return sink?.tables.find((one) => (id === undefined ? one.name === source.name : tableId(one) === id));
    });
    if (narrow.length === 0)
      return {
        says: `A column of the sink is too narrow for a value of the source (${said}).`,
        remedy: ["at the sink: make the column as wide as the source's"],
      };
    return {
      says: `A value does not fit into the sink: ${narrow.map(({ table, column, ours, theirs }) => `${table}.${column} is ${theirs}, and the source's is ${ours}`).join('; ')}.`,
      remedy: narrow.map(
        ({ table, column, ours }) => `at the sink: ALTER TABLE ${table} ALTER COLUMN ${column} TYPE ${ours};`,
      ),
    };
  },
});

interface Narrow {
  readonly table: TableId;
  readonly column: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Columns of one name of which the sink's holds less. */
function narrowerColumns(
  family: Room['family'],
  sources: readonly Table[],
  sinkOf: (source: Table) => Table | undefined,
): Narrow[] {
  return sources.flatMap((source) => {
    const sink = sinkOf(source);
    if (sink === undefined) return [];
    return sink.columns.flatMap(({ name: column, type: theirs }): Narrow[] => {
      const ours = source.columns.find(({ name }) => name === column)?.type;
      if (ours === undefined) return [];
      const [has, needs] = [roomOf(theirs), roomOf(ours)];
      if (has?.family !== family || needs?.family !== family || has.size >= needs.size) return [];
      return [{ table: tableId(sink), column, ours, theirs }];
    });
  });
}

interface Room {
  readonly family: 'text' | 'number' | 'integer';
  /** Characters, digits before the point, or the place in INTEGERS. */
  readonly size: number;
}

const INTEGERS = ['smallint', 'integer', 'bigint'];
const TEXTS = ['character varying', 'character', 'text'];

/** How much a type of PostgreSQL holds, of which values can be too large. */
function roomOf(type: string): Room | undefined {
  if (INTEGERS.includes(type)) return { family: 'integer', size: INTEGERS.indexOf(type) };
  const [base, limits] = type.split(/[()]/);
  const [size = Number.POSITIVE_INFINITY, scale = 0] = limits?.split(',').map(Number) ?? [];
  if (base === 'numeric') return { family: 'number', size: size - scale };
  return TEXTS.includes(`${base}`) ? { family: 'text', size } : undefined;
}

const noColumn = refusal({
  code: 'sink-column-missing',
  reported: 'Confluent JDBC, Aiven JDBC',
  title: "The sink's table lacks a column that events have.",
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-schema-evolution',
  pattern:
    /column "([^"]+)" of relation "([^"]+)" does not exist|Cannot alter table (\S+) because schema evolution is disabled|Table (\S+) is missing fields .+ and auto-evolution is disabled/,
  unless: (facts) => otherCase(facts) !== undefined,
  tell: ([said, column, ...tables], { subject, findings }) => {
    const named = [
      ...(column === undefined ? [] : [column]),
      ...said.matchAll(/name='([^']+)'/g).map(([, one]) => one),
    ];
    // Debezium's own message names the table alone. Of the groups one is the table's name; the others join as empty.
    const missing = findings.flatMap((one) => (one.anomaly === 'missing-column' ? (one.column ?? []) : []));
    const columns = new Set(named.length > 0 ? named : missing);
    return {
      says: `The sink's table ${unquoted(tables.join(''))} lacks a column that events have${columns.size === 0 ? '' : `: ${[...columns].join(', ')}`}.`,
      remedy: [
        'at the sink: add the column, with the same default as at the source',
        ...subject.connectors.map((one) => `in ${one.file}: ${sinkWords(sinkDialect(one) ?? 'confluent').evolve}`),
      ],
    };
  },
});

const unquoted = (name: string): string => name.replaceAll('"', '');

const noTable = refusal({
  code: 'sink-table-missing',
  reported: 'Confluent JDBC, Aiven JDBC',
  title: 'The sink has no table of the name that the connector writes to.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-property-collection-name-format',
  pattern:
    /(?<!of )relation "([^"]+)" does not exist|Cannot create table (\S+) because schema evolution is disabled|Could not find table: (\S+)|Table (\S+) is missing and auto-creation/,
  unless: (facts) => otherCase(facts) !== undefined,
  tell: ([, ...names], { subject, sink }) => {
    const has = sink === undefined ? '' : ` (it has ${sink.tables.map(tableId).join(', ') || 'none'})`;
    const formats = subject.connectors.map((one) =>
      stands(one, sinkWords(sinkDialect(one) ?? 'confluent').tableName, 'made from the topic'),
    );
    return {
      says: `The sink has no table ${unquoted(names.join(''))}${has}${formats.length === 0 ? '' : `: ${formats.join(', ')}`}.`,
      remedy: [...subject.connectors.flatMap(nameAdvice), 'at the sink: create the table under that name'],
    };
  },
});

function nameAdvice(sink: OwnConnector): string[] {
  const byTable = `\${source.table}`;
  if (sinkDialect(sink) !== 'debezium')
    return [
      `in ${sink.file}: set table.name.format, or add a RegexRouter that leaves only the table's name of the topic's`,
    ];
  if (sink.config['collection.name.format'] === byTable) return [];
  return [`in ${sink.file}: collection.name.format=${byTable} (default: \${topic}, with its dots as underscores)`];
}

const noConflictTarget = refusal({
  code: 'sink-key-mismatch',
  title: "The sink's table has no primary key or unique constraint on the columns by which the connector writes.",
  docs: `${DOCS}sql-insert.html#SQL-ON-CONFLICT`,
  pattern: /there is no unique or exclusion constraint matching the ON CONFLICT specification/,
  tell: (_, { sources, subject }) => {
    const keyed = sources.find(({ config }) => config['message.key.columns'] !== undefined);
    if (keyed !== undefined)
      return {
        says: `message.key.columns=${keyed.config['message.key.columns']} in ${keyed.file}: the records' keys are not the tables' primary keys, and the sink has no unique constraint on those columns.`,
        remedy: [
          `in ${keyed.file}: remove message.key.columns, or list all columns of each primary key`,
          'at the sink: create a unique index on these columns, if they identify a row',
        ],
      };
    return {
      says: `The sink's table has no primary key or unique constraint on the columns by which ${subject.name} writes.`,
      remedy: ["at the sink: add a primary key on the columns of the records' key"],
    };
  },
});

const nullByte = refusal({
  code: 'sink-null-byte',
  title: 'PostgreSQL cannot store the null character in text.',
  docs: `${DOCS}datatype-character.html`,
  pattern: /invalid byte sequence for encoding "UTF8": 0x00/,
  tell: () => ({
    says: 'A text contains the null character (0x00), which PostgreSQL cannot store in a text column.',
    remedy: ['remove it with a transform in the sink, or store the column as bytea'],
  }),
});

export const REFUSED: readonly CauseEntry[] = [
  ...[foreignKey, noConflictTarget, unique, notNull, check, generated, right, narrowed, noColumn, noTable, nullByte],
];
