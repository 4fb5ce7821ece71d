import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReadPlan } from '#engines/port/compare.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { plansFor } from '#verify/observe/plan.ts';
import { readCatalog } from './catalog.ts';
import { databaseUrl, type MariadbDatabase, openDatabase } from './client.ts';
import { hold } from './held.ts';
import { openReadView } from './read.ts';
import { server as port } from './server.ts';

let mariadb: Awaited<ReturnType<typeof startTestMariadb>>;
let database: MariadbDatabase;
beforeAll(async () => {
  mariadb = await startTestMariadb();
  await port.create(mariadb.server, 'views').then((made) => made.close());
  database = openDatabase(databaseUrl(mariadb.server, 'views'));
});
afterAll(async () => {
  await database?.close();
  await mariadb?.[Symbol.asyncDispose]();
});

async function planOf(name: string): Promise<ReadPlan> {
  const [table] = await readCatalog(database, { tables: [`db.${name}`] });
  const plan = table === undefined ? undefined : plansFor(table, table)?.source;
  if (plan === undefined) throw new Error(`no plan of ${name}`);
  return plan;
}

/** Of more bytes than any socket keeps, and more than are sorted in memory. */
const ROWS = 60_000;
const WIDE = `SELECT seq AS id, RPAD(seq, 600, 'x') AS words FROM seq_1_to_${ROWS}`;

test('the server waits for whoever takes the rows', async () => {
  const held = await hold(database);
  const { rows: ids } = await held.run('SELECT connection_id()');
  const id = ids[0]?.[0];
  let taken = 0;
  const commands: unknown[] = [];
  await held.each(WIDE, async (rows) => {
    if (taken === 0)
      commands.push(...(await database.query('SELECT command FROM information_schema.processlist WHERE id = ?', [id])));
    taken += rows.length;
  });
  expect([commands, taken]).toEqual([[{ command: 'Query' }], ROWS]);
  held.release(false);
});

test('a connection whose rows nobody wants any more can be asked again', async () => {
  const held = await hold(database);
  const enough = held.each(WIDE, () => {
    throw new Error('enough');
  });
  await expect(enough).rejects.toThrow('enough');
  await expect(held.each('SELECT nothing', () => {})).rejects.toThrow("Unknown column 'nothing'");
  expect((await held.run('SELECT 1')).rows).toEqual([['1']]);
  held.release(false);
});

test("a table larger than what is sorted in memory comes ordered by its keys' texts", async () => {
  await database.query(`CREATE OR REPLACE TABLE wide (PRIMARY KEY (id)) ${WIDE}`);
  await using view = await openReadView(database);
  const keys: string[] = [];
  for await (const rows of view.stream(await planOf('wide'))) {
    // The view answers all the while.
    if (keys.length === 0) expect(await view.byKeys(await planOf('wide'), ['["7"]'])).toHaveLength(1);
    keys.push(...rows.map(({ key }) => key));
  }
  const expected = Array.from({ length: ROWS }, (_, n) => `["${n + 1}"]`);
  expect(keys).toEqual(expected.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
});
