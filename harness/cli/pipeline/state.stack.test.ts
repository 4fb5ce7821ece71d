// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openStore } from '#manager/state/store.ts';
import { type PipelineBench, startPipelineBench } from '#testing/pipelines.ts';

let bench: PipelineBench;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-pipeline-'));
  bench = await startPipelineBench(folder);
});
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() =>
  bench.state.query('DROP TABLE IF EXISTS pipelines_version, pipelines, pipeline_definitions, pipeline_loads'),
);

const create = (name: string, ...more: readonly string[]) =>
  bench.pipeline(
    'create',
    name,
    '--source',
    bench.sourceAddress,
    '--target',
    bench.targetAddress,
    '--tables',
    'a,b',
    ...more,
  );

test('a pipeline is created, listed, shown and deleted; its row has the columns that were agreed on', async () => {
  expect(await create('shop', '--mode', 'full_load_only')).toEqual({
    status: 0,
    out: 'created: shop (full_load_only)\n',
    err: '',
  });
  const row = await bench.row('shop');
  expect(Object.keys(row)).toEqual([
    ...['name', 'mode', 'status', 'full_load_status', 'cdc_status', 'full_load_completed_at', 'full_load_lsn'],
    ...[
      'full_load_rows',
      'debezium_connector_name',
      'sink_connector_name',
      'last_error',
      'last_error_at',
      'updated_at',
    ],
  ]);
  expect(row).toMatchObject({
    mode: 'full_load_only',
    status: 'CREATED',
    full_load_status: 'NOT_STARTED',
    cdc_status: 'NOT_STARTED',
  });
  expect((await bench.pipeline('list')).out).toMatch(/^shop +full_load_only +CREATED +NOT_STARTED +NOT_STARTED/m);
  const shown = await bench.pipeline('show', 'shop', '--json');
  expect(JSON.parse(shown.out)).toMatchObject({
    name: 'shop',
    source: bench.sourceAddress,
    tables: ['a', 'b'],
    on_existing: 'fail',
  });
  expect((await bench.pipeline('show', 'shop')).out).not.toContain(bench.password);
  expect(await bench.pipeline('delete', 'shop')).toMatchObject({ status: 0, out: 'deleted: shop\n' });
  expect((await bench.pipeline('list')).out).toMatch(/^no pipelines/);
  expect(await bench.state.query('SELECT 1 FROM pipeline_definitions')).toEqual([]);
});

test('from a file, of which the command line takes the place', async () => {
  const lines = [
    `source: '${bench.sourceAddress}'`,
    `target: '${bench.targetAddress}'`,
    'tables: [a, sales.b]',
    'mode: cdc_only',
  ];
  writeFileSync(join(folder, 'shop.yaml'), ['name: filed', ...lines, 'on_existing: append'].join('\n'));
  expect(await bench.pipeline('create', '--file', 'shop.yaml', '--mode', 'full_load_only')).toMatchObject({
    status: 0,
  });
  const shown = JSON.parse((await bench.pipeline('show', 'filed', '--json')).out);
  expect(shown).toMatchObject({ mode: 'full_load_only', tables: ['a', 'sales.b'], on_existing: 'append' });
  writeFileSync(join(folder, 'wrong.yaml'), ['name: wrong', ...lines, 'on_exsting: append'].join('\n'));
  const wrong = await bench.pipeline('create', '--file', 'wrong.yaml');
  expect(wrong).toMatchObject({
    status: 2,
    err: expect.stringContaining('wrong.yaml: a pipeline has no property "on_exsting"'),
  });
  expect(wrong.err).toContain('did you mean on_existing?');
  expect(await bench.pipeline('create', '--file', 'none.yaml')).toMatchObject({
    status: 2,
    err: expect.stringContaining('none.yaml cannot be read'),
  });
});

test('a name that is taken, or that no pipeline has, is one clear error', async () => {
  await create('shop', '--mode', 'full_load_only');
  expect(await create('shop', '--mode', 'full_load_only')).toMatchObject({
    status: 1,
    err: expect.stringContaining('there is a pipeline shop already'),
  });
  const unknown = await bench.pipeline('show', 'shp');
  expect(unknown).toMatchObject({ status: 2, err: expect.stringContaining('did you mean shop?') });
  expect(await bench.pipeline('shwo', 'shop')).toMatchObject({
    status: 2,
    err: expect.stringContaining('did you mean show?'),
  });
  expect(await bench.pipeline('show')).toMatchObject({ status: 2, err: expect.stringContaining('name is missing') });
});

test('a password is refused, not stored', async () => {
  const refused = await bench.pipeline(
    'create',
    'open',
    '--source',
    bench.source.url,
    '--target',
    bench.targetAddress,
    '--tables',
    'a',
    '--mode',
    'full_load_only',
  );
  expect(refused).toMatchObject({
    status: 2,
    err: expect.stringContaining('a reference in its place: ${env:VARIABLE}'),
  });
  expect(refused.err).not.toContain(bench.password);
  expect((await bench.pipeline('list')).out).toMatch(/^no pipelines/);
});

test('one manager at a time: another is told who works, and is let in once that one has ended', async () => {
  await create('shop', '--mode', 'full_load_only');
  await using store = await openStore(bench.state.url);
  const held = await store.hold('shop');
  const [{ pid }] = (await bench.state.query(
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'driftlab pipeline shop'",
  )) as [{ pid: string }];
  expect(await bench.pipeline('delete', 'shop')).toMatchObject({
    status: 1,
    err: expect.stringMatching(new RegExp(`another manager works on the pipeline shop[\\s\\S]*session ${pid}\\)`)),
  });
  expect((await bench.pipeline('show', 'shop')).out).toMatch(/^manager +at work$/m);
  await held.change({ status: 'STARTING', last_error: 'no' });
  expect(await bench.row('shop')).toMatchObject({
    status: 'STARTING',
    last_error: 'no',
    last_error_at: expect.stringMatching(/^\d{4}-/),
  });
  await held[Symbol.asyncDispose]();
  expect((await bench.pipeline('show', 'shop')).out).toMatch(/^manager +none$/m);
  await using next = await store.hold('shop');
  await next.change({ status: 'STOPPED', last_error: null });
  expect(await bench.row('shop')).toMatchObject({ status: 'STOPPED', last_error: null, last_error_at: null });
});

test('what a manager writes after it has lost its session does not count', async () => {
  await create('shop', '--mode', 'full_load_only');
  await using store = await openStore(bench.state.url);
  await using held = await store.hold('shop');
  await held.changeLoad({ table: 'public.a', claimed: true, loaded: false, rows: 5, rowsExpected: 9 });
  await bench.state.query(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'driftlab pipeline shop'",
  );
  await using other = await store.hold('shop');
  await expect(held.change({ status: 'ERROR' })).rejects.toMatchObject({ code: 'hold-lost' });
  await expect(
    held.changeLoad({ table: 'public.a', claimed: true, loaded: true, rows: 9, rowsExpected: 9 }),
  ).rejects.toMatchObject({ code: 'hold-lost' });
  const { row, loads } = await other.read();
  expect(row.status).toBe('CREATED');
  expect(loads).toEqual([{ table: 'public.a', claimed: true, loaded: false, rows: 5, rowsExpected: 9 }]);
});

test('a state database of another version, or with a table of somebody else, is refused and left alone', async () => {
  await create('shop', '--mode', 'full_load_only');
  // Older and newer alike. No release has made the older one, so nothing is migrated.
  for (const version of [1, 99]) {
    await bench.state.query(`UPDATE pipelines_version SET version = ${version}`);
    expect(await bench.pipeline('list')).toMatchObject({
      status: 1,
      err: expect.stringMatching(
        new RegExp(`another version of driftlab[\\s\\S]*version 3 [\\s\\S]*version ${version}\\n`),
      ),
    });
  }
  await bench.state.query('DROP TABLE pipelines_version');
  expect(await bench.pipeline('list')).toMatchObject({
    status: 1,
    err: expect.stringContaining('a table "pipelines" that is not of driftlab'),
  });
  expect(await bench.row('shop')).toMatchObject({ status: 'CREATED' });
});

test('a state that is not there, or is no PostgreSQL, is one clear error', async () => {
  const url = new URL(bench.state.url);
  url.pathname = '/nowhere';
  const gone = await bench.pipeline('list', '--state', url.href);
  expect(gone).toMatchObject({ status: 1, err: expect.stringContaining('database "nowhere" does not exist') });
  expect(gone.err).not.toContain(bench.password);
  expect(await bench.pipeline('list', '--state', 'mariadb://a@127.0.0.1/b')).toMatchObject({ status: 2 });
});

test('two commands that find an empty state at the same moment make its tables once', async () => {
  const stores = await Promise.all(Array.from({ length: 6 }, () => openStore(bench.state.url)));
  expect(await bench.state.query('SELECT version::text FROM pipelines_version')).toEqual([{ version: '3' }]);
  for (const store of stores) await store[Symbol.asyncDispose]();
});
