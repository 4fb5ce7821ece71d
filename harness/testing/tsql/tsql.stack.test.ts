import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ROOT } from '#setup/layout.mjs';
import { sqlfluffPackages, tsqlComplaints } from '#testing/python.ts';

let packages: string;
beforeAll(async () => {
  packages = await sqlfluffPackages();
}, 300_000);

/** Batches of a file of SQL. */
function batchesOf(text: string): string[] {
  return text
    .split(/^GO$/m)
    .map((batch) => batch.trim())
    .filter((batch) => batch !== '');
}

/** What is wrong, by the batch. */
async function wrong(batches: readonly string[]): Promise<string[]> {
  const complaints = await tsqlComplaints(packages, batches);
  return batches.flatMap((batch, index) => complaints[index]?.map((complaint) => `${complaint}\n${batch}`) ?? []);
}

/** Statements that are parsed in one go: all of them take the parser longer than a test may. */
const AT_ONCE = 40;
const recorded = globSync('harness/**/fixtures/statements.sql', { cwd: ROOT }).flatMap((file) =>
  batchesOf(readFileSync(join(ROOT, file), 'utf8')),
);
const starts = Array.from({ length: Math.ceil(recorded.length / AT_ONCE) }, (_, index) => index * AT_ONCE);

test('statements have been recorded', () => expect(recorded.length).toBeGreaterThan(50));

test.each(starts)('a parser of T-SQL takes the statements from number %i on', async (start) => {
  expect(await wrong(recorded.slice(start, start + AT_ONCE))).toEqual([]);
});

test('it takes every statement of the page on SQL Server', async () => {
  const page = readFileSync(join(ROOT, 'docs', 'sqlserver.md'), 'utf8');
  const blocks = [...page.matchAll(/^```sql\n(.*?)^```$/gms)].flatMap(([, block = '']) => batchesOf(block));
  expect(blocks.length).toBeGreaterThan(5);
  expect(await wrong(blocks)).toEqual([]);
});

/** What other engines take, and what none does. */
const WRONG = [
  'SELECT * FROM t LIMIT 5',
  'SELECT `a` FROM t',
  'SELECT a FROM WHERE b = 1',
  'SELECT (1 + 2',
  'SELECT DISTINCT ON (a) a FROM t',
  'SELECT 1 FROM t FOR UPDATE',
  "SELECT 'a' || 'b'",
  'SELECT now() - INTERVAL 3 HOUR',
  'SELECT TOP FROM t',
  'SELECT 1 UNIN SELECT 2',
  'SELEC 1',
  'INSERT INTO t (a) VALUES 1, 2',
  'INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING',
  'INSERT INTO t (a) VALUES (1) RETURNING a',
  'UPDATE t SET WHERE a = 1',
  'UPDATE t SET a = 1 LIMIT 1',
  'UPDATE t FROM s SET a = 1',
  'DELETE FROM t WHERE',
  'MERGE t',
  'CREATE TABLE IF NOT EXISTS t (a int)',
  'CREATE INDEX ON t (a)',
  'ALTER TABLE t ADD COLUMN a int',
  'BEGIN TRANSACTION ISOLATION LEVEL SNAPSHOT',
  'EXEC sys.sp_cdc_enable_table @source_schema = , @source_name = 1',
  "IF OBJECT_ID(N't') IS NULL THEN CREATE TABLE t (a int)",
  'UPDATE [t] SET [a] = 1 DELETE FROM [t]',
];

test('a statement that is wrong is not taken', async () => {
  const complaints = await tsqlComplaints(packages, WRONG);
  expect(WRONG.filter((_, index) => complaints[index]?.length === 0)).toEqual([]);
});
