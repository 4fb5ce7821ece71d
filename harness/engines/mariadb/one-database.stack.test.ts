import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { databaseUrl, type MariadbDatabase, openDatabase } from './client.ts';
import { compare } from './compare.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { demandedColumns, dropSpanning, emptyDatabase } from './own-tables.ts';
import { passOverOf } from './pass-over.ts';
import { hexLiteral, MARIADB_SCHEMA } from './quote.ts';
import { describeTable } from './reconcile/describe.ts';
import { serverOf } from './server.ts';
import { readShapes } from './shapes.ts';
import { readSinkState } from './sink-state.ts';
import { touchRow } from './touch-row.ts';
import { keepVersions } from './versions.ts';

const port = serverOf(mariadbFlavour);
const passOver = passOverOf(mariadbFlavour);
const NAME = 'asked';
const T = `${MARIADB_SCHEMA}.t`;

let mariadb: Awaited<ReturnType<typeof startTestMariadb>>;
let root: MariadbDatabase;
let asked: MariadbDatabase;
beforeAll(async () => {
  mariadb = await startTestMariadb();
  root = openDatabase(databaseUrl(mariadb.server, ''));
  asked = (await port.create(mariadb.server, NAME)) as MariadbDatabase;
  await asked.query('CREATE TABLE t (a int PRIMARY KEY, b text, CHECK (a > 0))');
  await asked.query('CREATE TABLE child (a int PRIMARY KEY, t int REFERENCES t (a), UNIQUE (t))');
  await asked.query('CREATE VIEW v AS SELECT a FROM t');
  await asked.query('INSERT INTO t VALUES (1, NULL)');
});
afterAll(async () => {
  await asked?.close();
  await root?.close();
  await mariadb?.[Symbol.asyncDispose]();
});

/** What is asked of `information_schema` while `work` is done, made an EXPLAIN of the same. */
async function explained(work: () => Promise<unknown>): Promise<string[]> {
  await root.query("SET GLOBAL log_output = 'TABLE'");
  await root.query('TRUNCATE mysql.general_log');
  await root.query('SET GLOBAL general_log = 1');
  await work();
  await root.query('SET GLOBAL general_log = 0');
  const { rows } = await root.run("SELECT argument FROM mysql.general_log WHERE command_type = 'Query'");
  return rows.flatMap(([sql = '']) => {
    const [, hex = '', params] = /^EXECUTE IMMEDIATE _utf8mb4 x'([0-9a-f]+)' (USING .*)$/s.exec(sql ?? '') ?? [];
    const plain = params === undefined ? (sql ?? '').trim() : Buffer.from(hex, 'hex').toString().trim();
    if (!/^SELECT\b[\s\S]*information_schema/i.test(plain)) return [];
    return [
      params === undefined ? `EXPLAIN ${plain}` : `EXECUTE IMMEDIATE ${hexLiteral(`EXPLAIN ${plain}`)} ${params}`,
    ];
  });
}

async function tableOf(name: string): Promise<Table> {
  return (await compare.readCatalog(asked)).find((table) => table.name === name) as Table;
}

/** The statements for which the server looks into every database. */
async function wide(explains: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const sql of new Set(explains)) {
    const { columns, rows } = await asked.run(sql);
    const extra = columns.indexOf('Extra');
    if (rows.some((row) => row[extra]?.includes('Scanned all databases'))) found.push(sql);
  }
  return found;
}

// A session that has another database's trigger or view read to it is in that database meanwhile, as far as the list of
// processes tells, and would be ended by whoever drops it.
test.each<readonly [what: string, work: () => Promise<unknown>]>([
  ['the catalog', () => compare.readCatalog(asked)],
  ['the shapes of tables', () => readShapes(asked, mariadbFlavour)],
  ['the state of a sink', () => readSinkState(asked, mariadbFlavour)],
  ['what a table demands', () => demandedColumns(asked, T)],
  ['what a reconciliation compares', () => describeTable((sql) => asked.run(sql), 't')],
  ['what a row passes over', () => passOver.prepare(asked, [{ table: T, column: 'a' }])],
  ['versions', async () => keepVersions(asked, [await tableOf('child')])],
  ['a row that is written again', async () => touchRow(asked, await tableOf('t'), '["1"]')],
  ['a copy', async () => (await port.create(mariadb.server, 'copied', NAME)).close()],
  ['what is dropped', () => port.drop(mariadb.server, 'copied')],
  ['what spans rows', () => dropSpanning(asked)],
  ['a database to be emptied', () => emptyDatabase(asked)],
])('%s: no other database is looked into', async (_, work) => {
  const explains = await explained(work);
  expect(explains).not.toEqual([]);
  expect(await wide(explains)).toEqual([]);
});
