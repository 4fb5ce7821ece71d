import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '#model/pipeline.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { createDatabase } from './admin.ts';
import { runSqlFiles } from './sql-file.ts';

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await createDatabase(postgres.server, 'files');
});
afterAll(async () => {
  await database.close();
  await postgres[Symbol.asyncDispose]();
});

const { signal } = new AbortController();
const run = (sql: string, limitMs = 60_000): Promise<void> =>
  runSqlFiles(database, [{ file: 's.sql', sql }], { signal, limitMs });
const rows = (count: number): string =>
  Array.from({ length: count }, (_, n) => `INSERT INTO many VALUES (${n + 1});`).join('\n');

test.each([
  ['a statement that fails as it runs', 'CREATE TABLE x (a int PRIMARY KEY);\n\nINSERT INTO x VALUES\n(1), (1);', 3],
  ['a name that is not there', 'SELECT 1;\n-- a comment\nSELECT a\nFROM nowhere;', 4],
  ['one row of many', `CREATE TABLE many (n int CHECK (n <> 700));\n${rows(1000)}`, 701],
  ['one row of many in a transaction', `BEGIN;CREATE TABLE many (n int CHECK (n <> 9));\n${rows(20)}\nCOMMIT;`, 10],
])('%s is refused with its own line', async (_, sql, line) => {
  const words = expect.stringContaining(`s.sql:${line}: PostgreSQL refuses this SQL`);
  await expect(run(sql)).rejects.toMatchObject({ code: 'sql-refused', exit: 2, message: words });
  await database.query('DROP TABLE IF EXISTS x, many');
});

test('a dump that names its owner says how to dump without', async () => {
  const hint = expect.stringContaining('pg_dump --no-owner');
  const sql = 'CREATE TABLE owned (a int);\nALTER TABLE owned OWNER TO shop_app;';
  await expect(run(sql)).rejects.toMatchObject({ message: expect.stringContaining('s.sql:2'), hint });
});

test('all rows of a long file arrive, in their order, with the settings of its session', async () => {
  await run(`SET search_path = elsewhere;\nCREATE SCHEMA elsewhere;\nCREATE TABLE many (n int);\n${rows(1200)}`);
  const [row] = await database.query<{ n: string }>('SELECT count(*) AS n FROM elsewhere.many');
  expect(row?.n).toBe('1200');
});

test('what takes too long is cancelled at the server, with its line, and told before', async () => {
  const told: string[] = [];
  const watch = {
    signal,
    limitMs: 1500,
    onWait: ({ what, saw }: { what: string; saw: string }) => told.push(`${what}: ${saw}`),
  };
  const sleeping = runSqlFiles(database, [{ file: 's.sql', sql: 'SELECT 1;\nSELECT pg_sleep(600);' }], watch);
  await expect(sleeping).rejects.toMatchObject({ code: 'sql-too-long', message: expect.stringContaining('s.sql:2: ') });
  expect(told).toContain('s.sql to be run: statement 2 of 2, s.sql:2');
  const left = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'driftlab schema'";
  await expect.poll(() => database.query(left)).toEqual([]);
});
