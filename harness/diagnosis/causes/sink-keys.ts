import { tableId } from '#model/catalog.ts';
import type { DiagnosisFacts } from '#model/cause.ts';
import type { Anomaly, Finding } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { matchesWhole } from '#std/captured.ts';
import { commaList } from '#std/comma-list.ts';
import { type SinkDialect, sinkDialect, sinkWords, stands, UNNEST } from '../dialect.ts';
import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, ofSource, quoted } from '../reading.ts';

const JDBC = 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html';
const STOPPED = ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'] as const;

/** Captured tables without a primary key. */
function keyless({ tables }: DiagnosisFacts): string[] {
  return tables.filter(({ key }) => key.length === 0).map(tableId);
}

interface JdbcSink {
  readonly sink: OwnConnector;
  readonly dialect: SinkDialect;
}

/** The subject's JDBC sink connectors. */
function jdbcSinks({ subject }: DiagnosisFacts): JdbcSink[] {
  return subject.connectors.flatMap((sink) => {
    const dialect = sinkDialect(sink);
    return dialect === undefined ? [] : [{ sink, dialect }];
  });
}

const inserts = ({ sink }: JdbcSink): boolean => (sink.config['insert.mode'] ?? 'insert') === 'insert';

/** What Debezium's, Aiven's and Confluent's sinks say of a record without a key. */
const WITHOUT_KEY =
  /primary key mode 'record_key' cannot have null schema|is RECORD_KEY, but record key schema is missing|'pk\.mode=record_key' and therefore requires records with a non-null key/;

const needsKey: CauseEntry = {
  code: 'sink-needs-key',
  title: 'The sink connector takes the key from the record, but a table without a primary key has none.',
  anomalies: ['stalled'],
  docs: `${JDBC}#jdbc-property-primary-key-mode`,
  seenOn: 'Debezium 3.5.0',
  reported: 'Confluent JDBC, Aiven JDBC',
  find(facts) {
    const matched = heard(facts, WITHOUT_KEY, ['sink-task', 'worker-log']);
    if (matched === undefined) return undefined;
    const sinks = jdbcSinks(facts);
    const found = sinks.find(({ sink }) => sink.name === matched.words.name) ?? sinks[0];
    if (found === undefined) return undefined;
    const { insertMode, keyMode } = sinkWords(found.dialect);
    const tables = keyless(facts);
    const which = tables.join(', ');
    return {
      says: `${keyMode}=record_key in ${found.sink.file}: the events of ${which || 'a table without a primary key'} have no key, so the connector fails at the first one.`,
      evidence: [quoted(matched), ...tables.map((table) => `${table} has no primary key`)],
      remedy: [
        `at the source: add a primary key to ${which || 'the table'}`,
        ...facts.sources.map(({ file }) => `in ${file}: message.key.columns with columns that identify a row`),
        `apply its topic with a connector of its own, with ${insertMode}=insert and ${keyMode}=none`,
      ],
      certainty: 'shown',
      explains: findingsOf(facts, STOPPED, ['log-to-sink']),
    };
  },
};

const REWRITE = 'reWriteBatchedInserts=true';

/** What makes one statement of a batch: the property as the file has it, and how it is switched off. */
function batching(
  facts: DiagnosisFacts,
): { readonly property: string; readonly sink: JdbcSink; readonly off: string } | undefined {
  for (const one of jdbcSinks(facts)) {
    const { config, file } = one.sink;
    if (config[UNNEST] === 'true')
      return { property: `${UNNEST}=true in ${file}`, sink: one, off: `in ${file}: ${UNNEST}=false` };
    if (config['connection.url']?.includes(REWRITE) === true)
      return { property: `${REWRITE} in ${file}`, sink: one, off: `in ${file}: remove ${REWRITE} from connection.url` };
  }
  return undefined;
}

const batchRepeats: CauseEntry = {
  code: 'sink-batch-repeats-key',
  title: 'The driver or the connector combines a batch into one statement, and a key occurs in it twice.',
  anomalies: ['stalled'],
  docs: 'https://jdbc.postgresql.org/documentation/use/#connection-parameters',
  seenOn: 'PostgreSQL 18.4, pgjdbc 42.7',
  find(facts) {
    const matched = heard(facts, /ON CONFLICT DO UPDATE command cannot affect row a second time/);
    if (matched === undefined) return undefined;
    const found = batching(facts);
    const why =
      found === undefined
        ? ''
        : `: ${found.property} combines a batch into one INSERT, and a row changes more than once in it`;
    const reduction =
      found?.sink.dialect === 'debezium'
        ? [`in ${found.sink.sink.file}: use.reduction.buffer=true, which keeps only the last change of each key`]
        : [];
    return {
      says: `One statement contains the same key twice, which ON CONFLICT DO UPDATE does not allow${why}.`,
      evidence: [quoted(matched)],
      remedy:
        found === undefined
          ? ['keep only the last change of each key in a batch, or write row by row']
          : [found.off, ...reduction],
      certainty: 'shown',
      explains: findingsOf(facts, STOPPED, ['log-to-sink']),
    };
  },
};

const insertMode: CauseEntry = {
  code: 'sink-inserts-blindly',
  title: 'insert.mode=insert: an event that is delivered again adds a second row.',
  anomalies: ['duplicate', 'orphan', 'stale'],
  docs: `${JDBC}#jdbc-property-insert-mode`,
  find(facts) {
    const found = jdbcSinks(facts).find(inserts);
    if (found === undefined) return undefined;
    const { sink, dialect } = found;
    const words = sinkWords(dialect);
    const without = keyless(facts);
    // With a key, a row that remains after its delete is there because the delete was not applied.
    const surplus = findingsOf(facts, ['duplicate', 'orphan', 'stale'], ['log-to-sink']).filter(
      ({ table, event }) => event?.op !== 'delete' || without.some((one) => one === table),
    );
    const tables = without.filter((table) => surplus.some((one) => one.table === table));
    const upsert = `in ${sink.file}: ${words.insertMode}=upsert, ${words.keyMode}=record_key`;
    return {
      says: `${stands(sink, words.insertMode, 'insert')}: every event is inserted, so an event that is delivered again adds a second row, and an update adds a second version of its row.`,
      evidence: [`${surplus.length} of the rows shown are at the sink more than once or in an old version`],
      remedy:
        tables.length === 0
          ? [upsert]
          : [
              `at the source: add a primary key to ${tables.join(', ')}, and ${upsert}`,
              ...facts.sources.map(
                ({ file }) => `in ${file}: message.key.columns with columns that identify a row, and ${upsert}`,
              ),
              // An old version has an LSN of its own. Offsets do not tell: what a source connector sends again gets new ones.
              ...(surplus.every(({ anomaly }) => anomaly === 'duplicate')
                ? [
                    'store the LSN of its event with each row (ExtractNewRecordState with add.fields=lsn) and read equal rows with equal LSNs as one: an event that is delivered again has the same LSN',
                  ]
                : []),
            ],
      certainty: 'shown',
      explains: surplus,
    };
  },
};

/** Key modes in which the key is not the record's: what follows from each, and what it looks like. */
const OTHER_KEYS: ReadonlyMap<string, { readonly why: string; readonly shows: readonly Anomaly[] }> = new Map([
  [
    'kafka',
    {
      why: 'the key is the topic, partition and offset of the event, so every event becomes a row of its own',
      shows: ['duplicate', 'orphan'],
    },
  ],
  ['none', { why: 'the connector has no key to write by', shows: ['stalled', 'lost', 'duplicate'] }],
]);

const keyMode: CauseEntry = {
  code: 'sink-key-mode',
  title: 'The sink connector writes by key, but does not take the key from the record (key mode none or kafka).',
  anomalies: ['stalled', 'lost', 'duplicate', 'orphan'],
  docs: `${JDBC}#jdbc-property-primary-key-mode`,
  find(facts) {
    for (const one of jdbcSinks(facts)) {
      if (inserts(one)) continue;
      const { sink, dialect } = one;
      const words = sinkWords(dialect);
      const other = OTHER_KEYS.get(sink.config[words.keyMode] ?? 'none');
      const explains = findingsOf(facts, other?.shows ?? [], ['log-to-sink']);
      if (other === undefined || explains.length === 0) continue;
      const property = stands(sink, words.keyMode, 'none');
      return {
        says: `${property} with ${words.insertMode}=${sink.config[words.insertMode]}: ${other.why}.`,
        evidence: [property],
        remedy: [`in ${sink.file}: ${words.keyMode}=record_key`],
        certainty: 'likely',
        explains,
      };
    }
    return undefined;
  },
};

const messageKey: CauseEntry = {
  code: 'message-key-not-primary-key',
  title: 'message.key.columns omits columns of the primary key: several rows share a key and overwrite each other.',
  anomalies: ['lost', 'stale', 'orphan', 'stalled'],
  docs: 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-property-message-key-columns',
  find(facts) {
    for (const source of facts.sources) {
      const { config, file } = source;
      const property = config['message.key.columns'];
      if (property === undefined) continue;
      const short = property.split(';').flatMap((part) => shortOf(part.trim(), facts));
      const explains = overwritten(
        ofSource(source, facts.findings),
        short.map(({ table }) => table),
      );
      if (explains.length === 0) continue;
      return {
        says: `message.key.columns=${property} in ${file}: ${short.map(({ table, columns, key }) => `the records of ${table} have the key ${columns}, but its primary key is ${key}`).join('; ')}, so several rows share a key and overwrite each other.`,
        evidence: short.map(({ table, key }) => `the primary key of ${table} is ${key}`),
        remedy: [
          `in ${file}: list all columns of the primary key in message.key.columns`,
          `in ${file}: remove message.key.columns`,
        ],
        certainty: 'shown',
        explains,
      };
    }
    return undefined;
  },
};

const OVERWRITTEN = ['lost', 'stale', 'orphan', 'resurrected', 'reordered'];
/** They concern the consumer or a transaction as a whole, whatever the table. */
const WHOLE = ['partial-transaction', 'stalled'];

/** What follows where rows of these tables overwrite each other. */
function overwritten(findings: readonly Finding[], tables: readonly string[]): Finding[] {
  if (tables.length === 0) return [];
  return findings.filter(
    ({ table, anomaly }) =>
      WHOLE.includes(anomaly) || (OVERWRITTEN.includes(anomaly) && tables.some((one) => one === table)),
  );
}

/** Tables of an entry of `message.key.columns` whose primary key it does not hold as a whole. */
function shortOf(entry: string, { tables }: DiagnosisFacts): { table: string; columns: string; key: string }[] {
  const colon = entry.lastIndexOf(':');
  const columns = commaList(entry.slice(colon + 1));
  return tables
    .filter(
      (table) =>
        matchesWhole(entry.slice(0, colon), tableId(table)) && table.key.some((name) => !columns.includes(name)),
    )
    .map((table) => ({ table: tableId(table), columns: columns.join(', '), key: table.key.join(', ') }));
}

export const SINK_KEYS: readonly CauseEntry[] = [messageKey, needsKey, batchRepeats, insertMode, keyMode];
