import type { DiagnosisFacts } from '#model/cause.ts';
import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, quoted } from '../reading.ts';

const JDBC_SINK = 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-schema-evolution';
const EVOLUTION = 'https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html';

/** The column that the fault changed in this way. */
function changedColumn({ fault: { kind, bit, figures } }: DiagnosisFacts, change: string): string | undefined {
  return kind === 'change-under-level' && bit && figures.change === change ? String(figures.column) : undefined;
}

const REQUIRED =
  /Cannot ALTER table '(?<table>[^']+)' because field '(?<field>[^']+)' is not optional but has no default value/;

const requiredAtSink: CauseEntry = {
  code: 'sink-refuses-required-column',
  title: "Debezium's JDBC sink does not add a column that is NOT NULL and has no default: its task ends.",
  docs: JDBC_SINK,
  anomalies: ['stalled', 'lost', 'stale', 'orphan'],
  seenOn: 'Debezium 3.5.0',
  find(facts) {
    const matched = heard(facts, REQUIRED, ['sink-task']);
    const { table, field } = matched?.match.groups ?? {};
    if (matched === undefined || table === undefined || field === undefined) return undefined;
    return {
      says: `${facts.subject.name} does not add the column ${field} to ${table}: it is NOT NULL and has no default, so there is nothing to fill it with in rows that are there. Its task failed.`,
      evidence: [quoted(matched)],
      remedy: [
        `at the sink: ALTER TABLE ${table} ADD COLUMN ${field} … with the value that rows before it have at the source as its default; then restart the task: POST /connectors/<name>/restart?includeTasks=true&onlyFailed=true`,
        `at the source, the next time: add the column with a default, and drop the default once every sink has the column`,
      ],
      certainty: 'shown',
      explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], ['log-to-sink']),
    };
  },
};

const rowsBefore: CauseEntry = {
  code: 'rows-before-required-column',
  title: 'A column was added without a default: no event says what it holds in rows that were there before.',
  docs: EVOLUTION,
  anomalies: ['corrupt'],
  find(facts) {
    const column = changedColumn(facts, 'added without a default');
    const rows = findingsOf(facts, ['corrupt'], ['log-to-sink']).filter(({ differs }) =>
      differs?.some((one) => one.column === column && one.sink === null),
    );
    const [table] = rows.flatMap((finding) => finding.table ?? []);
    if (column === undefined || table === undefined) return undefined;
    return {
      says: `${table}.${column} is NULL at the sink in rows that no event has touched since it was added: its schema has no default, so the sink does not know what the source filled it with.`,
      evidence: [
        `${column} was added without a default; it is NULL at the sink in ${rows.length} of the wrong rows shown`,
      ],
      remedy: [
        `at the sink: UPDATE ${table} SET ${column} = <the value of the source> WHERE ${column} IS NULL`,
        'take a new snapshot of the table, which sends every row once more',
        'at the source, the next time: add the column with a default, and drop the default once every sink has the column',
      ],
      certainty: 'shown',
      explains: rows,
      columns: [column],
    };
  },
};

const droppedAtSource: CauseEntry = {
  code: 'column-dropped-at-source',
  title: 'A column was dropped at the source: events lack it from then on, and sinks drop no column.',
  docs: JDBC_SINK,
  anomalies: ['extra-column'],
  find(facts) {
    const column = changedColumn(facts, 'dropped');
    const explains = findingsOf(facts, ['extra-column']).filter((finding) => finding.column === column);
    const [table] = explains.flatMap((finding) => finding.table ?? []);
    if (column === undefined || table === undefined) return undefined;
    return {
      says: `${column} was dropped at the source. No event says so, and a sink keeps its column with what it held.`,
      evidence: [`the source's ${table} has no column ${column} any more, and the sink's has`],
      remedy: [`at the sink, once nobody reads it: ALTER TABLE ${table} DROP COLUMN ${column}`],
      certainty: 'shown',
      explains,
    };
  },
};

/** What becomes of columns that are added or dropped while events go on. */
export const SCHEMA_CHANGES: readonly CauseEntry[] = [requiredAtSink, rowsBefore, droppedAtSource];
