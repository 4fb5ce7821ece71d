import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runPipeline } from '#testing/pipelines.ts';
import { type SideName, startTwoEngines, type TwoEngines } from '#testing/two-engines.ts';

let engines: TwoEngines;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-two-'));
  engines = await startTwoEngines();
  const { mariadb, postgres } = engines.urls;
  env = { DRIFTLAB_STATE_URL: postgres, MARIADB: mariadb, POSTGRES: postgres };
}, 120_000);
afterAll(async () => {
  await engines?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const load = async (name: string, from: string, to: string, tables: string, ...more: readonly string[]) => {
  const ends = ['--source', `\${env:${from}}`, '--target', `\${env:${to}}`];
  await runPipeline(folder, env, 'create', name, ...ends, '--tables', tables, '--mode', 'full_load_only', ...more);
  return runPipeline(folder, env, 'start', name);
};

const statuses = async (sides: readonly [SideName, SideName], ...tables: readonly string[]) =>
  (
    await engines.compare(
      sides,
      tables.map((source) => ({ source })),
    )
  ).tables.map(({ table, status, target_rows }) => `${table} ${status} ${target_rows}`);

test('from PostgreSQL to MariaDB: tables of its types, every row', async () => {
  await engines.postgres(`CREATE TABLE wide (id bigint PRIMARY KEY, n numeric(12,2), ok boolean, at timestamptz, doc jsonb, raw bytea, word text);
    INSERT INTO wide SELECT i, i / 7.0, i % 2 = 0, '2024-05-01Z'::timestamptz + i * interval '1 min', json_build_object('i', i), decode('00ff', 'hex'),
      'w''\\' || i FROM generate_series(1, 25000) AS i;
    CREATE TABLE worded (name varchar(20), n int, PRIMARY KEY (name, n)); INSERT INTO worded SELECT 'n' || i, i FROM generate_series(1, 12000) AS i`);
  const { status, out, err } = await load('out', 'POSTGRES', 'MARIADB', 'wide,worded');
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(out).toContain('Step 1: full load completed: 2 tables, 37000 rows, LSN ');
  expect(await statuses(['postgres', 'mariadb'], 'worded')).toEqual(['worded MATCH 12000']);
  // Documents have no form that both write alike.
  const { tables } = await engines.compare(['postgres', 'mariadb'], [{ source: 'wide', excludeColumns: ['doc'] }]);
  expect(tables).toMatchObject([{ status: 'MATCH', target_rows: 25_000 }]);
  const right = "SELECT count(*) AS n FROM wide WHERE json_value(doc, '$.i') = id";
  expect(await engines.mariadb(right)).toEqual([{ n: '25000' }]);
}, 60_000);

test('from MariaDB to PostgreSQL, truncated and appended', async () => {
  await engines.mariadb(
    'CREATE TABLE back (id int PRIMARY KEY, price decimal(9,2), day date, flag tinyint(1), kind enum("a","b"))',
  );
  await engines.mariadb('INSERT INTO back SELECT seq, seq / 3, "2024-01-01", seq % 2, "b" FROM seq_1_to_23000');
  expect(await load('back', 'MARIADB', 'POSTGRES', 'back')).toMatchObject({ status: 0, err: '' });
  expect(await statuses(['mariadb', 'postgres'], 'back')).toEqual(['back MATCH 23000']);
  expect((await engines.postgres("SELECT full_load_lsn FROM pipelines WHERE name = 'back'"))[0]?.full_load_lsn).toMatch(
    /\S/,
  );
  await engines.mariadb('UPDATE back SET price = 1 WHERE id < 50');
  expect(await load('more', 'MARIADB', 'POSTGRES', 'back')).toMatchObject({
    status: 1,
    err: expect.stringContaining('public.back: 23000 rows'),
  });
  expect(await runPipeline(folder, env, 'start', 'more', '--on-existing', 'append')).toMatchObject({
    status: 0,
    err: '',
  });
  expect(await statuses(['mariadb', 'postgres'], 'back')).toEqual(['back MATCH 23000']);
}, 60_000);

test('a type without a counterpart is told by table and column before anything is made', async () => {
  await engines.postgres('CREATE TABLE placed (id int PRIMARY KEY, place point)');
  const { status, err } = await load('placed', 'POSTGRES', 'MARIADB', 'placed');
  expect(status).toBe(1);
  expect(err).toMatch(
    /^error: Step 0: public\.placed\.place has no counterpart at the target\n[\s\S]*found: +point of PostgreSQL/,
  );
  expect(await engines.mariadb("SHOW TABLES LIKE 'placed'")).toEqual([]);
}, 60_000);

test("a target that is MariaDB's source by another address is refused", async () => {
  await engines.mariadb('CREATE TABLE only (id int PRIMARY KEY)');
  await engines.mariadb('INSERT INTO only VALUES (1)');
  env = { ...env, SAME: engines.urls.mariadb.replace('127.0.0.1', 'localhost') };
  expect(await load('same', 'MARIADB', 'SAME', 'only', '--on-existing', 'truncate')).toMatchObject({
    status: 1,
    err: expect.stringContaining('the source and the target are the same database'),
  });
  expect(await engines.mariadb('SELECT id FROM only')).toEqual([{ id: '1' }]);
}, 60_000);
