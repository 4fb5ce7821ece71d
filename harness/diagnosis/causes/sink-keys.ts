import { tableId } from '#model/catalog.ts';
import type { DiagnosisFacts } from '#model/cause.ts';
import { matchesWhole } from '#std/captured.ts';
import { commaList } from '#std/comma-list.ts';
import { sinkDialect, sinkWords, stands, UNNEST } from '../dialect.ts';
import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, ofSource, quoted } from '../reading.ts';

const JDBC = 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html';
const STOPPED = ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'] as const;

/** Captured tables without a primary key. */
function keyless({ tables }: DiagnosisFacts): string[] {
  return tables.filter(({ key }) => key.length === 0).map(tableId);
}

const needsKey: CauseEntry = {
  code: 'sink-needs-key',
  title: 'The sink connector takes the key from the record, and a table without a primary key has none.',
  anomalies: ['stalled'],
  docs: `${JDBC}#jdbc-property-primary-key-mode`,
  seenOn: 'Debezium 3.5.0',
  reported: 'Confluent JDBC, Aiven JDBC',
  find(facts) {
    const matched = heard(
      facts,
      /(?:primary key mode 'record_key' cannot have null schema|Configured primary key mode 'record_key'[^\n]*|PK mode for table '[^']*' is RECORD_KEY, but record key schema is missing[^\n]*|'pk\.mode=record_key' and therefore requires records with a non-null key [^\n]*)/,
      ['sink-task', 'worker-log'],
    );
    const [sink] = facts.subject.connectors;
    if (matched === undefined || sink === undefined) return undefined;
    const words = sinkWords(sinkDialect(sink) ?? 'debezium');
    const tables = keyless(facts);
    const which = tables.length === 0 ? 'a table without a primary key' : tables.join(', ');
    return {
      says: `${words.keyMode}=record_key in ${sink.file}: events of ${which} have no key, and the connector stops at the first.`,
      evidence: [quoted(matched), ...tables.map((table) => `${table} has no primary key`)],
      remedy: [
        'at the source: give the table a primary key',
        ...(facts.sources.length === 0
          ? []
          : [
              `in ${facts.sources.map(({ file }) => file).join(', ')}: message.key.columns with columns that name one row`,
            ]),
        `leave its topic to a connector of its own with ${words.insertMode}=insert and ${words.keyMode}=none`,
      ],
      certainty: 'shown',
      explains: findingsOf(facts, STOPPED, ['log-to-sink']),
    };
  },
};

const rewritten: CauseEntry = {
  code: 'sink-batch-repeats-key',
  title: 'The driver or the connector makes one statement of a batch, and a key stands in it twice.',
  anomalies: ['stalled'],
  docs: 'https://jdbc.postgresql.org/documentation/use/#connection-parameters',
  seenOn: 'PostgreSQL 18.4, pgjdbc 42.7',
  find(facts) {
    const matched = heard(facts, /ON CONFLICT DO UPDATE command cannot affect row a second time/);
    if (matched === undefined) return undefined;
    const has = (text: string) => facts.subject.connectors.find(({ config }) => JSON.stringify(config).includes(text));
    const unnesting = has(`"${UNNEST}":"true"`);
    const sink = unnesting ?? has('reWriteBatchedInserts=true');
    const property = unnesting === undefined ? 'reWriteBatchedInserts=true' : `${UNNEST}=true`;
    return {
      says: `One statement writes a key twice, which ON CONFLICT does not allow${sink === undefined ? '' : `: ${property} in ${sink.file} makes one INSERT of a batch in which a row changes more than once`}.`,
      evidence: [quoted(matched)],
      remedy:
        sink === undefined
          ? ['keep the last change of each key of a batch only, or write row by row']
          : [
              unnesting === undefined
                ? `in ${sink.file}: take reWriteBatchedInserts=true out of connection.url`
                : `in ${sink.file}: ${UNNEST}=false`,
              ...(sinkDialect(sink) === 'debezium'
                ? [`in ${sink.file}: use.reduction.buffer=true, which keeps the last change of each key`]
                : []),
            ],
      certainty: 'shown',
      explains: findingsOf(facts, STOPPED, ['log-to-sink']),
    };
  },
};

const insertMode: CauseEntry = {
  code: 'sink-inserts-blindly',
  title: 'insert.mode=insert: an event that comes again leaves a second row.',
  anomalies: ['duplicate'],
  docs: `${JDBC}#jdbc-property-insert-mode`,
  find(facts) {
    const sink = facts.subject.connectors.find(
      (one) => sinkDialect(one) !== undefined && (one.config['insert.mode'] ?? 'insert') === 'insert',
    );
    if (sink === undefined) return undefined;
    const words = sinkWords(sinkDialect(sink) ?? 'debezium');
    const duplicates = findingsOf(facts, ['duplicate', 'orphan', 'stale'], ['log-to-sink']);
    const tables = keyless(facts).filter((table) => duplicates.some((one) => one.table === table));
    return {
      says: `${stands(sink, words.insertMode, 'insert')}: every event is inserted, so one that comes again leaves a second row, and an update a second version.`,
      evidence: [`${duplicates.length} rows shown are at the sink once too often`],
      remedy:
        tables.length === 0
          ? [`in ${sink.file}: ${words.insertMode}=upsert, ${words.keyMode}=record_key`]
          : [
              `at the source: give ${tables.join(', ')} a primary key, and in ${sink.file}: ${words.insertMode}=upsert, ${words.keyMode}=record_key`,
              'keep topic, partition and offset with each row (InsertField), and read the last of each; replays then show as equal offsets',
            ],
      certainty: 'shown',
      explains: duplicates,
    };
  },
};

const keyMode: CauseEntry = {
  code: 'sink-key-mode',
  title: 'The sink connector writes by key, and takes none from the record (key mode none or kafka).',
  anomalies: ['stalled', 'lost', 'duplicate', 'orphan'],
  docs: `${JDBC}#jdbc-property-primary-key-mode`,
  find(facts) {
    for (const sink of facts.subject.connectors) {
      const dialect = sinkDialect(sink);
      if (dialect === undefined || (sink.config['insert.mode'] ?? 'insert') === 'insert') continue;
      const words = sinkWords(dialect);
      const mode = sink.config[words.keyMode] ?? 'none';
      const shows = mode === 'kafka' ? (['duplicate', 'orphan'] as const) : (['stalled', 'lost', 'duplicate'] as const);
      const explains = findingsOf(facts, shows, ['log-to-sink']);
      if ((mode !== 'none' && mode !== 'kafka') || explains.length === 0) continue;
      const why =
        mode === 'kafka'
          ? 'the key is topic, partition and offset, so every event makes a row of its own'
          : 'there is no key to write by';
      return {
        says: `${stands(sink, words.keyMode, 'none')} with ${words.insertMode}=${sink.config[words.insertMode]}: ${why}.`,
        evidence: [stands(sink, words.keyMode, 'none')],
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
  title: 'message.key.columns names less than the primary key: several rows have one key, and overwrite each other.',
  anomalies: ['lost', 'stale', 'orphan', 'stalled'],
  docs: 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-property-message-key-columns',
  find(facts) {
    for (const source of facts.sources) {
      const { config, file } = source;
      const property = config['message.key.columns'];
      if (property === undefined) continue;
      const short = property.split(';').flatMap((part) => shortOf(part.trim(), facts));
      const explains = findingsOf({ ...facts, findings: ofSource(source, facts.findings) }, [
        'lost',
        'stale',
        'orphan',
        'resurrected',
        'reordered',
        'partial-transaction',
        'stalled',
      ]).filter(
        ({ table, anomaly }) =>
          anomaly === 'stalled' || short.some((one) => one.table === table) || anomaly === 'partial-transaction',
      );
      if (short.length === 0 || explains.length === 0) continue;
      return {
        says: `message.key.columns=${property} in ${file}: ${short.map(({ table, columns, key }) => `the key of ${table}'s records is ${columns}, and its primary key is ${key}`).join('; ')}, so several rows have one key and are written over each other.`,
        evidence: short.map(({ table, key }) => `the primary key of ${table} is ${key}`),
        remedy: [
          `in ${file}: name all columns of the primary key in message.key.columns`,
          `in ${file}: leave message.key.columns out`,
        ],
        certainty: 'shown',
        explains,
      };
    }
    return undefined;
  },
};

/** Tables of an entry of `message.key.columns` whose primary key it does not hold as a whole. */
function shortOf(part: string, { tables }: DiagnosisFacts): { table: string; columns: string; key: string }[] {
  const [pattern = '', list = ''] = part.split(/:(?=[^:]*$)/);
  const columns = commaList(list);
  return tables
    .filter((table) => matchesWhole(pattern, tableId(table)) && table.key.some((name) => !columns.includes(name)))
    .map((table) => ({ table: tableId(table), columns: columns.join(', '), key: table.key.join(', ') }));
}

export const SINK_KEYS: readonly CauseEntry[] = [messageKey, needsKey, rewritten, insertMode, keyMode];
