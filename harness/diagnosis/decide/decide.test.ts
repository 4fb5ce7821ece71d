import { expect, test } from 'vitest';
import type { Decision } from '#contracts/decision.ts';
import type { ConnectorFacts, VariantFacts } from '#model/decision.ts';
import { ANOMALIES } from '#model/finding.ts';
import { RECOVERIES } from '#recovery/recoveries.ts';
import { decide, recommendedRecoveries } from './decide.ts';

const SOUND: VariantFacts = {
  ...{ variant: 'insert', status: 'PASS', consumer: 'running', lag_records: 0, lag_ms: 0, retention_ms: 60_000 },
  ...{ records_gone: 0, anomalies: {}, hops: [], dedup: false, causes: [] },
  tables: [{ table: 'public.customers', source_rows: 5, sink_rows: 5 }],
};

const RUNS: ConnectorFacts = {
  ...{ connector: 'lab', type: 'source', state: 'RUNNING', error: null, worker: 'connect', causes: [] },
  tasks: [{ id: 0, state: 'RUNNING', trace: null }],
};

const command = (recovery: string, { subject }: Pick<Decision, 'subject'>): string => `recover ${recovery} ${subject}`;
const variant = (more: Partial<VariantFacts>): Decision | undefined =>
  decide({ connectors: [], variants: [{ ...SOUND, ...more }], command })[0];
const connector = (more: Partial<ConnectorFacts>): Decision | undefined =>
  decide({ connectors: [{ ...RUNS, ...more }], variants: [], command })[0];
const failed = (trace: string): Decision | undefined =>
  connector({ state: 'RUNNING', tasks: [{ id: 0, state: 'FAILED', trace }], error: trace.split('\n')[0] ?? '' });

const twice = [{ table: 'public.customers', source_rows: 5, sink_rows: 8 }];

test.each([
  ['equal', {}, null],
  ['catching-up', { lag_records: 6, lag_ms: 900, tables: [{ table: 't', source_rows: 5, sink_rows: 4 }] }, null],
  ['lag-near-retention', { lag_records: 6, lag_ms: 50_000 }, 'lag'],
  ['duplicates-without-dedup', { tables: twice, anomalies: { duplicate: 3 } }, 'duplicate'],
  ['duplicates-past-dedup', { tables: twice, anomalies: { duplicate: 3 }, dedup: true }, 'duplicate'],
  ['duplicates-without-dedup', { lag_records: 2, lag_ms: 10, anomalies: { duplicate: 3 } }, 'duplicate'],
  ['column-missing', { anomalies: { 'missing-column': 1 } }, 'schema'],
  ['stopped-at-schema', { consumer: 'failed', lag_records: 9, anomalies: { 'missing-column': 1 } }, 'schema'],
  ['consumer-stopped', { consumer: 'failed', lag_records: 9, reason: 'its process ended' }, 'restart'],
  ['expired-unread', { anomalies: { lost: 4, stale: 2 }, records_gone: 40 }, 'lag'],
  ['expired-unread', { anomalies: { lost: 4 }, hops: ['log'] as const }, 'lag'],
  ['overwritten', { anomalies: { stale: 20 }, hops: ['log-to-sink'] as const }, 'backfill'],
  ['not-applied', { anomalies: { lost: 2 } }, 'restart'],
  ['wrong-values', { anomalies: { corrupt: 2 } }, 'restart'],
  ['stalled', { anomalies: { stalled: 1 } }, 'restart'],
  ['not-judged', { tables: twice }, null],
] as const)('source ≠ sink: %s', (outcome, facts, recovery) => {
  const found = variant(facts);
  expect(found).toMatchObject({ tree: 'row-counts', outcome, recommended: { recovery } });
  if (recovery !== null) expect(found?.recommended.run[0]).toBe(`recover ${recovery} insert`);
  for (const { asks, evidence, at } of found?.path ?? [])
    expect([asks, evidence, at].every((one) => one !== '')).toBe(true);
});

test.each([
  ['slot-gone', 'org.postgresql.util.PSQLException: ERROR: replication slot "lab" does not exist'],
  ['wal-removed', 'ERROR: could not access file "pg_wal/00000001": No such file or directory'],
  ['wal-removed', 'ERROR: requested WAL segment 000000010000000000000003 has already been removed'],
  ['unreachable-database', 'java.net.ConnectException: Connection refused'],
  ['unreachable-database', 'Connection to db1:5432 refused. Check that the hostname and port are correct'],
  ['credentials', 'FATAL: password authentication failed for user "app"'],
  ['schema-refused', 'ERROR: column "tier" of relation "customers" does not exist'],
  ['poison-record', 'org.apache.kafka.connect.errors.DataException: Converting byte[] to Kafka Connect data failed'],
  ['other-error', 'java.lang.NullPointerException'],
])('connector shows errors: %s', (outcome, words) => {
  const found = failed(`org.apache.kafka.connect.errors.ConnectException: the task failed\nCaused by: ${words}`);
  expect(found).toMatchObject({ tree: 'connector-errors', outcome, sound: false });
  if (outcome !== 'other-error')
    expect(found?.path.at(-1)).toMatchObject({ answer: 'yes', evidence: `Caused by: ${words}` });
});

test('connectors that run, stand or cannot be asked', () => {
  expect(connector({})).toMatchObject({ outcome: 'connector-runs', sound: true });
  expect(connector({ state: 'STOPPED', tasks: [] })).toMatchObject({ outcome: 'connector-stopped', sound: false });
  expect(connector({ state: 'UNREACHABLE', tasks: [], error: 'fetch failed' })).toMatchObject({
    outcome: 'worker-down',
  });
});

test('what the table of causes knows is said in its words', () => {
  const cause = { code: 'no-key', says: 'The sink inserts blindly.', evidence: [], certainty: 'shown' as const };
  const found = variant({ anomalies: { duplicate: 3 }, causes: [{ ...cause, anomalies: ['duplicate'] }] });
  expect(found?.cause).toBe('The sink inserts blindly. [no-key]');
});

test('what needs something done comes first', () => {
  const found = decide({
    connectors: [RUNS],
    variants: [SOUND, { ...SOUND, variant: 'bad', anomalies: { duplicate: 1 } }],
    command,
  });
  expect(found.map(({ subject }) => subject)).toEqual(['bad', 'lab', 'insert']);
});

test('every class of anomaly ends at a recovery, and every recovery that is recommended is there', () => {
  for (const anomaly of ANOMALIES)
    expect([anomaly, variant({ anomalies: { [anomaly]: 1 } })?.recommended.recovery]).not.toContain(null);
  const names = RECOVERIES.map(({ name }) => name);
  for (const name of recommendedRecoveries()) expect(names).toContain(name);
});
