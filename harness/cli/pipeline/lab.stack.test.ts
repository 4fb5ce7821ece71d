import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabFault } from '#contracts/lab-fault.ts';
import type { LabStack } from '#contracts/lab-stack.ts';
import { databaseUrl, openDatabase } from '#engines/postgres/client.ts';
import { readState } from '#lab/home.ts';
import type { LabAddresses } from '#model/lab-addresses.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import { until } from '#std/wait.ts';
import { openOwnLab } from '#testing/own-lab.ts';
import { runPipeline } from '#testing/pipelines.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { requestFor } from '#testing/two-databases.ts';

/** A pipeline on the live lab's servers, which the lab breaks; one test goes on from another. */
const lab = await openOwnLab();
const folder = mkdtempSync(join(tmpdir(), 'driftlab-on-lab-'));
const parts = new AsyncDisposableStack();
const LIMIT_MS = 240_000;
const ROWS = 100_000;

let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const state = parts.use(await startTestPostgres());
  env = { ...lab.env, DRIFTLAB_STATE_URL: databaseUrl(state.server, 'postgres') };
  expect(await lab.driftlab('up', '--variants', 'dedup')).toMatchObject({ status: 0 });
  for (const [end, name] of [['source', 'own'] as const, ['sink', 'copy'] as const])
    await at(end, 'postgres', (database) => database.query(`CREATE DATABASE ${name}`));
}, LIMIT_MS);
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  await parts.disposeAsync();
  rmSync(folder, { recursive: true, force: true });
}, LIMIT_MS);

function addresses(): LabAddresses {
  const found = readState(lab.home)?.addresses;
  if (found === undefined) throw new Error('the lab is not up');
  return found;
}

/** By the lab's own way, which no fault troubles. */
async function at<T>(
  end: 'source' | 'sink',
  name: string,
  work: (database: ReturnType<typeof openDatabase>) => Promise<T>,
): Promise<T> {
  const database = openDatabase(databaseUrl(addresses()[end], name));
  return work(database).finally(() => database.close());
}

const pipeline = (...args: readonly string[]) => runPipeline(folder, env, ...args);
const row = async (): Promise<Record<string, unknown>> =>
  JSON.parse((await pipeline('show', 'shop', '--json')).out) as Record<string, unknown>;

/** What `work` returns, while rows of the source come, change and go. */
async function underWrites<T>(work: () => Promise<T>): Promise<T> {
  let writing = true;
  const writer = at('source', 'own', async (own) => {
    for (let n = 1; writing; n++)
      await own.query(`INSERT INTO moving VALUES (DEFAULT, 1, 'new'); DELETE FROM moving WHERE id = (SELECT min(id) FROM moving);
        UPDATE moving SET n = n + 1 WHERE id IN (${[1, 2, 3].map((i) => ROWS - ((n * i) % 997))}); SELECT pg_sleep(0.1)`);
  });
  try {
    return await work();
  } finally {
    writing = false;
    await writer;
  }
}

/** Once what was on its way has arrived. The source must be at rest. */
async function converged(): Promise<void> {
  const { source, sink } = addresses();
  const request = requestFor(databaseUrl(source, 'own'), databaseUrl(sink, 'copy'), [{ source: 'moving' }]);
  let found = '';
  const equal = async (): Promise<boolean> => {
    const [table] = (await reconcile({ ...request, settleMs: 0 }, { signal: new AbortController().signal })).tables;
    found = `${table?.status} ${table?.target_rows}`;
    return found === `MATCH ${ROWS}`;
  };
  await until(equal, { what: 'the target to equal the source', limitMs: 90_000, saw: () => found });
}

/** The lab's faults are over, and each has been judged as expected. */
async function judged(): Promise<void> {
  const faults = async () => (await lab.get<{ faults: readonly LabFault[] }>('/api/v1/faults')).faults;
  const over = async () => (await faults()).every(({ state }) => state === 'settled' || state === 'failed');
  await until(over, { what: 'the fault to be judged', limitMs: 120_000 });
  for (const { id, verdict, error } of await faults()) expect(`${id} ${verdict} ${error}`).toBe(`${id} PASS null`);
}

test('a network fault of the lab ends the full load in the middle; start loads anew, and goes on with CDC', {
  timeout: LIMIT_MS,
}, async () => {
  await at('source', 'own', (own) =>
    own.query(`CREATE TABLE moving (id serial PRIMARY KEY, n int, note text);
      INSERT INTO moving (n, note) SELECT 0, 'x' FROM generate_series(1, ${ROWS})`),
  );
  const created = await pipeline(
    'create',
    'shop',
    '--source',
    'lab:source/own',
    '--target',
    'lab:sink/copy',
    ...TABLES,
  );
  expect(created).toMatchObject({ status: 0, err: '' });
  const started = pipeline('start', 'shop');
  await at('sink', 'copy', async (copy) => {
    const loading = async () => (await copy.query('SELECT 1 FROM moving LIMIT 1').catch(() => [])).length > 0;
    await until(loading, { what: 'the first rows', limitMs: 60_000, pauseMs: 5, maxPauseMs: 5 });
    // What is not written yet waits for the fault.
    await copy.query('BEGIN; LOCK TABLE moving IN SHARE MODE');
    const reset = ['--between', 'consumer,sink', '--step', 'reset', '--seconds', '1'];
    expect(await lab.driftlab('trigger-network', ...reset)).toMatchObject({ status: 0 });
    expect(Number((await copy.query<{ n: string }>('SELECT count(*) AS n FROM moving'))[0]?.n)).toBeLessThan(ROWS);
  });
  expect(await started).toMatchObject({ status: 1, err: expect.stringContaining('error: Step 1: ') });
  expect(await row()).toMatchObject({
    ...{ status: 'ERROR', full_load_status: 'FAILED', cdc_status: 'NOT_STARTED' },
    last_error: expect.stringMatching(/^Step 1: .*(ECONNRESET|terminated)/),
  });
  await judged();
  const again = await underWrites(() => pipeline('start', 'shop'));
  expect(again).toMatchObject({ status: 0, err: '', out: expect.stringContaining('of an earlier try are removed') });
  expect(await row()).toMatchObject({ ...UP, full_load_rows: ROWS });
  await converged();
});

const TABLES = ['--tables', 'moving'];
const UP = { status: 'RUNNING', full_load_status: 'COMPLETED', cdc_status: 'RUNNING', last_error: null };

test('its Connect worker is killed by the lab: it goes on by itself, and no change is lost', {
  timeout: LIMIT_MS,
}, async () => {
  const restarted = await underWrites(() => lab.driftlab('trigger-restart', '--seconds', '1'));
  expect(restarted).toMatchObject({ status: 0, err: '' });
  await judged();
  expect(await pipeline('status', 'shop')).toMatchObject({ status: 0 });
  expect(await row()).toMatchObject(UP);
  await converged();
});

test('its sink is killed, and the lab ended and started: each is said in words, and start goes on on the new ports', {
  timeout: LIMIT_MS,
}, async () => {
  const { nodes } = await lab.get<LabStack>('/api/v1/stack');
  process.kill(nodes.find(({ name }) => name === 'sink')?.pid ?? 0, 'SIGKILL');
  const failed = async () => (await pipeline('status', 'shop')).status === 1;
  await underWrites(() => until(failed, { what: 'the sink connector to fail', limitMs: 60_000 }));
  expect(await row()).toMatchObject({
    ...{ ...UP, status: 'ERROR', cdc_status: 'ERROR' },
    last_error: expect.stringMatching(/^driftlab_shop_\w+_sink: .*PSQLException/),
  });
  expect(await pipeline('start', 'shop')).toMatchObject({ status: 1, err: expect.stringContaining('the target: ') });
  expect(await lab.driftlab('down')).toMatchObject({ status: 0, out: expect.stringContaining('data are kept') });
  for (const verb of ['start', 'status', 'stop', 'delete'])
    expect(await pipeline(verb, 'shop')).toMatchObject({
      status: 1,
      err: expect.stringMatching(
        /^error: the pipeline names servers of the live lab: the lab is down\n.*npx driftlab up/s,
      ),
    });
  expect(await row()).toMatchObject({ status: 'ERROR', last_error: expect.stringContaining('the lab is down') });
  expect(await lab.driftlab('up')).toMatchObject({ status: 0, out: expect.stringContaining('goes on') });
  expect(await pipeline('start', 'shop')).toMatchObject({ status: 0, err: '' });
  expect(await row()).toMatchObject(UP);
  expect(await underWrites(() => pipeline('status', 'shop'))).toMatchObject({ status: 0 });
  await converged();
});

test('where no cluster is named, connectors and diagnose are about the lab, and reach the databases that its workers know', {
  timeout: LIMIT_MS,
}, async () => {
  const { out } = await lab.driftlab('connectors', 'list');
  const [own, source = '', sink = ''] = [/^lab /m, /^driftlab_shop_\w+_source/m, /^driftlab_shop_\w+_sink/m].map(
    (name) => name.exec(out)?.[0],
  );
  expect(own).toBe('lab ');
  for (const [name, end] of [[source, 'source'] as const, [sink, 'sink'] as const])
    expect(await lab.driftlab('connectors', 'status', name)).toMatchObject({
      ...{ status: 0, err: '', out: expect.stringContaining(`${name}: ${end}, RUNNING`) },
    });
  const found = await lab.driftlab('diagnose');
  expect(found).toMatchObject({ status: 0, err: '' });
  expect(found.out).not.toContain('not read');
  expect(found.out.match(/^ {2}the (?:source|target) [^ @]+@/gm)).toHaveLength(3);
  const behind = new RegExp(`; the group connect-${sink} is \\d+ records? behind$`, 'm');
  expect(found.out).toMatch(behind);
  expect(await pipeline('diagnose', 'shop')).toMatchObject({ status: 0, out: expect.stringMatching(behind) });
});

test("no configuration of its connectors has a password, and the lab's own connector is still the first", {
  timeout: LIMIT_MS,
}, async () => {
  const { shared, source, sink } = addresses();
  for (const { urls, authorization = '' } of Object.values(shared?.workers ?? {})) {
    const answer = await fetch(`${urls[0]}/connectors?expand=info`, { headers: { authorization } });
    const text = await answer.text();
    expect(text).toContain('driftlab_shop_');
    for (const { password } of [source, sink]) expect(text).not.toContain(password);
  }
  const { out } = await lab.driftlab('connector-status');
  const sources = out.split('\n').filter((line) => / source +connect /.test(line));
  expect(sources).toEqual([
    expect.stringMatching(/^lab .* \d+\/\w+$/),
    expect.stringMatching(/^driftlab_shop_\w+_source .* 0 RUNNING *$/),
  ]);
  expect(await pipeline('delete', 'shop')).toMatchObject({ status: 0, err: '' });
});
