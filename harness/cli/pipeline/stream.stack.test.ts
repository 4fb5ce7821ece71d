// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { reconcile } from '#reconcile/reconcile.ts';
import { killStartAt, type PipelineBench, runPipeline, said, startPipelineBench } from '#testing/pipelines.ts';
import { requestFor } from '#testing/two-databases.ts';

/** Nobody listens there: a pipeline comes as far as its connectors. */
const SERVERS = ['--connect', 'http://127.0.0.1:1', '--brokers', '127.0.0.1:1'];

let bench: PipelineBench;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-stream-'));
  bench = await startPipelineBench(folder);
});
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  const { state } = bench;
  for (const { name } of await state.query<{ name: string }>('SELECT name FROM pipelines'))
    await bench.pipeline('delete', name, '--forget');
  await bench.source.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
  for (const { pubname } of await bench.source.query<{ pubname: string }>('SELECT pubname FROM pg_publication'))
    await bench.source.query(`DROP PUBLICATION ${pubname}`);
  for (const database of [bench.source, bench.target])
    await database.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
});

const create = (tables: string, ...more: readonly string[]) =>
  bench.pipeline(
    ...['create', 'shop', '--source', bench.sourceAddress, '--target', bench.targetAddress, '--tables', tables],
    ...[...SERVERS, ...more],
  );
const slots = () =>
  bench.source.query<{ slot_name: string; lsn: string }>(
    'SELECT slot_name, confirmed_flush_lsn::text AS lsn FROM pg_replication_slots',
  );

/** Has the target's own server read the pipeline's slot: what is lost is missed, and what is doubled breaks its key. */
async function subscribe(mark: string): Promise<void> {
  const url = new URL(bench.source.url);
  const from = `host=${url.hostname} port=${url.port} dbname=source user=${url.username} password=${url.password}`;
  await bench.target.query(
    `CREATE SUBSCRIPTION reader CONNECTION '${from}' PUBLICATION ${mark}
     WITH (create_slot = false, slot_name = '${mark}', copy_data = false, disable_on_error = true)`,
  );
}

test('a load under writes, killed once, and the stream of its slot are together what the source is', async () => {
  await bench.source.query(`CREATE TABLE moving (id int PRIMARY KEY, n int);
    INSERT INTO moving SELECT i, 0 FROM generate_series(1, 50000) AS i`);
  expect(await create('moving')).toMatchObject({ status: 0, err: '' });
  let writing = true;
  const writer = (async () => {
    for (let n = 1; writing; n++)
      await bench.source.query(`INSERT INTO moving VALUES (${50_000 + n}, 1);
        UPDATE moving SET n = n + 1 WHERE id % 501 = ${n % 501}; DELETE FROM moving WHERE id = ${n}`);
  })();
  expect(await killStartAt(folder, bench.env, 'shop', said('Step 1: full load of'))).toBe(true);
  const killed = await bench.row('shop');
  const { status, err } = await bench.pipeline('start', 'shop');
  writing = false;
  await writer;
  expect(status).toBe(1);
  expect(err).toContain('error: Step 2: Kafka Connect does not answer');
  const row = await bench.row('shop');
  expect(row).toMatchObject({
    ...{ status: 'ERROR', full_load_status: 'COMPLETED', cdc_status: 'ERROR' },
    debezium_connector_name: expect.stringMatching(/^driftlab_shop_[0-9a-f]{6}_source$/),
    last_error: expect.stringMatching(/^Step 2: Kafka Connect does not answer; .*ECONNREFUSED/),
  });
  const [slot, ...others] = await slots();
  expect(others).toEqual([]);
  expect([slot?.lsn, row.full_load_lsn === killed.full_load_lsn]).toEqual([row.full_load_lsn, false]);
  await subscribe(slot?.slot_name ?? '');
  const request = { ...requestFor(bench.source.url, bench.target.url, [{ source: 'moving' }]), settleMs: 60_000 };
  const report = await reconcile(request, { signal: new AbortController().signal });
  expect(report.tables).toMatchObject([{ status: 'MATCH', missing_rows: 0, extra_rows: 0, unsettled_rows: 0 }]);
  expect(await bench.target.query('SELECT subenabled FROM pg_subscription')).toEqual([{ subenabled: 't' }]);
  await bench.target.query('ALTER SUBSCRIPTION reader DISABLE');
  await bench.target.query('ALTER SUBSCRIPTION reader SET (slot_name = NONE)');
  await bench.target.query('DROP SUBSCRIPTION reader');
}, 120_000);

test('cdc_only loads nothing, and its slot begins at the position that is noted', async () => {
  await bench.source.query('CREATE TABLE later (id int PRIMARY KEY); INSERT INTO later VALUES (1)');
  await create('later', '--mode', 'cdc_only');
  expect(await bench.pipeline('start', 'shop')).toMatchObject({
    status: 1,
    out: expect.stringContaining('Step 1: no full load'),
  });
  const before = await bench.row('shop');
  expect(before).toMatchObject({ full_load_status: 'NOT_STARTED', cdc_status: 'ERROR' });
  expect(await bench.target.query('SELECT * FROM later')).toEqual([]);
  expect((await slots())[0]?.lsn).toBe(before.full_load_lsn);
  // The next start goes on with the slot that there is.
  expect(await bench.pipeline('start', 'shop')).toMatchObject({ out: expect.stringContaining('Step 1: done before') });
  expect((await bench.row('shop')).full_load_lsn).toBe(before.full_load_lsn);
});

test('a table without a key, a slot that is gone, and servers that cannot be asked, are one clear error each', async () => {
  await bench.source.query(
    'CREATE TABLE keyless (n int); CREATE TABLE a (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)',
  );
  await create('keyless');
  expect(await bench.pipeline('start', 'shop')).toMatchObject({
    status: 1,
    err: expect.stringContaining('Step 0: public.keyless has no primary key'),
  });
  // Nothing was made yet, but nobody can say so without its source.
  const away = { ...bench.env, TEST_PASSWORD: 'another' };
  expect(await runPipeline(folder, away, 'delete', 'shop')).toMatchObject({
    status: 1,
    err: expect.stringMatching(/the source: [\s\S]*password[\s\S]*driftlab pipeline delete shop --forget/),
  });
  expect(await slots()).toEqual([]);
  await bench.pipeline('delete', 'shop', '--forget');
  await create('a');
  expect(await bench.pipeline('start', 'shop')).toMatchObject({
    status: 1,
    out: expect.stringContaining('Step 0: public.a: twice is computed by the source, and left out'),
  });
  const { debezium_connector_name: name } = await bench.row('shop');
  expect(await bench.pipeline('status', 'shop')).toMatchObject({
    status: 1,
    err: expect.stringContaining('does not answer'),
  });
  expect(await bench.pipeline('stop', 'shop')).toMatchObject({
    status: 1,
    err: expect.stringContaining('does not answer'),
  });
  expect(await bench.pipeline('delete', 'shop')).toMatchObject({
    status: 1,
    err: expect.stringMatching(/does not answer[\s\S]*driftlab pipeline delete shop --forget/),
  });
  expect(await slots()).toHaveLength(1);
  await bench.source.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
  expect(await bench.pipeline('start', 'shop')).toMatchObject({
    status: 1,
    err: expect.stringMatching(/Step 2: the replication slot driftlab_shop_\w+ is gone/),
  });
  const forgotten = await bench.pipeline('delete', 'shop', '--forget');
  expect(forgotten).toMatchObject({
    status: 0,
    out: expect.stringContaining(`whose names begin with ${name?.replace('_source', '')}`),
  });
});
