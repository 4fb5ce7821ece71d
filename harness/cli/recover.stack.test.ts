// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ConnectClient, connectClient } from '#clients/connect.ts';
import { groupLags } from '#operations/lag.ts';
import { explain, OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { type CdcBench, startCdcBench } from '#testing/cdc-bench.ts';
import { testHost } from '#testing/cli-host.ts';
import { recoverCommand } from './recover.ts';

let bench: CdcBench;
let folder: string;
let connect: ConnectClient;
let rows = 60;

const LIMIT = { limitMs: 60_000, signal: new AbortController().signal };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-recover-'));
  bench = await startCdcBench(folder);
  const { source, workers } = bench.stack;
  connect = connectClient(workers.sink);
  await bench.source.query(`CREATE TABLE items (id int PRIMARY KEY, note text, created_at timestamptz NOT NULL DEFAULT '2024-01-01Z');
    INSERT INTO items SELECT i, 'n' FROM generate_series(1, ${rows}) AS i`);
  await connectClient(workers.source).put('shop-source', {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    ...{ 'database.hostname': source.host, 'database.port': String(source.port), 'database.dbname': 'own' },
    ...{ 'database.user': source.user, 'database.password': source.password, 'topic.prefix': 'shop' },
    ...{ 'plugin.name': 'pgoutput', 'table.include.list': 'public.items', 'slot.name': 'shop' },
    ...{ 'publication.name': 'shop', 'publication.autocreate.mode': 'filtered' },
    ...{ 'topic.creation.default.partitions': '3', 'topic.creation.default.replication.factor': '1' },
  });
}, 120_000);
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A sink of its own for one test, into the table `to_NAME`, once it has all rows. */
async function sink(name: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const { sink: server } = bench.stack;
  await connect.put(name, {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    ...{ 'connection.url': `jdbc:postgresql://${server.host}:${server.port}/copy`, topics: 'shop.public.items' },
    ...{ 'connection.username': server.user, 'connection.password': server.password, 'insert.mode': 'upsert' },
    ...{ 'primary.key.mode': 'record_key', 'schema.evolution': 'basic', 'collection.name.format': `to_${name}` },
    ...{ 'consumer.override.auto.offset.reset': 'earliest', 'delete.enabled': 'true', ...more },
  });
  await arrived(name, rows);
}

const count = async (name: string): Promise<string | undefined> =>
  (await bench.target.query<{ n: string }>(`SELECT count(*) AS n FROM to_${name}`).catch(() => []))[0]?.n;
const arrived = (name: string, n: number) =>
  until(async () => (await count(name)) === String(n), { what: `${n} rows in to_${name}`, ...LIMIT });

async function recover(recovery: string, name: string, ...more: readonly string[]) {
  const host = { ...testHost(folder, () => Promise.reject(new Error('not to be run'))), env: bench.env };
  const args = [
    ...[recovery, '--source', '${env:SOURCE}', '--target', '${env:TARGET}', '--tables', `items=to_${name}`],
    ...['--connect', '${env:C2}', '--sink-connector', name, '--brokers', bench.stack.brokers.join(',')],
    ...['--settle', '2', ...more],
  ];
  const status = await recoverCommand(args, host).catch((error: unknown) => {
    if (!(error instanceof OperatorError)) throw error;
    host.err.push(explain(error));
    return error.exit;
  });
  expect(host.out.join('')).not.toContain(bench.stack.source.password);
  return { status, out: host.out.join(''), err: host.err.join('') };
}

async function add(
  n: number,
  sql = `INSERT INTO items SELECT i, 'n' FROM generate_series(${rows + 1}, ${rows + n}) AS i`,
) {
  await bench.source.query(sql);
  rows += n;
}

const failed = (name: string) =>
  until(async () => (await connect.status(name))?.tasks.some(({ state }) => state === 'FAILED'), {
    what: `${name} to fail`,
    ...LIMIT,
  });

/** A dry run says what is to be done, and changes nothing; then it is done, and both sides are equal. */
async function expectRecovered(recovery: string, name: string, said: readonly RegExp[], ...more: readonly string[]) {
  const config = await connect.config(name);
  const planned = await recover(recovery, name, ...more);
  expect(planned).toMatchObject({ status: 1, err: '' });
  for (const one of said) expect(planned.out).toMatch(one);
  expect(await connect.config(name)).toEqual(config);
  const done = await recover(recovery, name, '--apply', ...more);
  expect(done).toMatchObject({ status: 0, err: '', out: expect.stringMatching(/\nPASS: items: equal, \d+ rows\n$/) });
  const again = await recover(recovery, name, ...more);
  expect(again).toMatchObject({ status: 0, out: expect.stringContaining('PASS: ') });
  expect(again.out).not.toContain('to be done');
}

test('restart: a task that has failed runs again, has read what there was, and both sides are equal', async () => {
  await sink('restart');
  await bench.target.query('ALTER TABLE to_restart RENAME TO away; CREATE VIEW to_restart AS SELECT 1 AS id');
  await add(5);
  await failed('restart');
  await bench.target.query('DROP VIEW to_restart; ALTER TABLE away RENAME TO to_restart');
  await expectRecovered('restart', 'restart', [
    /have restart run: to be done \(--apply does it\)\n {2}at http[^\n]*\n {2}before: restart RUNNING, [^\n]*task \d FAILED[^\n]*: /,
    /driftlab connectors restart restart --connect http/,
    /5 rows missing/,
  ]);
});

test('lag: a sink that was halted goes on with as many tasks as it has partitions, and misses nothing', async () => {
  await sink('lag');
  await connect.change('lag', 'pause');
  await connect.awaitState('lag', 'PAUSED', LIMIT);
  await add(30);
  await until(async () => (await groupLags(bench.stack.brokers, 'connect-lag')).some(({ lag }) => lag > 0n), {
    what: 'a lag',
    ...LIMIT,
  });
  await expectRecovered('lag', 'lag', [
    /driftlab connectors resume lag/,
    /driftlab connectors scale lag --tasks 3/,
    /shop\.public\.items\/\d is \d+ records behind/,
  ]);
  expect((await connect.status('lag'))?.tasks).toHaveLength(3);
});

test('lag, skipped: what is given up is named, and not done unless somebody agrees; its rows are repaired', async () => {
  await sink('skipped');
  await connect.stop('skipped', LIMIT);
  await add(20);
  const skip = ['--skip', '--apply'];
  await until(async () => (await groupLags(bench.stack.brokers, 'connect-skipped')).some(({ lag }) => lag > 0n), {
    what: 'a lag',
    ...LIMIT,
  });
  const before = await connect.offsets('skipped');
  const refused = await recover('lag', 'skipped', '--skip');
  expect(refused.out).toMatch(
    /go on at the end of its topics: to be done[\s\S]*gives up: \d+ records that it has not read/,
  );
  expect(await connect.offsets('skipped')).toEqual(before);
  const done = await recover('lag', 'skipped', ...skip, '--accept-loss');
  expect(done).toMatchObject({ status: 0, err: '', out: expect.stringMatching(/20 rows missing[\s\S]*\nPASS: /) });
});

test('schema: a column that the target lacks is added, and the rows of before have its values', async () => {
  await bench.target.query('CREATE TABLE to_schema (id int PRIMARY KEY, note text, created_at timestamptz)');
  await sink('schema', { 'schema.evolution': 'none' });
  await bench.source.query("ALTER TABLE items ADD tier varchar(20) DEFAULT 'standard'");
  await add(2);
  await failed('schema');
  await expectRecovered('schema', 'schema', [
    /the target lacks public\.to_schema\.tier\n {4}ALTER TABLE "public"\."to_schema" ADD "tier" character varying\(20\)/,
  ]);
  expect(await bench.target.query('SELECT DISTINCT tier FROM to_schema')).toEqual([{ tier: 'standard' }]);
});

test('duplicate: of rows that came twice one is left, and none comes twice again', async () => {
  await bench.target.query(
    'CREATE TABLE to_duplicate (id int NOT NULL, note text, created_at timestamptz, tier varchar(20))',
  );
  await sink('duplicate', { 'insert.mode': 'insert', 'schema.evolution': 'none' });
  await connect.stop('duplicate', LIMIT);
  await connect.resetOffsets('duplicate');
  await connect.change('duplicate', 'resume');
  await arrived('duplicate', rows * 2);
  await expectRecovered('duplicate', 'duplicate', [
    new RegExp(`${rows} too many`),
    /DELETE FROM public\.to_duplicate WHERE \(tableoid, ctid\)/,
    /ADD PRIMARY KEY \("id"\)/,
    /\+ insert\.mode=upsert/,
  ]);
});

test('backfill: rows that a job copied late are listed, and those that it overwrote are set right', async () => {
  await sink('backfill');
  await bench.target.query(
    "ALTER TABLE to_backfill ADD _cdc_received timestamptz DEFAULT now(); UPDATE to_backfill SET note = 'old' WHERE id <= 4",
  );
  await expectRecovered('backfill', 'backfill', [
    /public\.to_backfill: \d+ rows of 2024-01-01 00:00:00\+00 to /,
    /UPDATE public\.to_backfill SET "note" = 'n' WHERE "id" = 1;/,
  ]);
});
