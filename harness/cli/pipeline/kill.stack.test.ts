import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '#engines/postgres/client.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import { keptData } from '#runtimes/embedded/kept-place.ts';
import { isAlive, type ProcessIdentity } from '#std/process-table.ts';
import { killStartAt, type Moment, type PipelineBench, runMain, said, startPipelineBench } from '#testing/pipelines.ts';
import { requestFor } from '#testing/two-databases.ts';

const TABLES = ['keyed', 'keyless', 'last'];
const ROWS = 60_000;

let bench: PipelineBench;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-kill-'));
  bench = await startPipelineBench(folder);
  await bench.source.query(`CREATE TABLE keyed (id int PRIMARY KEY, note text); CREATE TABLE keyless (n int, note text);
    CREATE TABLE last (id text PRIMARY KEY, n int);
    INSERT INTO keyed SELECT i, repeat('n', 40) || i FROM generate_series(1, ${ROWS}) AS i;
    INSERT INTO keyless SELECT id % 100, note FROM keyed; INSERT INTO last SELECT 'k' || id, id FROM keyed`);
});
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await bench.target.query('DROP TABLE IF EXISTS keyed, keyless, last; DROP SCHEMA IF EXISTS _cdc CASCADE');
  await bench.state.query('DROP TABLE IF EXISTS pipelines_version, pipelines, pipeline_definitions, pipeline_loads');
});

const create = (...more: readonly string[]) =>
  bench.pipeline(
    ...['create', 'shop', '--source', bench.sourceAddress, '--target', bench.targetAddress],
    ...['--tables', TABLES.join(','), '--mode', 'full_load_only', ...more],
  );

const killAt = (moment: Moment) => killStartAt(folder, bench.env, 'shop', moment);

const written = (rows: number) => async () => {
  const sql = 'SELECT (SELECT count(*) FROM keyed) + (SELECT count(*) FROM keyless) + (SELECT count(*) FROM last) AS n';
  const found = await bench.target.query<{ n: string }>(sql).catch(() => []);
  return Number(found[0]?.n ?? 0) > rows;
};

async function equal(): Promise<readonly string[]> {
  const request = requestFor(
    bench.source.url,
    bench.target.url,
    TABLES.map((source) => ({ source })),
  );
  const report = await reconcile(request, { signal: new AbortController().signal });
  return report.tables.map(({ table, status, target_rows }) => `${table} ${status} ${target_rows}`);
}

const ALL_EQUAL = TABLES.map((table) => `${table} MATCH ${ROWS}`);

test('a manager that is killed again and again, and then not: every row once, and the statuses say so', async () => {
  await create();
  expect(await killAt(said('Step 0: tables'))).toBe(true);
  expect(await bench.row('shop')).toMatchObject({ status: 'STARTING', full_load_status: 'NOT_STARTED' });
  expect(await killAt(said('keyed: '))).toBe(true);
  expect(await killAt(said('Step 1: full load of'))).toBe(true);
  expect(await bench.row('shop')).toMatchObject({ full_load_status: 'IN_PROGRESS', full_load_lsn: expect.any(String) });
  const lsns = new Set([(await bench.row('shop')).full_load_lsn]);
  for (const rows of [0, 35_000, 80_000, 130_000]) {
    expect(await killAt(written(rows))).toBe(true);
    // A row that changes between two tries: what was read before must not stay.
    await bench.source.query(
      'UPDATE keyless SET note = note WHERE n = 1; DELETE FROM last WHERE n = 7; INSERT INTO last VALUES ($$k7$$, 7)',
    );
    lsns.add((await bench.row('shop')).full_load_lsn);
    expect(await bench.row('shop')).toMatchObject({ status: 'STARTING', full_load_status: 'IN_PROGRESS' });
  }
  expect(lsns.size).toBeGreaterThan(1);
  const ended = await bench.pipeline('start', 'shop');
  expect(ended).toMatchObject({ status: 0, out: expect.stringContaining('rows of an earlier try are removed') });
  expect(await equal()).toEqual(ALL_EQUAL);
  expect(await bench.row('shop')).toMatchObject({
    ...{ status: 'COMPLETED', full_load_status: 'COMPLETED', full_load_rows: String(3 * ROWS), last_error: null },
  });
}, 240_000);

test('a manager that is killed while it appends has written nothing, and one that had written all is believed', async () => {
  await bench.target.query('CREATE TABLE keyless (n int, note text)');
  await create('--on-existing', 'append');
  expect(await killAt(said('Step 1: full load of'))).toBe(true);
  expect(await written(0)()).toBe(false);
  const committed = async () => (await bench.target.query('SELECT 1 FROM _cdc.positions')).length > 0;
  await killAt(committed);
  await bench.state.query("UPDATE pipelines SET full_load_status = 'IN_PROGRESS'");
  expect(await bench.pipeline('start', 'shop')).toMatchObject({
    status: 0,
    out: expect.stringContaining('had written them all'),
  });
  expect(await equal()).toEqual(ALL_EQUAL);
}, 120_000);

test('without --state: pipelines are kept, several commands share their server, and a killed one leaves none behind', async () => {
  const { DRIFTLAB_STATE_URL: _, ...rest } = bench.env;
  const env = { ...rest, DRIFTLAB_LABS: join(folder, 'labs') };
  const driftlab = (...args: readonly string[]) => runMain(folder, env, ...args);
  const server = (): ProcessIdentity | undefined => {
    const noted = join(env.DRIFTLAB_LABS, 'pipelines', 'server.json');
    return existsSync(noted) ? JSON.parse(readFileSync(noted, 'utf8')) : undefined;
  };
  const ends = ['--source', bench.sourceAddress, '--target', bench.targetAddress];
  await driftlab('pipeline', 'create', 'kept', ...ends, '--tables', TABLES.join(','), '--mode', 'full_load_only');
  expect(server()).toBe(undefined);
  // Its load waits until it is killed.
  const blocker = openDatabase(bench.target.url, { max: 1 });
  await blocker.query('CREATE TABLE keyed (id int PRIMARY KEY, note text)');
  await blocker.query('BEGIN');
  await blocker.query('LOCK TABLE keyed IN SHARE MODE');
  const meanwhile: string[] = [];
  const killed = await killStartAt(folder, env, 'kept', async (lines) => {
    if (!said('Step 1: full load of')(lines)) return false;
    meanwhile.push(await driftlab('pipeline', 'list'));
    return true;
  });
  expect([killed, meanwhile.join()]).toEqual([true, expect.stringMatching(/^kept +full_load_only +STARTING/m)]);
  await blocker.close();
  const left = server();
  expect(left !== undefined && isAlive(left)).toBe(true);
  await driftlab('version');
  expect(left !== undefined && isAlive(left)).toBe(false);
  expect(await driftlab('pipeline', 'start', 'kept')).toMatch(/kept: COMPLETED\n$/);
  expect(server()).toBe(undefined);
  expect(await equal()).toEqual(ALL_EQUAL);
  rmSync(keptData(env.DRIFTLAB_LABS).folder, { recursive: true, force: true });
}, 120_000);
