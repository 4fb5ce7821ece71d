// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ObjectStore, openObjectStore } from '#clients/s3.ts';
import { textsOfLine } from '#objects/json-lines.ts';
import type { Manifest } from '#objects/object-set.ts';
import { startTestObjects, type TestObjects } from '#testing/objects.ts';
import { killStartAt, type PipelineBench, startPipelineBench } from '#testing/pipelines.ts';
import { parquetTexts } from '#verify/observe/objects/parquet-texts.ts';

let bench: PipelineBench;
let objects: TestObjects;
let store: ObjectStore;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-objects-'));
  [bench, objects] = await Promise.all([startPipelineBench(folder), startTestObjects()]);
  store = openObjectStore({ bucket: 'lake', ...objects });
  await store.makeBucket();
  Object.assign(bench.env, { LAKE_SECRET: objects.credentials.secret });
});
afterAll(async () => {
  store?.[Symbol.dispose]();
  await objects?.[Symbol.asyncDispose]();
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await bench.source.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await bench.state.query('DROP TABLE IF EXISTS pipelines_version, pipelines, pipeline_definitions, pipeline_loads');
  await store.delete(await keys(''));
});

const TARGET = 's3://driftlab:${env:LAKE_SECRET}@lake/raw';
const create = (tables: string, target = TARGET, ...more: readonly string[]) =>
  bench.pipeline(
    ...['create', 'shop', '--source', bench.sourceAddress, '--target', target, '--endpoint', objects.endpoint],
    ...['--tables', tables, '--mode', 'full_load_only', ...more],
  );

async function keys(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}

const get = async (key: string) => Buffer.from((await store.get(key)) ?? []);

/** The rows of an object, by the format that its key names. */
async function rowsOf(key: string, body: Buffer): Promise<Record<string, string | null>[]> {
  return key.endsWith('.parquet') ? parquetTexts(body) : body.toString().trimEnd().split('\n').map(textsOfLine);
}

/** The complete sets, each with its rows by table as they are read back; every object is held against the manifest first. */
async function sets() {
  const manifests = (await keys('raw/shop/')).filter((key) => key.endsWith('/manifest.json'));
  const found: { manifest: Manifest; rows: Record<string, Record<string, string | null>[]> }[] = [];
  for (const key of manifests) {
    const manifest = JSON.parse((await get(key)).toString()) as Manifest;
    const rows: Record<string, Record<string, string | null>[]> = {};
    for (const { table, objects } of manifest.tables) {
      rows[table] = [];
      for (const entry of objects) {
        const body = await get(entry.key);
        const read = await rowsOf(entry.key, body);
        const sha256 = createHash('sha256').update(body).digest('hex');
        expect(entry).toMatchObject({ rows: read.length, bytes: body.length, sha256 });
        rows[table].push(...read);
      }
    }
    found.push({ manifest, rows });
  }
  return found;
}

test('each start makes one set of objects of all tables, which names them and holds every value', async () => {
  await bench.source.query(`CREATE TABLE entries (id bigint PRIMARY KEY, note text, amount numeric(12,2), ratio float8, fit boolean,
      at timestamptz, day date, data jsonb, raw bytea, tags text[], uid uuid, mood money);
    INSERT INTO entries SELECT 9007199254740993 + i, E'n\\t"\\\\ü' || i, i / 7.0, i / 3.0, i % 2 = 0, '2026-01-02 03:04:05.678901+02',
      '2026-01-02', '{"a":[1,2.50]}', '\\x00ff', '{a,NULL,"b,c"}', '11111111-2222-3333-4444-555555555555', 1.5 FROM generate_series(1, 60000) AS i;
    INSERT INTO entries (id, ratio) VALUES (1, 'NaN');
    CREATE TABLE words (word text PRIMARY KEY); INSERT INTO words SELECT 'w' || i FROM generate_series(1, 1000) AS i;
    CREATE TABLE void (id int PRIMARY KEY)`);
  await create('entries,words,void');
  const { status, out, err } = await bench.pipeline('start', 'shop');
  expect({ status, err }).toEqual({ status: 0, err: '' });
  const [first] = await sets();
  const { full_load_lsn: lsn, full_load_rows: total, ...row } = await bench.row('shop');
  expect({ ...row, total }).toMatchObject({ status: 'COMPLETED', full_load_status: 'COMPLETED', total: '61001' });
  expect(first?.manifest).toMatchObject({ pipeline: 'shop', format: 'jsonl', lsn, rows: 61001 });
  expect(first?.manifest.tables.map(({ table, rows, objects }) => [table, rows, objects.length])).toEqual([
    ...[['public.entries', 60001, 2] as const, ['public.words', 1000, 1] as const, ['public.void', 0, 0] as const],
  ]);
  const entries = first?.rows['public.entries'] ?? [];
  expect(new Set(entries.map(({ id }) => id)).size).toBe(60001);
  expect(entries.find(({ id }) => id === '9007199254740994')).toEqual({
    ...{ id: '9007199254740994', note: 'n\t"\\ü1', amount: '0.14', ratio: '0.3333333333333333', fit: 'false' },
    ...{ at: '2026-01-02 01:04:05.678901+00', day: '2026-01-02', data: '{"a": [1, 2.50]}', raw: '\\x00ff' },
    ...{ tags: '{a,NULL,"b,c"}', uid: '11111111-2222-3333-4444-555555555555', mood: '1.50' },
  });
  expect(entries.find(({ id }) => id === '1')).toMatchObject({ ratio: 'NaN', note: null, fit: null });
  expect(out).toMatch(
    /Step 1: full load completed: 3 tables, 61001 rows, LSN .+, raw\/shop\/\d{8}T\d{6}\.\d{3}Z\/manifest.json\n/,
  );
  await bench.source.query('DELETE FROM entries');
  expect(await bench.pipeline('start', 'shop')).toMatchObject({ status: 0, err: '' });
  expect((await sets()).map(({ manifest }) => manifest.rows)).toEqual([61001, 1000]);
});

test('as Parquet every value comes back, and a value that it cannot hold ends the load', async () => {
  await bench.source.query(`CREATE TABLE entries (id bigint PRIMARY KEY, n smallint, note text, amount numeric(12,2), wide numeric(60,1),
      any_digits numeric, ratio float8, part real, fit boolean, "At.all" timestamptz, clock timestamp, day date, data jsonb, raw bytea,
      tags text[], uid uuid, mood money, span interval);
    INSERT INTO entries SELECT 9007199254740993 + i, -i % 100, E'n\\t"\\\\ü' || i, i / 7.0, 1e50, 1.50, i / 3.0, 0.1, i % 2 = 0,
      '2026-01-02 03:04:05.678901+02', '1969-12-31 23:59:59.999999', '2000-02-29', '{"a":[1,2.50]}', '\\x00ff', '{a,NULL,"b,c"}',
      '11111111-2222-3333-4444-555555555555', 1.5, '1 day 2 hours' FROM generate_series(1, 60000) AS i;
    INSERT INTO entries (id) VALUES (1);
    INSERT INTO entries (id, note, amount, ratio, "At.all", day, raw)
      VALUES (9223372036854775807, '', -9999999999.99, '-Infinity', '0044-03-15 12:00:00+00 BC', '5874897-12-31', '');
    CREATE TABLE void (id int PRIMARY KEY)`);
  await create('entries,void', TARGET, '--format', 'parquet');
  const { status, out, err } = await bench.pipeline('start', 'shop');
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toContain('public.entries: 18 columns, as parquet\n');
  const [set] = await sets();
  expect(set?.manifest).toMatchObject({ format: 'parquet', rows: 60002 });
  expect(set?.manifest.tables.map(({ rows, objects }) => [rows, objects.length])).toEqual([
    [60002, 2],
    [0, 0],
  ]);
  const entries = new Map((set?.rows['public.entries'] ?? []).map((row) => [row.id, row]));
  expect(entries.size).toBe(60002);
  expect(entries.get('9007199254740995')).toEqual({
    ...{
      id: '9007199254740995',
      n: '-2',
      note: 'n\t"\\ü2',
      amount: '0.29',
      wide: `1${'0'.repeat(50)}.0`,
      any_digits: '1.5',
    },
    ...{ ratio: '0.6666666666666666', part: '0.1', fit: 'true', 'At.all': '2026-01-02 01:04:05.678901+00' },
    ...{ clock: '1969-12-31 23:59:59.999999', day: '2000-02-29', data: '{"a": [1, 2.50]}', raw: '\\x00ff' },
    ...{ tags: '{a,NULL,"b,c"}', uid: '11111111-2222-3333-4444-555555555555', mood: '1.50', span: 'P1DT2H' },
  });
  const { id, ...nulls } = entries.get('1') ?? {};
  expect([id, ...new Set(Object.values(nulls))]).toEqual(['1', null]);
  expect(entries.get('9223372036854775807')).toMatchObject({
    ...{ note: '', amount: '-9999999999.99', ratio: '-Infinity', 'At.all': '0044-03-15 12:00:00+00 BC' },
    ...{ day: '5874897-12-31', raw: '\\x', part: null },
  });
  await bench.source.query(`UPDATE entries SET day = 'infinity' WHERE id = 1`);
  const failed = await bench.pipeline('start', 'shop');
  expect(failed.status).toBe(1);
  expect(failed.err).toMatch(
    /public\.entries: a value of day cannot be written as Parquet[\s\S]+"infinity"[\s\S]+--format jsonl/,
  );
  expect(await sets()).toHaveLength(1);
});

test('a killed load has no manifest; the next one removes what it left, and nothing else', async () => {
  await bench.source.query(
    'CREATE TABLE a (id int PRIMARY KEY, n text); INSERT INTO a SELECT i, md5(i::text) FROM generate_series(1, 400000) AS i',
  );
  await create('a');
  const foreign = ['raw/shop/_unfinished/other.json', 'raw/shop/other/public.a/part-00001.jsonl'];
  await store.put(foreign[0] ?? '', Buffer.from('{"mark":"driftlab_shop_other"}'));
  await store.put(foreign[1] ?? '', Buffer.from('{}'));
  const begun = async () => (await keys('raw/shop/')).length > foreign.length + 1;
  expect(await killStartAt(folder, bench.env, 'shop', begun)).toBe(true);
  expect(await sets()).toEqual([]);
  const { out, status } = await bench.pipeline('start', 'shop');
  expect(status).toBe(0);
  expect(out).toMatch(/Step 1: raw\/shop\/\S+\/: [1-9]\d* objects of a load that was not completed are removed/);
  const [whole, ...more] = await sets();
  expect(more).toEqual([]);
  expect(new Set(whole?.rows['public.a']?.map(({ id }) => id)).size).toBe(400_000);
  const named = whole?.manifest.tables.flatMap((table) => table.objects.map(({ key }) => key)) ?? [];
  expect((await keys('raw/')).filter((key) => !named.includes(key) && !key.endsWith('/manifest.json'))).toEqual(
    foreign,
  );
});

test('a pipeline with a time to load again does so as long as start runs', async () => {
  await bench.source.query('CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)');
  await create('a', TARGET, '--every', '1s');
  const twice = async (lines: readonly string[]) => lines.filter((line) => line.endsWith('COMPLETED')).length > 1;
  expect(await killStartAt(folder, bench.env, 'shop', twice)).toBe(true);
  expect((await sets()).length).toBeGreaterThan(1);
});

test.each([
  [
    'a bucket that is not there',
    's3://driftlab:${env:LAKE_SECRET}@nowhere/raw',
    /Step 0: there is no bucket s3:\/\/nowhere/,
  ],
  [
    'a wrong secret',
    's3://driftlab:${env:TEST_PASSWORD}@lake/raw',
    /Step 0: s3:\/\/lake at \S+ does not allow to list/,
  ],
])('%s ends the start, and is kept', async (_, target, words) => {
  await bench.source.query('CREATE TABLE a (id int PRIMARY KEY)');
  await create('a', target);
  const { status, err } = await bench.pipeline('start', 'shop');
  expect({ status, err }).toEqual({ status: 1, err: expect.stringMatching(words) });
  const { last_error: error, status: kept } = await bench.row('shop');
  expect({ kept, error }).toEqual({ kept: 'ERROR', error: expect.stringMatching(words) });
  for (const secret of [objects.credentials.secret, bench.password]) expect(`${err}${error}`).not.toContain(secret);
});
