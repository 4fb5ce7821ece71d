// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ObjectStore, openObjectStore } from '#clients/s3.ts';
import { openDesk } from '#manager/desk.ts';
import { openStore } from '#manager/state/store.ts';
import type { Manifest } from '#objects/object-set.ts';
import { type OpenStoreWay, openStoreWay } from '#runtimes/proxy/store-way.ts';
import { until } from '#std/wait.ts';
import { type CdcBench, startCdcBench } from '#testing/cdc-bench.ts';
import { hereWith } from '#testing/here.ts';
import { latestRows, placeOf, readLines, startTestObjects, type TestObjects } from '#testing/objects.ts';
import { type Moment, said, signalStartAt } from '#testing/pipelines.ts';
import { parquetTexts } from '#verify/observe/objects/parquet-texts.ts';

let bench: CdcBench;
let objects: TestObjects;
let store: ObjectStore;
let folder: string;
let way: OpenStoreWay;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-objects-cdc-'));
  [bench, objects] = await Promise.all([startCdcBench(folder), startTestObjects()]);
  store = openObjectStore({ bucket: 'lake', ...objects });
  await store.makeBucket();
  Object.assign(bench.env, { LAKE_SECRET: objects.credentials.secret });
}, 180_000);
afterAll(async () => {
  await way?.[Symbol.asyncDispose]();
  store?.[Symbol.dispose]();
  await objects?.[Symbol.asyncDispose]();
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const create = (name: string, tables: string, ...more: readonly string[]) =>
  bench.pipeline(
    ...['create', name, '--source', '${env:SOURCE}', '--target', 's3://driftlab:${env:LAKE_SECRET}@lake'],
    ...(more.includes('--endpoint') ? [] : ['--endpoint', objects.endpoint]),
    ...['--connect', '${env:C1}', '--brokers', bench.stack.brokers.join(',')],
    ...['--tables', tables, '--flush', '1s', ...more],
  );

async function keys(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}

const changesOf = async (name: string) => readLines(store, await keys(`${name}/changes/`));

async function loadedOf(name: string) {
  const manifests = (await keys(`${name}/`)).filter((key) => key.endsWith('/manifest.json'));
  expect(manifests.length).toBe(1);
  const manifest = JSON.parse(Buffer.from((await store.get(manifests[0] ?? '')) ?? []).toString()) as Manifest;
  return readLines(
    store,
    manifest.tables.flatMap((table) => table.objects.map(({ key }) => key)),
  );
}

const ROWS = 20_000;
const TYPED = `id::text, n::text, amount::text, at::text, fit::text, note, data::text`;

test('a full load under writes, then changes, killed twice: the objects hold every row, and no change twice', async () => {
  await bench.source.query(`CREATE TABLE moving (id bigint PRIMARY KEY, n int, amount numeric(12,2), at timestamptz, fit boolean, note text, data jsonb);
    INSERT INTO moving SELECT i, 0, i / 7.0, '2026-01-02 03:04:05.678901+02', i % 2 = 0, 'ü' || i, '{"a":1.50}' FROM generate_series(1, ${ROWS}) AS i`);
  expect(await create('moving', 'moving')).toMatchObject({ status: 0, err: '' });
  let writing = true;
  let written = 0;
  const writer = (async () => {
    for (let n = 1; writing; n++, written = n)
      await bench.source.query(`INSERT INTO moving VALUES (${ROWS + n}, 1, 3.10, now(), NULL, NULL, '[]'); DELETE FROM moving WHERE id = ${n};
        UPDATE moving SET n = n + 1, note = 'x' WHERE id BETWEEN ${(n * 7919) % ROWS} AND ${((n * 7919) % ROWS) + 2}; SELECT pg_sleep(0.01)`);
  })();
  const objectsAbove = (count: number) => async () => (await keys('moving/changes/')).length > count;
  expect(await bench.killAt('moving', objectsAbove(1))).toBe(true);
  expect(await bench.row('moving')).toMatchObject({
    ...{ status: 'RUNNING', full_load_status: 'COMPLETED', cdc_status: 'RUNNING', full_load_rows: String(ROWS) },
  });
  expect(await bench.killAt('moving', objectsAbove((await keys('moving/changes/')).length + 2))).toBe(true);
  writing = false;
  await writer;
  const source = await bench.source.query<Record<string, string | null>>(
    `SELECT ${TYPED} FROM moving ORDER BY moving.id`,
  );
  const loaded = await loadedOf('moving');
  const latest = async () => [...latestRows(loaded, await changesOf('moving'), ['id']).values()];
  const sorted = async () => (await latest()).toSorted((a, b) => Number(a.id) - Number(b.id));
  const whole = async () => JSON.stringify(await sorted()) === JSON.stringify(source);
  const ended = await bench.killAt('moving', whole);
  expect(await sorted()).toEqual(source);
  expect(ended).toBe(true);
  const places = (await changesOf('moving')).map(placeOf);
  expect(places.length).toBeGreaterThan(written);
  expect(new Set(places).size).toBe(places.length);
}, 240_000);

/** Runs once the pipeline says that it writes changes; true when what is looked at then is. */
const onceRunning = (act: () => Promise<unknown>, seen: () => Promise<boolean>): Moment => {
  let acted = false;
  return async (lines) => {
    if (!acted && said('are written into')(lines)) {
      acted = true;
      await act();
    }
    return acted && (await seen());
  };
};

test('killed in the middle of an upload, and refused as its credentials have expired: nothing is lost, nothing is double', async () => {
  way = await openStoreWay(objects.endpoint);
  await bench.source.query('CREATE TABLE shaky (id int PRIMARY KEY)');
  await create('shaky', 'shaky', '--mode', 'cdc_only', '--endpoint', way.endpoint);
  way.trouble({ kind: 'hold', at: 'body' });
  const insert = (id: number) => () => bench.source.query(`INSERT INTO shaky VALUES (${id})`);
  expect(
    await bench.killAt(
      'shaky',
      onceRunning(insert(1), async () => way.traffic.held.length > 0),
    ),
  ).toBe(true);
  way.trouble({ kind: 'refuse', status: 403, code: 'ExpiredToken', message: 'The provided token has expired.' });
  const { status, err } = await bench.pipeline('start', 'shaky');
  expect({ status, err }).toEqual({
    status: 1,
    err: expect.stringMatching(/^error: Step 2: the credentials .* have expired/),
  });
  expect(await bench.row('shaky')).toMatchObject({
    ...{ status: 'ERROR', cdc_status: 'ERROR' },
    last_error: expect.stringContaining('The provided token has expired.'),
  });
  expect(await changesOf('shaky')).toEqual([]);
  way.clear();
  const both = onceRunning(insert(2), async () => (await changesOf('shaky')).length > 1);
  expect(await signalStartAt(folder, bench.env, 'shaky', both, 'SIGINT')).toBe(130);
  expect(await bench.row('shaky')).toMatchObject({ status: 'STOPPED', cdc_status: 'STOPPED', last_error: null });
  expect((await changesOf('shaky')).map(({ id }) => id)).toEqual(['1', '2']);
}, 120_000);

test('a server of pipelines says that it is up while it writes, nothing is wrong with it, and it can be stopped', async () => {
  await using store = await openStore(bench.state.url);
  await using desk = openDesk(store, hereWith(bench.env));
  const { up } = await desk.start('shaky', {});
  expect((await up).row).toMatchObject({ status: 'RUNNING', cdc_status: 'RUNNING' });
  await bench.source.query('INSERT INTO shaky VALUES (3)');
  await until(async () => (await changesOf('shaky')).length > 2, { what: 'the new row', limitMs: 60_000 });
  expect(await bench.pipeline('diagnose', 'shaky')).toMatchObject({ status: 0, err: '' });
  expect((await desk.stop('shaky')).row).toMatchObject({ status: 'STOPPED', cdc_status: 'STOPPED', last_error: null });
}, 120_000);

test('cdc_only writes what comes; deleting leaves the objects alone', async () => {
  await bench.source.query('CREATE TABLE later (id int PRIMARY KEY, n int); INSERT INTO later VALUES (1, 1)');
  await create('later', 'later', '--mode', 'cdc_only');
  const change = () => bench.source.query('INSERT INTO later VALUES (2, 2); DELETE FROM later WHERE id = 1');
  const both = onceRunning(change, async () => (await changesOf('later')).length > 1);
  expect(await bench.killAt('later', both)).toBe(true);
  const [insert, remove] = await changesOf('later');
  expect(insert).toMatchObject({
    id: '2',
    n: '2',
    _cdc_op: 'c',
    _cdc_lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
  });
  expect(remove).toMatchObject({ id: '1', _cdc_op: 'd' });
  expect(await bench.pipeline('delete', 'later')).toMatchObject({ status: 0, err: '' });
  expect(await bench.source.query("SELECT FROM pg_replication_slots WHERE slot_name LIKE 'driftlab_later%'")).toEqual(
    [],
  );
  expect((await keys('later/')).length).toBeGreaterThan(0);
}, 120_000);

test('as Parquet, changes hold what lines do, and say which columns have no value', async () => {
  await bench.source.query(`CREATE TABLE packed (id int PRIMARY KEY, amount numeric(12,2), at timestamptz)`);
  await create('packed', 'packed', '--mode', 'cdc_only', '--format', 'parquet');
  const change = () =>
    bench.source.query(`INSERT INTO packed VALUES (1, 1.50, '2026-01-02 03:04:05.678901+00'); UPDATE packed SET amount = NULL;
      ALTER TABLE packed ADD later boolean; INSERT INTO packed VALUES (2, 0.10, NULL, true); DELETE FROM packed WHERE id = 1`);
  const read = async () => {
    const bodies = await Promise.all((await keys('packed/changes/')).map(async (key) => (await store.get(key)) ?? []));
    return (await Promise.all(bodies.map((body) => parquetTexts(Uint8Array.from(body))))).flat();
  };
  expect(
    await bench.killAt(
      'packed',
      onceRunning(change, async () => (await read()).length > 3),
    ),
  ).toBe(true);
  const rows = (await read()).toSorted((a, b) => Number(a._cdc_offset) - Number(b._cdc_offset));
  expect(rows).toMatchObject([
    { id: '1', amount: '1.50', at: '2026-01-02 03:04:05.678901+00', _cdc_op: 'c' },
    { id: '1', amount: null, at: '2026-01-02 03:04:05.678901+00', _cdc_op: 'u' },
    { id: '2', amount: '0.10', at: null, later: 'true', _cdc_op: 'c', _cdc_unchanged: null },
    { id: '1', amount: null, at: null, _cdc_op: 'd' },
  ]);
  // An object of changes that are older than a column has it where one of its changes is younger.
  const unchanged = rows.flatMap(({ _cdc_unchanged: names }) => JSON.parse(names ?? '[]') as string[]);
  expect(unchanged.filter((name) => name !== 'later')).toEqual([]);
  expect(await bench.pipeline('delete', 'packed')).toMatchObject({ status: 0, err: '' });
}, 120_000);
