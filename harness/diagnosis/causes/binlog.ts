import { type Table, tableId } from '#model/catalog.ts';
import type { DiagnosisFacts } from '#model/cause.ts';
import { type BinlogEngine, binlogEngine, connectorPage } from '../binlog-engine.ts';
import type { CauseEntry, Found } from '../entry.ts';
import { uncaptured } from '../property.ts';
import { heard, type Matched, quoted } from '../reading.ts';

const SEEN = 'Debezium 3.5.0, MariaDB 11.4.5';
const SEEN_ON_BOTH = `${SEEN}, MySQL 9.7.4`;

/** What the two engines call things that a remedy names. */
const WORDS: Readonly<Record<BinlogEngine, Readonly<Record<'purging' | 'keeping' | 'known' | 'wholeRows', string>>>> = {
  mariadb: {
    purging: 'PURGE BINARY LOGS or RESET MASTER',
    keeping:
      'binlog_expire_logs_seconds (or expire_logs_days) longer than the longest outage of the connector, and no PURGE BINARY LOGS beyond its position',
    known: 'a type or a syntax that the connector knows, such as varchar or varbinary in place of inet6',
    wholeRows: "SET GLOBAL binlog_row_image = FULL, also in the server's configuration",
  },
  mysql: {
    // From 8.4 on there are no RESET MASTER, no SHOW MASTER STATUS and no expire_logs_days.
    purging: 'PURGE BINARY LOGS or RESET BINARY LOGS AND GTIDS (RESET MASTER before 8.2)',
    keeping:
      'binlog_expire_logs_seconds longer than the longest outage of the connector (SET PERSIST), and no PURGE BINARY LOGS beyond its position: SHOW BINARY LOGS lists what is kept, SHOW BINARY LOG STATUS where the log ends',
    known: 'a type or a syntax that the connector knows',
    wholeRows: 'SET PERSIST binlog_row_image = FULL, which the server keeps when it restarts',
  },
};

const stops = { anomalies: ['stalled', 'lost', 'stale', 'orphan'] } as const satisfies Partial<CauseEntry>;

interface BinlogCause {
  readonly code: string;
  readonly title: string;
  readonly seenOn: string;
  /** See {@link connectorPage}. */
  readonly place: string;
  find(facts: DiagnosisFacts, engine: BinlogEngine): Pick<Found, 'says' | 'evidence' | 'remedy'> | undefined;
}

/** A cause for which capture stops, in the words of the engine whose log it is. */
function binlogCause({ code, title, seenOn, place, find }: BinlogCause): CauseEntry {
  return {
    ...{ code, title, ...stops, docs: connectorPage('mariadb', place), seenOn },
    find(facts) {
      const engine = binlogEngine(facts);
      const found = find(facts, engine);
      if (found === undefined) return undefined;
      const explains = uncaptured(facts, ...stops.anomalies);
      return { ...found, docs: connectorPage(engine, place), certainty: 'shown', explains };
    },
  };
}

const said = (facts: DiagnosisFacts, pattern: RegExp): Matched | undefined =>
  heard(facts, pattern, ['source-task', 'worker-log']);

/** Where the source connector's properties stand. */
function fileOf({ sources }: DiagnosisFacts): string {
  return sources.map(({ file }) => file).join(', ') || 'the source connector';
}

/** What lets a connector that cannot go on begin anew. */
const NEW_SNAPSHOT =
  "stop the connector, delete its offsets (DELETE /connectors/<name>/offsets) and resume it, so that it takes a new snapshot; reload the sinks' tables from which rows were deleted meanwhile";

/** By 0 no file is ever removed for its age. */
function expiry(seconds: string, engine: BinlogEngine): string {
  return seconds === '0'
    ? `binlog_expire_logs_seconds is 0 at the source: the files were removed by ${WORDS[engine].purging}`
    : `binlog_expire_logs_seconds is ${seconds} at the source`;
}

/** MariaDB's own words; a connector for MySQL asks the server for what it has purged, and does not begin (seen on 9.7.4). */
const PURGED =
  /Could not find GTID state requested by slave in any binlog files|change stream starting at BinlogOffsetContext\{.*but this is no longer available on the server/;

const purged = binlogCause({
  code: 'binlog-purged',
  title: 'The source has removed binlog files that the connector had not read yet.',
  seenOn: SEEN_ON_BOTH,
  place: '<engine>-purges-binlog-files-used-by-debezium',
  find(facts, engine) {
    const heardOf = said(facts, PURGED);
    if (heardOf === undefined) return undefined;
    const kept = facts.source?.settings.binlog_expire_logs_seconds;
    return {
      says: 'The source has removed binlog files that the connector had not read yet: it was stopped, or behind, for longer than the server keeps them, and cannot go on.',
      evidence: [quoted(heardOf), ...(kept === undefined ? [] : [expiry(kept, engine)])],
      remedy: [NEW_SNAPSHOT, `to prevent it, at the source: ${WORDS[engine].keeping}`],
    };
  },
});

const history = binlogCause({
  code: 'schema-history-lost',
  title: "The connector's schema history topic is gone, or was cut short.",
  seenOn: SEEN,
  place: '<engine>-schema-history-topic',
  find(facts) {
    const heardOf = said(facts, /The db history topic (?:is missing|or its content is fully or partially missing)/);
    if (heardOf === undefined) return undefined;
    const topic = facts.sources.flatMap(({ config }) => config['schema.history.internal.kafka.topic'] ?? [])[0];
    const named = topic === undefined ? 'the schema history topic' : `the topic ${topic}`;
    return {
      says: `The connector cannot start: ${named}, in which it keeps the tables' definitions along the binlog, is gone or was cut short.`,
      evidence: [quoted(heardOf)],
      remedy: [
        `in ${fileOf(facts)}: snapshot.mode=recovery for one start, if no table was altered since the connector stopped; then the former snapshot.mode again`,
        NEW_SNAPSHOT,
        `to prevent it: ${named} with one partition, cleanup.policy=delete, retention.ms=-1 and retention.bytes=-1`,
      ],
    };
  },
});

const unparsed = binlogCause({
  code: 'ddl-not-understood',
  title:
    "The connector does not understand a DDL statement of the source's log: a type or syntax that its parser lacks.",
  seenOn: SEEN,
  place: '<engine>-schema-history-topic',
  find(facts, engine) {
    const heardOf = said(facts, /DDL statement couldn't be parsed\..*? with the statement '([\s\S]*?)'(?=\n|$)/);
    if (heardOf === undefined) return undefined;
    const statement = shortened(heardOf.match[1] ?? '');
    return {
      says: `The connector stopped at a statement that its parser does not understand: ${statement}`,
      evidence: [quoted(heardOf)],
      remedy: [
        `at the source: ${WORDS[engine].known}; then ${NEW_SNAPSHOT}`,
        `in ${fileOf(facts)}: schema.history.internal.skip.unparseable.ddl=true, only if the statement changes no table that is captured: otherwise the connector goes on with the former columns`,
      ],
    };
  },
});

const STATEMENT_MAX = 200;

function shortened(statement: string): string {
  return statement.length > STATEMENT_MAX ? `${statement.slice(0, STATEMENT_MAX)}…` : statement;
}

/** A row that the log has with fewer columns than its table, in the connector's words. */
interface NarrowRow {
  readonly matched: Matched;
  readonly table: string;
  readonly schema: number;
  readonly row: number;
}

function narrowRow(facts: DiagnosisFacts): NarrowRow | undefined {
  const matched = said(facts, /Error processing row in (\S+), internal schema size (\d+), but row size (\d+)/);
  if (matched === undefined) return undefined;
  const [, table = '', schema, row] = matched.match;
  return { matched, table, schema: Number(schema), row: Number(row) };
}

/** Tables of this name that have as many columns as the connector thinks: then its definitions are not what is wrong. */
function known(tables: readonly Table[], { table, schema }: NarrowRow): readonly Table[] {
  return tables.filter(({ name, columns }) => name === table && columns.length === schema);
}

const narrow = binlogCause({
  code: 'row-image-minimal',
  title: 'The source logs only some columns of a changed row (binlog_row_image), and the connector needs all of them.',
  seenOn: SEEN_ON_BOTH,
  place: 'enable-<engine>-binlog',
  find(facts, engine) {
    const found = narrowRow(facts);
    if (found === undefined || found.row >= found.schema) return undefined;
    const image = facts.source?.settings.binlog_row_image;
    const narrowNow = image !== undefined && image.toUpperCase() !== 'FULL';
    const tables = known(facts.tables, found);
    if (!narrowNow && tables.length === 0) return undefined;
    return {
      says: `The source's log has ${found.row} of the ${found.schema} columns of a row of ${found.table}: it was written with binlog_row_image=MINIMAL or NOBLOB, and the connector reads whole rows only.`,
      evidence: [
        quoted(found.matched),
        ...tables.map(
          (table) => `${tableId(table)} has ${found.schema} columns at the source, as the connector expects`,
        ),
        ...(image === undefined ? [] : [`binlog_row_image is ${image} at the source now`]),
      ],
      remedy: [
        `at the source: ${WORDS[engine].wholeRows}; sessions that are open keep the old value. What was logged before cannot be read: ${NEW_SNAPSHOT}`,
      ],
    };
  },
});

export const BINLOG: readonly CauseEntry[] = [purged, history, unparsed, narrow];
