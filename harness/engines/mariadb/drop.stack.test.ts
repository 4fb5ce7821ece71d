import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#std/wait.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { databaseUrl, type MariadbDatabase, openDatabase } from './client.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { serverOf } from './server.ts';

const port = serverOf(mariadbFlavour);

let mariadb: Awaited<ReturnType<typeof startTestMariadb>>;
let database: MariadbDatabase;
beforeAll(async () => {
  mariadb = await startTestMariadb();
  database = openDatabase(databaseUrl(mariadb.server, ''));
});
afterAll(async () => {
  await database?.close();
  await mariadb?.[Symbol.asyncDispose]();
});

test('a database whose folder is not empty at once is dropped as soon as it is', async () => {
  const made = await port.create(mariadb.server, 'cluttered');
  await made.query('CREATE TABLE t (id int)');
  const [row] = await made.query<{ folder: string }>('SELECT @@datadir AS folder');
  await made.close();
  const file = join(row?.folder ?? '', 'cluttered', 'left.tmp');
  writeFileSync(file, '');
  const dropping = port.drop(mariadb.server, 'cluttered');
  const gone = async (): Promise<boolean> =>
    (await database.query("SELECT 1 FROM information_schema.tables WHERE table_schema = 'cluttered'")).length === 0;
  await until(gone, { what: 'the tables to go', limitMs: 10_000 });
  rmSync(file);
  await dropping;
  expect(await database.query("SHOW DATABASES LIKE 'cluttered'")).toEqual([]);
});

test('old copies of triggers, which the server has left in the folder, go with the database', async () => {
  const made = await port.create(mariadb.server, 'triggered');
  await made.query('CREATE TABLE `t/1` (id int)');
  await made.query('CREATE TABLE other (id int)');
  for (const [name, table] of Object.entries({ one: '`t/1`', two: 'other' }))
    await made.query(`CREATE TRIGGER ${name} AFTER INSERT ON ${table} FOR EACH ROW SET @one = 1`);
  const [row] = await made.query<{ folder: string }>('SELECT @@datadir AS folder');
  const folder = join(row?.folder ?? '', 'triggered');
  await made.close();
  for (const file of ['t@002f1.TRG', 'other.TRG']) copyFileSync(join(folder, file), join(folder, `${file}-`));
  await port.drop(mariadb.server, 'triggered');
  expect(await database.query("SHOW DATABASES LIKE 'triggered'")).toEqual([]);
});

test('a database is dropped with the transactions that are open on it, and twice', async () => {
  const held = await port.create(mariadb.server, 'held');
  await held.query('CREATE TABLE t (a int)');
  const other = port.openNamed(mariadb.server, 'held') as MariadbDatabase;
  const open = other.session(async (run) => {
    await run('BEGIN');
    await run('INSERT INTO t VALUES (1)');
    const asked = run('SELECT SLEEP(60)');
    await Promise.all([asked, port.drop(mariadb.server, 'held')]);
  });
  // Whose connection was cut off is told with the error: a run that ends by it says no more.
  await expect(open).rejects.toThrow(/^MariaDB \(127\.0\.0\.1:\d+, database held\) did not answer: Connection lost/);
  await port.drop(mariadb.server, 'held');
  await expect(held.query('SELECT 1')).rejects.toThrow("Unknown database 'held'");
  await Promise.all([held, other].map((one) => one.close()));
});
