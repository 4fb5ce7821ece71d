// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { BulkPort } from '#engines/port/bulk.ts';
import { postgres } from '#engines/postgres/engine.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import { type PipelineBench, startPipelineBench } from '#testing/pipelines.ts';
import { requestFor } from '#testing/two-databases.ts';

const { bulk } = postgres as { readonly bulk: BulkPort };
let bench: PipelineBench;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-load-'));
  bench = await startPipelineBench(folder);
});
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  for (const database of [bench.source, bench.target])
    await database.query('DROP SCHEMA IF EXISTS sales, _cdc CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await bench.state.query('DROP TABLE IF EXISTS pipelines_version, pipelines, pipeline_definitions, pipeline_loads');
});

const create = (tables: string, ...more: readonly string[]) =>
  bench.pipeline(
    ...['create', 'shop', '--source', bench.sourceAddress, '--target', bench.targetAddress, '--tables', tables],
    ...['--mode', 'full_load_only', ...more],
  );

/** Each table compared row by row, by the tool that people use for it. */
async function compare(...tables: readonly string[]) {
  const request = requestFor(
    bench.source.url,
    bench.target.url,
    tables.map((source) => ({ source })),
  );
  const report = await reconcile(request, { signal: new AbortController().signal });
  return report.tables.map(({ table, status, source_rows }) => `${table} ${status} ${source_rows}`);
}

const ENTRIES = `CREATE TABLE entries (id bigint PRIMARY KEY, note text, amount numeric(12,2), at timestamptz, data jsonb);
  INSERT INTO entries SELECT i, 'n' || i || E'\\t\\\\' , i / 7.0, now() - i * interval '1 s', json_build_object('i', i)
  FROM generate_series(1, 45000) AS i`;

test('tables of every shape are made and loaded, in pieces by key, and equal the source', async () => {
  await bench.source.query(`${ENTRIES};
    CREATE SCHEMA sales; CREATE TYPE sales.mood AS ENUM ('fair', 'foul');
    CREATE TABLE sales.lines (place char(3), n int, mood sales.mood, tags text[], twice int GENERATED ALWAYS AS (n * 2) STORED,
      cost money, PRIMARY KEY (place, n));
    INSERT INTO sales.lines (place, n, mood, tags, cost) SELECT 'a' || i % 3, i, 'fair', ARRAY['x', NULL, 'a,"b'], i * 1.5::money FROM generate_series(1, 25000) AS i;
    CREATE TABLE keyless (a int, b bytea); INSERT INTO keyless SELECT i % 10, decode('00ff', 'hex') FROM generate_series(1, 30000) AS i;
    CREATE TABLE parted (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), day date) ;
    INSERT INTO parted (day) SELECT '2024-01-01' FROM generate_series(1, 12000);
    CREATE TABLE split (id int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
    CREATE TABLE split_1 PARTITION OF split FOR VALUES FROM (0) TO (500); CREATE TABLE split_2 PARTITION OF split DEFAULT;
    INSERT INTO split SELECT generate_series(1, 1000); CREATE TABLE void (id int PRIMARY KEY)`);
  await create('entries,sales.lines,keyless,parted,split,void');
  const { status, out, err } = await bench.pipeline('start', 'shop');
  expect({ status, err }).toEqual({ status: 0, err: '' });
  expect(await compare('entries', 'sales.lines', 'keyless', 'parted', 'split', 'void')).toEqual([
    ...['entries MATCH 45000', 'sales.lines MATCH 25000', 'keyless MATCH 30000', 'parted MATCH 12000'],
    ...['split MATCH 1000', 'void MATCH 0'],
  ]);
  const row = await bench.row('shop');
  expect(row).toMatchObject({
    status: 'COMPLETED',
    full_load_status: 'COMPLETED',
    cdc_status: 'NOT_STARTED',
    full_load_rows: '113000',
  });
  expect(row.full_load_completed_at).toMatch(/^\d{4}-/);
  const lines = out.trim().split('\n');
  expect(lines.slice(0, -1).filter((line) => !/^Step [01]: /.test(line))).toEqual([]);
  expect(out).toContain('Step 0: public.entries: created, 5 columns');
  expect(out).toContain('Step 1: public.entries: 45000 rows, 100 %');
  expect(out).toContain(`Step 1: full load completed: 6 tables, 113000 rows, LSN ${row.full_load_lsn}`);
  expect(
    await bench.target.query('SELECT table_name FROM information_schema.columns WHERE column_name LIKE $1', ['_cdc%']),
  ).toEqual([]);
  const again = await bench.pipeline('start', 'shop');
  expect(again).toMatchObject({ status: 0, out: expect.stringContaining('Step 1: done before') });
  expect(JSON.parse((await bench.pipeline('show', 'shop', '--json')).out).loads).toContainEqual({
    ...{ table: 'public.keyless', loaded: true, percent: 100, rows: 30000, rows_expected: 30000 },
  });
});

test('a load under writes has one moment of all tables', async () => {
  await bench.source.query(`CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, n int);
    INSERT INTO a SELECT i, 0 FROM generate_series(1, 30000) AS i; INSERT INTO b SELECT * FROM a`);
  await create('a,b');
  let writing = true;
  const writer = (async () => {
    // Both tables change together, so that any one moment has the same sum of both.
    for (let n = 1; writing; n++)
      await bench.source.query(
        `WITH x AS (UPDATE a SET n = n + 1 WHERE id % 97 = ${n % 97}) UPDATE b SET n = n + 1 WHERE id % 97 = ${n % 97}`,
      );
  })();
  const { status } = await bench.pipeline('start', 'shop');
  writing = false;
  await writer;
  expect(status).toBe(0);
  const sums = await bench.target.query(
    'SELECT (SELECT sum(n) FROM a) AS a, (SELECT sum(n) FROM b) AS b, (SELECT count(*) FROM a) AS rows',
  );
  expect(sums).toEqual([{ a: sums[0]?.b, b: sums[0]?.b, rows: '30000' }]);
  expect(Number(sums[0]?.b)).toBeGreaterThan(0);
});

test('rows of somebody else: refused before anything is written, removed, or written beside, as the user chooses', async () => {
  await bench.source.query(
    'CREATE TABLE first (id int PRIMARY KEY); INSERT INTO first VALUES (1); CREATE TABLE a (id int PRIMARY KEY, n text); INSERT INTO a VALUES (1, $$new$$), (2, $$new$$)',
  );
  const theirs =
    'CREATE TABLE IF NOT EXISTS a (id int PRIMARY KEY, n text); TRUNCATE a; INSERT INTO a VALUES (2, $$old$$), (9, $$old$$)';
  await bench.target.query(theirs);
  await create('first,a');
  const refused = await bench.pipeline('start', 'shop');
  expect(refused).toMatchObject({ status: 1, err: expect.stringContaining('found:    public.a: 2 rows') });
  expect(await bench.row('shop')).toMatchObject({
    ...{ status: 'ERROR', full_load_status: 'FAILED' },
    last_error: expect.stringMatching(
      /^Step 1: the target holds rows that this pipeline has not written; .*public\.a: 2 rows; do: --on-existing/,
    ),
  });
  const rows = () => bench.target.query('SELECT id::int AS id, n FROM a ORDER BY 1');
  expect(await bench.target.query('SELECT * FROM first')).toEqual([]);
  expect(await rows()).toEqual([
    { id: '2', n: 'old' },
    { id: '9', n: 'old' },
  ]);

  expect(await bench.pipeline('start', 'shop', '--on-existing', 'append')).toMatchObject({ status: 0 });
  expect(await rows()).toEqual([
    { id: '1', n: 'new' },
    { id: '2', n: 'new' },
    { id: '9', n: 'old' },
  ]);
  expect(await bench.row('shop')).toMatchObject({ status: 'COMPLETED', last_error: null, full_load_rows: '3' });

  await bench.pipeline('delete', 'shop');
  await bench.target.query(theirs);
  await create('a', '--on-existing', 'truncate');
  expect(await bench.pipeline('start', 'shop')).toMatchObject({
    status: 0,
    out: expect.stringContaining('Step 1: public.a: rows that were there are removed'),
  });
  expect(await rows()).toEqual([
    { id: '1', n: 'new' },
    { id: '2', n: 'new' },
  ]);
  expect(await bench.pipeline('start', 'shop', '--on-existing', 'drop')).toMatchObject({ status: 2 });
});

test('what cannot be is one clear error, stored, and says which step, table and column', async () => {
  await bench.source.query(
    'CREATE TABLE a (id int PRIMARY KEY, n text); CREATE ROLE reader LOGIN PASSWORD $$geheim-1$$',
  );
  const start = async (tables: string, source = bench.sourceAddress, env: NodeJS.ProcessEnv = {}) => {
    Object.assign(bench.env, env);
    await bench.pipeline(
      'create',
      'shop',
      '--source',
      source,
      '--target',
      bench.targetAddress,
      '--tables',
      tables,
      '--mode',
      'full_load_only',
    );
    const ran = await bench.pipeline('start', 'shop');
    const row = await bench.row('shop');
    await bench.pipeline('delete', 'shop');
    expect(row).toMatchObject({ status: 'ERROR', last_error_at: expect.any(String) });
    return `${ran.status} ${row.last_error}`;
  };
  expect(await start('a,aa')).toMatch(/^1 Step 0: the source has no table public\.aa; .*did you mean public\.a\?/);
  const reader = bench.sourceAddress.replace(/\/\/.*@/, '//reader:${env:READER}@');
  expect(await start('a', reader, { READER: 'geheim-1' })).toMatch(
    /^1 Step 0: the source's table public\.a cannot be read; .*permission denied.*GRANT SELECT ON "public"\."a"/,
  );
  const wrong = await start('a', reader, { READER: 'geheim-2' });
  expect(wrong).toMatch(/^1 Step 0: the source: cannot connect to PostgreSQL at reader@127\.0\.0\.1/);
  expect(wrong).not.toContain('geheim');
  expect(await start('a', reader.replace('READER', 'NOBODY'))).toMatch(
    /^1 .*\$\{env:NOBODY\}, which stands for nothing here/,
  );
  await bench.target.query('CREATE TABLE a (id int PRIMARY KEY)');
  expect(await start('a')).toMatch(
    /^1 Step 0: the target's table public\.a cannot take the rows of public\.a; .*public\.a has no column n/,
  );
  await bench.target.query('DROP TABLE a; CREATE TABLE a (id int, n text)');
  expect(await start('a')).toMatch(/the key of public\.a is missing/);
  await bench.target.query('DROP TABLE a; CREATE TABLE a (id int PRIMARY KEY, n text CHECK (n <> $$x$$)); ');
  await bench.source.query('INSERT INTO a VALUES (1, $$x$$)');
  expect(await start('a')).toMatch(
    /^1 Step 1: public\.a cannot be loaded: new row for relation "a" violates check constraint "a_n_check"; do: /,
  );
  await bench.source.query(
    'DROP ROLE reader; CREATE TABLE bare (); CREATE TABLE "x.y" (id int); CREATE SCHEMA "d.t"; CREATE TABLE "d.t".z (id int)',
  );
  expect(await start('bare')).toMatch(/^1 Step 0: the source's table public\.bare has no columns; /);
  expect(await start('x.y')).toMatch(/^1 Step 0: the source has no table x\.y; .*did you mean public\.x\.y\?/);
  expect(await start('d.t.z')).toMatch(/^1 Step 0: the schema of d\.t\.z has a dot in its name; /);
  await bench.source.query('DROP SCHEMA "d.t" CASCADE');
});

test('sessions that the source ends: the one that reads fails where its rows are taken, the one that holds the moment is named', async () => {
  const application = 'driftlab test of sessions';
  const [moment, writer] = [
    await bulk.openMoment(bench.source.url, { application }),
    await bulk.openWriter(bench.target.url, { application: 'driftlab test' }),
  ];
  const reader = await moment.openReader();
  await bench.target.query('CREATE TABLE a (id int)');
  await bulk.endSessions(bench.source.url, application);
  const rows = await reader.read({ schema: 'pg_catalog', name: 'pg_class', columns: [], key: [] }, ['oid'], {});
  await expect(writer.write('public.a', ['id'], rows, new AbortController().signal)).rejects.toThrow(/connection/i);
  await expect(moment.openReader()).rejects.toMatchObject({ code: 'moment-gone' });
  for (const open of [writer, reader, moment]) await open[Symbol.asyncDispose]();
});

test('a target that is the source by another address is refused, whatever is to happen to its rows', async () => {
  await bench.source.query('CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)');
  await create('a', '--on-existing', 'truncate', '--target', bench.sourceAddress.replace('127.0.0.1', 'localhost'));
  expect(await bench.pipeline('start', 'shop')).toMatchObject({ status: 1, err: expect.stringContaining('by both') });
  expect((await bench.row('shop')).last_error).toMatch(/^Step 0: the source and the target are the same database; /);
  expect(await bench.source.query('SELECT id FROM a')).toEqual([{ id: '1' }]);
});
