import { expect, test } from 'vitest';
import type { ServerWords } from '#model/cause.ts';
import { factsWith, findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import { eventOf, explains, items, sourceState, testPlantings } from '#testing/planting.ts';
import { diagnose } from '../diagnose.ts';
import { BINLOG } from './binlog.ts';

const STALLED = [{ anomaly: 'stalled', hop: 'source-to-log', detail: '' }] as const;

/** As Connect's REST interface has them of a failed task, without frames. */
const task = (...lines: readonly string[]): readonly ServerWords[] => [
  { from: 'source-task', name: 'app-source', text: lines.join('\n') },
];
const PRODUCER =
  'org.apache.kafka.connect.errors.ConnectException: An exception occurred in the change event producer. This connector will be stopped.';
const GTID =
  'Could not find GTID state requested by slave in any binlog files. Probably the slave state is too old and required binlog files have been purged.';

const gone = task(
  PRODUCER,
  `Caused by: io.debezium.DebeziumException: ${GTID} Error code: 1236; SQLSTATE: HY000.`,
  `Caused by: com.github.shyiko.mysql.binlog.network.ServerException: ${GTID}`,
);
const atMysql = task(
  "io.debezium.DebeziumException: The connector is trying to read change stream starting at BinlogOffsetContext{sourceInfo=BinlogSourceInfo{currentBinlogFilename='mysql-bin.000001', currentBinlogPosition=3354683}}, but this is no longer available on the server. Reconfigure the connector to use a snapshot mode when needed.",
);
const missing = task(
  'io.debezium.DebeziumException: The db history topic is missing. You may attempt to recover it by reconfiguring the connector to recovery.',
);
const unparsed = (statement: string) =>
  task(
    PRODUCER,
    'Caused by: io.debezium.DebeziumException: Error processing binlog event',
    `Caused by: io.debezium.text.ParsingException: DDL statement couldn't be parsed. Please open a GitHub issue at https://github.com/debezium/dbz/issues with the statement '${statement}'`,
    `no viable alternative at input '${statement}'`,
  );
const narrow = (row: number, schema = 3) =>
  task(
    PRODUCER,
    'Caused by: io.debezium.DebeziumException: Error processing binlog event',
    `Caused by: io.debezium.DebeziumException: Error processing row in items, internal schema size ${schema}, but row size ${row} , restart connector with schema recovery mode.`,
  );
const other = { words: task(PRODUCER, 'Caused by: java.io.EOFException: Failed to read next byte from position 15') };
const settings = (all: Readonly<Record<string, string>>) => ({ source: sourceState({}, { settings: all }) });
/** The lab's own connector at MySQL: a setting that MySQL alone has says so. */
const ofMysql = (all: Readonly<Record<string, string>> = {}) => settings({ gtid_mode: 'ON', ...all });
const captured = { findings: [findingOf('lost', eventOf('create'))] };
const table = items({ name: 'varchar(40)', state: 'int(11)' });
const from = (words: readonly ServerWords[], source: ServerWords['from']) => ({
  words: words.map((one) => ({ ...one, from: source })),
});

testPlantings(BINLOG, {
  'binlog-purged': {
    facts: { words: gone, findings: STALLED },
    advises: 'binlog_expire_logs_seconds',
    control: other,
    controls: [captured, from(gone, 'sink-task')],
    also: {
      'where the worker alone says so, and the limit is known': {
        facts: { ...from(gone, 'worker-log'), ...settings({ binlog_expire_logs_seconds: '3600' }) },
        says: 'binlog_expire_logs_seconds is 3600 at the source',
      },
      'where a connector for MySQL does not begin': {
        facts: { words: atMysql, ...ofMysql() },
        says: ['The source has removed binlog files that the connector had not read yet', 'SHOW BINARY LOG STATUS'],
        omits: 'expire_logs_days',
      },
      'where files of MySQL do not expire': {
        facts: ofMysql({ binlog_expire_logs_seconds: '0' }),
        says: 'the files were removed by PURGE BINARY LOGS or RESET BINARY LOGS AND GTIDS',
      },
      'where files do not expire': {
        facts: settings({ binlog_expire_logs_seconds: '0' }),
        says: 'the files were removed by PURGE BINARY LOGS or RESET MASTER',
      },
    },
  },
  'schema-history-lost': {
    facts: { words: missing, findings: STALLED },
    advises: 'retention.ms=-1',
    control: other,
    controls: [captured, from(missing, 'sink-task')],
    also: {
      'where the connector is known, and the topic is there in part': {
        facts: {
          sources: [sourceConnector({ 'schema.history.internal.kafka.topic': 'app.history' })],
          words: task(
            'io.debezium.DebeziumException: The db history topic or its content is fully or partially missing. Please check database schema history topic configuration and re-execute the snapshot.',
          ),
        },
        says: ['the topic app.history', 'in source.json: snapshot.mode=recovery'],
      },
    },
  },
  'ddl-not-understood': {
    facts: { words: unparsed('ALTER TABLE items ADD COLUMN ip inet6'), findings: STALLED },
    advises: 'varbinary in place of inet6',
    control: other,
    controls: [captured, from(unparsed('ALTER TABLE items ADD COLUMN ip inet6'), 'sink-task')],
    also: {
      'where the statement is long and has quotes of its own': {
        facts: { words: unparsed(`CREATE TABLE items (ip inet6 DEFAULT '::1', ${'c int, '.repeat(60)}d int)`) },
        says: "CREATE TABLE items (ip inet6 DEFAULT '::1', c int, ",
      },
      'where it is a statement of MySQL, which has no inet6': {
        facts: { ...ofMysql(), words: unparsed('ALTER TABLE items ADD COLUMN place geography') },
        omits: 'inet6',
      },
    },
  },
  'row-image-minimal': {
    facts: { words: narrow(1), findings: STALLED, tables: [table] },
    advises: 'SET GLOBAL binlog_row_image = FULL',
    control: { words: narrow(4) },
    controls: [
      other,
      captured,
      { tables: [] },
      { tables: [], ...settings({ binlog_row_image: 'FULL' }) },
      { tables: [items({ name: 'varchar(40)' })] },
      { tables: [{ ...table, name: 'orders' }] },
      { words: narrow(3) },
      from(narrow(1), 'sink-task'),
    ],
    also: {
      'where the setting shows it, and the catalog is not known': {
        facts: { tables: [], ...settings({ binlog_row_image: 'MINIMAL' }) },
        says: 'binlog_row_image is MINIMAL at the source now',
      },
      'where the source is MySQL': {
        facts: ofMysql({ binlog_row_image: 'NOBLOB' }),
        says: 'SET PERSIST binlog_row_image = FULL',
        omits: 'configuration',
      },
    },
  },
});

test.each([
  ['binlog-purged', { words: gone }, 'mysql-purges-binlog-files-used-by-debezium'],
  ['schema-history-lost', { words: missing }, 'mysql-schema-history-topic'],
  ['ddl-not-understood', { words: unparsed('X') }, 'mysql-schema-history-topic'],
  ['row-image-minimal', { words: narrow(1), tables: [table] }, 'enable-mysql-binlog'],
] as const)("%s names the page of MySQL's connector where that reads the log", (code, facts, place) => {
  const [cause] = diagnose(
    factsWith({
      ...{ ...facts, findings: STALLED },
      sources: [sourceConnector({ 'connector.class': 'io.debezium.connector.mysql.MySqlConnector' })],
    }),
  );
  expect([cause?.code, cause?.docs]).toEqual([
    code,
    `https://debezium.io/documentation/reference/stable/connectors/mysql.html#${place}`,
  ]);
});

test('each explains that capture has stopped, and what was never captured', () => {
  const findings = [...STALLED, findingOf('lost', { hop: 'source-to-log' })];
  for (const [code, words] of Object.entries({ 'binlog-purged': gone, 'schema-history-lost': missing }))
    expect(explains(code, { words, findings })).toEqual(['stalled the pipeline', 'lost public.items']);
});
