import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReadPlan } from '#engines/port/compare.ts';
import { digestOf } from '#engines/row-digest.ts';
import type { Kind } from '#model/kind.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { plansFor } from '#verify/observe/plan.ts';
import { readCatalog } from './catalog.ts';
import { databaseUrl, type MariadbDatabase, openDatabase } from './client.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { hold } from './held.ts';
import { kindOf } from './kinds.ts';
import { ordersAlike } from './ranges.ts';
import { openReadView } from './read.ts';
import { planHashSql } from './row-text.ts';
import { serverOf } from './server.ts';

const port = serverOf(mariadbFlavour);

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

/** Values in their order, and one of each type is a key. */
const SORTED: readonly (readonly [type: string, ...values: string[]])[] = [
  ['bigint unsigned', '0', '9223372036854775808', '18446744073709551615'],
  ['int(6) zerofill', '7', '70', '7000000'],
  ['boolean', '-1', 'false', 'true', '2'],
  ['decimal(12,2)', '-10.5', '-2', '0', '9.99', '10'],
  ['date', "'0000-00-00'", "'2024-00-10'", "'2024-02-29'", "'9999-12-31'"],
  ['year', '0', '1901', '2155'],
  ['timestamp(3)', "'2024-01-02 03:04:05.005'", "'2024-01-02 03:04:05.01'"],
  ['datetime(6)', "'0000-00-00 00:00:00'", "'2024-01-02 03:04:05'", "'2024-01-02 03:04:05.000001'"],
  ['time(6)', "'-838:59:59'", "'-00:00:00.5'", "'00:00:00'", "'09:00:00'", "'100:00:01.5'"],
  ['varbinary(8)', "x''", "x'00'", "x'0000'", "x'01'", "x'ff'"],
  ['binary(3)', "x'00'", "x'0001'", "x'01'"],
];

test.each(SORTED)('a table is parted by its key of type %s', async (type, ...values) => {
  await database.query(`CREATE OR REPLACE TABLE parted (k ${type} PRIMARY KEY, note varchar(9))`);
  for (const value of [...values].reverse()) await database.query(`INSERT INTO parted VALUES (${value}, 'a')`);
  await database.query('CREATE OR REPLACE TABLE unindexed AS SELECT * FROM parted');
  const plan = await planOf('parted');
  expect(plan.key.map(ordersAlike)).toEqual([true]);
  await using view = await openReadView(database);
  const { keys, ended } = await view.everyNthKey(plan, undefined, 1, 100);
  expect([keys.length, ended]).toEqual([values.length, true]);
  const bounds = [undefined, ...keys, undefined];
  const [unindexed] = await readCatalog(database, { tables: ['db.unindexed'] });
  for (const one of [plan, { ...plan, table: unindexed ?? plan.table }]) {
    const pieces = await Promise.all(bounds.slice(1).map((upTo, n) => view.range(one, bounds[n], upTo)));
    expect(pieces.map((rows) => rows.map(({ key }) => key))).toEqual([...keys.map((key) => [key]), []]);
    expect(planHashSql(one)).toBeDefined();
    const digests = await view.digests(one, bounds, true);
    expect(digests).toEqual(await view.digests(plan, bounds, true));
    expect(new Set(digests).size).toBe(digests.length);
  }
});

/** As which a text is compared with a `char(n)` of another engine. */
const PADDED: Kind = { kind: 'text', padded: true };

test("a text's digest is that of its row, whatever characters it has", async () => {
  await database.query('CREATE OR REPLACE TABLE texts (id int PRIMARY KEY, words text)');
  const insert = (id: number, words: string) => database.query('INSERT INTO texts VALUES (?, ?)', [id, words]);
  for (let first = 32; first < 0x30000; first += 0x400) {
    const codes = Array.from({ length: 0x400 }, (_, n) => first + n).filter((code) => code < 0xd800 || code > 0xdfff);
    await insert(first, String.fromCodePoint(...codes));
  }
  await insert(1, '\\ " / \t \n \r \\n \\\\');
  await insert(2, '');
  await insert(3, ' a  ');
  const plan = await planOf('texts');
  const across: ReadPlan = { ...plan, columns: plan.columns.map((pair) => ({ ...pair, as: kindOf(pair.source) })) };
  await using view = await openReadView(database);
  const rows = await view.range(across, undefined, undefined);
  const bounds = [undefined, ...rows.map(({ key }) => key)];
  expect(await view.digests(across, bounds, false)).toEqual(rows.map((row) => digestOf([row])));
  const padded: ReadPlan = { ...plan, columns: plan.columns.slice(1).map((pair) => ({ ...pair, as: PADDED })) };
  const [blank] = await view.range(padded, '["2"]', '["3"]');
  expect([blank?.row, await view.digests(padded, ['["2"]', '["3"]'], false)]).toEqual([
    '[" a"]',
    [digestOf([{ row: '[" a"]' }])],
  ]);
});

test('a row that the server cannot hash is looked at', async () => {
  const [{ most = '0' } = {}] = await database.query<{ most: string }>('SELECT @@max_allowed_packet AS most');
  const half = Math.floor(Number(most) / 2) + 1;
  await database.query('CREATE OR REPLACE TABLE long_rows (id int PRIMARY KEY, a longtext, b longtext)');
  await database.query(`INSERT INTO long_rows VALUES (1, REPEAT('a', ${half}), REPEAT('b', ${half})), (2, 'a', 'b')`);
  const plan = await planOf('long_rows');
  await using view = await openReadView(database);
  const at = async (side: 'source' | 'sink') => view.digests({ ...plan, side }, [undefined, '["1"]', undefined], true);
  const [ours, theirs] = [await at('source'), await at('sink')];
  expect([ours[0] === theirs[0], ours[1] === theirs[1]]).toEqual([false, true]);
});
