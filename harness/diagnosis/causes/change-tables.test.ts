import { expect, test } from 'vitest';
import type { ServerWords } from '#model/cause.ts';
import type { Finding } from '#model/finding.ts';
import { findingOf } from '#testing/diagnosis-facts.ts';
import { eventOf, explains, sourceState, testPlantings } from '#testing/planting.ts';
import { CHANGE_TABLES } from './change-tables.ts';

const STALLED = [{ anomaly: 'stalled', hop: 'source-to-log', detail: '' }] as const;
const LOST = [findingOf('lost', { hop: 'source-to-log', table: 'dbo.orders' })];

const task = (...lines: readonly string[]): readonly ServerWords[] => [
  { from: 'source-task', name: 'app-source', text: lines.join('\n') },
];
const OFFSET =
  'SqlServerOffsetContext [sourceInfoSchema=Schema{io.debezium.connector.sqlserver.Source:STRUCT}, sourceInfo=SourceInfo [serverName=p, changeLsn=NULL, commitLsn=00000027:00000ac0:0002, eventSerialNo=null, snapshot=FALSE, sourceTime=null], snapshotCompleted=false, eventSerialNo=1]';
/** As Debezium 3.5 has it in its code, and as other versions do. */
const gone = task(
  `io.debezium.DebeziumException: The connector is trying to read change stream starting at ${OFFSET}, but this is no longer available on the server. Reconfigure the connector to use a snapshot mode when needed.`,
);
const warned = task(
  `The connector is trying to read redo log starting at ${OFFSET}, but this is no longer available on the server. Reconfigure the connector to use a snapshot when needed if you want to recover. If not the connector will streaming from the last available position in the log`,
);
const ofMysql = task(
  'io.debezium.DebeziumException: The connector is trying to read change stream starting at BinlogOffsetContext{x}, but this is no longer available on the server.',
);
const other = { words: task('org.apache.kafka.connect.errors.ConnectException: An exception occurred') };
const settings = (all: Readonly<Record<string, string>>) => ({ source: sourceState({}, { settings: all }) });
const removed = settings({ 'changes_removed_before dbo.orders': '00000027:00000ac0:0002' });
const from = (words: readonly ServerWords[], source: ServerWords['from']) => ({
  words: words.map((one) => ({ ...one, from: source })),
});
/** A row whose last event is of this position. */
const at = (position: string): Finding => {
  const { event } = eventOf('update');
  return findingOf('stale', { hop: 'source-to-log', table: 'dbo.orders', event: { ...event, position } });
};
const idle = task('No maximum LSN recorded in the database; SQL Server Agent is not running');

testPlantings(CHANGE_TABLES, {
  'changes-cleaned-up': {
    facts: { words: gone, findings: STALLED },
    advises: '@retention',
    control: other,
    controls: [{ words: ofMysql }, from(gone, 'sink-task'), { findings: [findingOf('lost')] }],
    also: {
      'where a connector warns and goes on, and the retention is known': {
        facts: {
          ...from(warned, 'worker-log'),
          findings: LOST,
          ...settings({
            cleanup_retention_minutes: '4320',
            'changes_removed_before dbo.orders': '00000027:00000ac0:0002',
          }),
        },
        says: ['keeps changes for 4320 minutes', 'committed before 00000027:00000ac0:0002'],
      },
    },
  },
  'changes-removed-unread': {
    facts: { findings: LOST, ...removed },
    advises: 'incremental snapshot',
    control: settings({ 'changes_kept_from dbo.orders': '00000027:00000ac0:0002' }),
    controls: [
      { findings: [findingOf('lost', { hop: 'source-to-log', table: 'dbo.lines' })] },
      { findings: [findingOf('lost', { hop: 'log-to-sink', table: 'dbo.orders' })] },
      { findings: [at('00000027:00000ac0:0007(00000027:00000ac0:0005,1)')] },
      { words: gone },
    ],
    also: {
      'where the last event of a row is older than what is kept': {
        facts: {
          findings: [at('00000027:00000abf:0007(00000027:00000abf:0005,1)')],
          ...settings({
            cleanup_retention_minutes: '4320',
            'changes_removed_before dbo.orders': '00000027:00000ac0:0002',
          }),
        },
        says: ['committed before 00000027:00000ac0:0002', 'keeps changes for 4320 minutes'],
      },
    },
  },
  'agent-not-running': {
    facts: { findings: STALLED, ...settings({ agent: 'Stopped' }) },
    advises: 'MSSQL_AGENT_ENABLED=true',
    control: settings({ agent: 'Running' }),
    controls: [settings({}), { ...settings({ agent: 'Running' }), words: idle }],
    also: {
      'where only the connector says so': {
        facts: { ...from(idle, 'worker-log'), ...settings({}) },
        says: 'SQL Server Agent is not running',
      },
    },
  },
  'capture-job-behind': {
    facts: {
      findings: LOST,
      ...settings({ agent: 'Running', capture_latency_s: '70', capture_errors: '0' }),
    },
    advises: 'sp_cdc_start_job',
    control: settings({ agent: 'Running', capture_latency_s: '59', capture_errors: '0' }),
    controls: [settings({ agent: 'Running' })],
    also: {
      'where its scans fail': {
        facts: settings({ capture_latency_s: '1', capture_errors: '2', capture_error: '1205: deadlocked' }),
        says: ['fails as it reads the transaction log', 'sys.dm_cdc_errors: 1205: deadlocked'],
      },
    },
  },
});

test('a gap explains only the rows whose last event lies before it', () => {
  const findings = [...LOST, at('00000027:00000abf:0001'), at('00000027:00000ac0:0002')];
  expect(explains('changes-removed-unread', { findings, ...removed })).toEqual(['lost dbo.orders', 'stale dbo.orders']);
});
