import ZongJi from '@vlasky/zongji';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import type { CommittedTransaction } from '#model/change-feed.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { plansFor } from '#verify/observe/plan.ts';
import { binlog } from './binlog.ts';
import { readCatalog } from './catalog.ts';
import { openChangeFeed } from './change-feed.ts';
import { type MariadbDatabase, target } from './client.ts';
import { isWritten } from './client-programs.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { openReadView } from './read.ts';
import { serverOf } from './server.ts';
import { openWriterSession } from './session.ts';
import { sourceOf } from './source.ts';
import { touchRow } from './touch-row.ts';
import { keepVersions, versionsOf } from './versions.ts';

const port = serverOf(mariadbFlavour);

const source = sourceOf(mariadbFlavour);

let mariadb: Awaited<ReturnType<typeof startTestMariadb>>;
let database: MariadbDatabase;
beforeAll(async () => {
  mariadb = await startTestMariadb();
  database = (await port.create(mariadb.server, 'shop')) as MariadbDatabase;
});
afterAll(async () => {
  await database?.close();
  await mariadb?.[Symbol.asyncDispose]();
});

const tables = (): Promise<Table[]> => readCatalog(database);

async function keysOf(name: string): Promise<string[]> {
  const table = (await tables()).find((one) => one.name === name) as Table;
  const plans = plansFor(table, table);
  if (plans === undefined) throw new Error(`${name} cannot be compared`);
  await using view = await openReadView(database);
  return (await Array.fromAsync(view.stream(plans.source))).flat().map(({ key }) => key);
}

const written = (transactions: readonly CommittedTransaction[]): string[] =>
  transactions.flatMap(({ writes }) => writes.map(({ table, key, kind }) => `${kind} ${table} ${key}`));

test('the feed has what was committed since it was opened, with its GTIDs, and in order', async () => {
  await database.query('CREATE TABLE orders (id int, line int, note text, PRIMARY KEY (id, line))');
  await database.query('CREATE TABLE beat (id int PRIMARY KEY)');
  await database.query("INSERT INTO orders VALUES (1, 1, 'before')");
  await using feed = await openChangeFeed(
    database,
    async () => (await tables()).filter(({ name }) => name !== 'audit'),
    new Set(['db.beat']),
  );
  await database.query('CREATE TABLE audit (id int PRIMARY KEY)');
  expect(await feed.read()).toEqual([]);
  const session = openWriterSession(database);
  await session.begin();
  for (const sql of [
    "INSERT INTO orders VALUES (2, 1, 'a'), (2, 2, 'b')",
    "UPDATE orders SET note = 'c' WHERE id = 1",
    'UPDATE orders SET line = 9 WHERE id = 2 AND line = 2',
    'DELETE FROM orders WHERE id = 2 AND line = 1',
    'INSERT INTO audit VALUES (1), (2)',
    'INSERT INTO beat VALUES (1)',
  ])
    await session.run({ sql, params: [] });
  expect(await feed.read()).toEqual([]);
  const { transaction } = await session.commit();
  await database.session(async (run) => {
    await run('BEGIN');
    await run("INSERT INTO orders VALUES (3, 1, 'never')");
    await run('ROLLBACK');
  });
  await database.query('DELETE FROM orders');
  const [first, second, ...more] = await feed.read();
  expect([first?.txn, first?.others, more]).toEqual([transaction, 2, []]);
  expect(written([first as CommittedTransaction])).toEqual([
    'insert db.orders ["2","1"]',
    'insert db.orders ["2","2"]',
    'update db.orders ["1","1"]',
    'delete db.orders ["2","2"]',
    'insert db.orders ["2","9"]',
    'delete db.orders ["2","1"]',
  ]);
  expect(written([second as CommittedTransaction]).sort()).toEqual([
    'delete db.orders ["1","1"]',
    'delete db.orders ["2","9"]',
  ]);
  expect(await feed.read()).toEqual([]);
});

test('what is logged in part has its keys, and what is another database’s is not looked at', async () => {
  await database.query('CREATE TABLE part (id int PRIMARY KEY, note text)');
  await database.query("INSERT INTO part VALUES (1, 'a')");
  await using feed = await openChangeFeed(database, tables);
  await database.session(async (run) => {
    await run('SET SESSION binlog_row_image = MINIMAL');
    await run("UPDATE part SET note = 'b'");
    await run('UPDATE part SET id = 2');
    await run('DELETE FROM part');
    await run('CREATE DATABASE elsewhere');
    await run('CREATE TABLE elsewhere.part (id int PRIMARY KEY)');
    await run('INSERT INTO elsewhere.part VALUES (9)');
    await run('DROP DATABASE elsewhere');
    await run('SET SESSION binlog_row_image = DEFAULT');
  });
  expect(written(await feed.read())).toEqual([
    'update db.part ["1"]',
    'delete db.part ["1"]',
    'insert db.part ["2"]',
    'delete db.part ["2"]',
  ]);
});

test('the log may be rotated while it is read', async () => {
  await database.query('CREATE TABLE turned (id int PRIMARY KEY)');
  await using feed = await openChangeFeed(database, tables);
  await database.query('INSERT INTO turned VALUES (1)');
  await binlog.rotate(database);
  await database.query('INSERT INTO turned VALUES (2)');
  expect(written(await feed.read())).toEqual(['insert db.turned ["1"]', 'insert db.turned ["2"]']);
});

test('a ledger that reads the log is no connector that does', async () => {
  await using _feed = await openChangeFeed(database, tables);
  expect(await source.isStreamed(database)).toBe(false);
  // As Debezium's reader logs in.
  const { host, port: at, user, password } = target(database.url);
  const reader = new ZongJi({ host, port: at, user, password });
  const ready = Promise.withResolvers<void>();
  reader.on('ready', ready.resolve);
  reader.on('error', ready.reject);
  reader.start({ serverId: 77, startAtEnd: true });
  await ready.promise;
  await expect.poll(() => source.isStreamed(database)).toBe(true);
  reader.stop();
});

const KEYS: Readonly<Record<string, readonly string[]>> = {
  'bigint unsigned': ['0', '18446744073709551615'],
  bigint: ['-9223372036854775808', '9007199254740993'],
  'decimal(30,4)': ['-0.0001', '12345678901234567890.5'],
  'varchar(40)': ["'ä 光'", "'it''s \\\\'", "''"],
  'char(5)': ["'a '", "'b'"],
  'varchar(20) CHARACTER SET latin1': ["'é'"],
  'varbinary(8)': ["x'00ff'", "''"],
  'binary(3)': ["x'0001'"],
  date: ["'2024-02-29'", "'0000-00-00'"],
  'datetime(6)': ["'2024-02-29 01:02:03.000450'", "'2024-01-01'"],
  datetime: ["'2024-02-29 01:02:03'"],
  'timestamp(3)': ["'2024-02-29 23:02:03.120'"],
  'time(2)': ["'-838:59:59.50'", "'12:00:00'"],
  year: ['1901', '2155'],
  "enum('new','it''s, b')": ["'new'", "'it''s, b'"],
  "set('a','b')": ["'a,b'", "''"],
  'bit(12)': ["b'101'", "b'111111111111'"],
  boolean: ['true', 'false'],
  uuid: ["'0193a1b2-c3d4-7e5f-8a6b-0c1d2e3f4a5b'", "'c232ab00-9414-11ec-b3c8-9f6bdeced846'"],
  double: ['0.1', '-1e300'],
};

test('a key of each type is the one that the table is read with', async () => {
  const names = Object.keys(KEYS).map((_, index) => `k${index}`);
  for (const [index, type] of Object.keys(KEYS).entries())
    await database.query(`CREATE TABLE k${index} (k ${type} PRIMARY KEY, n int)`);
  await using feed = await openChangeFeed(database, tables);
  for (const [index, values] of Object.values(KEYS).entries())
    await database.query(`INSERT INTO k${index} VALUES ${values.map((value) => `(${value}, 1)`).join(', ')}`);
  const seen = (await feed.read()).flatMap(({ writes }) => writes.map(({ table, key }) => `${table} ${key}`)).sort();
  const read = await Promise.all(names.map(async (name) => (await keysOf(name)).map((key) => `db.${name} ${key}`)));
  expect(seen).toEqual(read.flat().sort());
});

test('a row that is touched is in the log and is as it was, and what refers to it stays', async () => {
  await database.query('CREATE TABLE parent (id varchar(9) PRIMARY KEY, at datetime(6), twice int AS (1 + 1))');
  await database.query(
    'CREATE TABLE child (id int PRIMARY KEY, of varchar(9) REFERENCES parent (id) ON DELETE CASCADE)',
  );
  await database.query("INSERT INTO parent (id, at) VALUES ('one', '2024-01-01 00:00:00.000001')");
  await database.query("INSERT INTO child VALUES (1, 'one')");
  const before = await database.query('SELECT * FROM parent JOIN child ON child.of = parent.id');
  await using feed = await openChangeFeed(database, tables);
  const parent = (await tables()).find(({ name }) => name === 'parent') as Table;
  const txn = await touchRow(database, parent, '["one"]');
  expect(await touchRow(database, parent, '["two"]')).toBeUndefined();
  const transactions = await feed.read();
  expect(transactions.map((one) => one.txn)).toEqual([txn]);
  expect(written(transactions)).toEqual(['delete db.parent ["one"]', 'insert db.parent ["one"]']);
  expect(await database.query('SELECT * FROM parent JOIN child ON child.of = parent.id')).toEqual(before);
  await database.query('CREATE TRIGGER acts BEFORE DELETE ON parent FOR EACH ROW SET @gone = 1');
  expect(await touchRow(database, parent, '["one"]')).toBeUndefined();
});

test('every version of a row is kept, from the first on, if it was committed', async () => {
  await database.query(
    'CREATE TABLE kept (id int PRIMARY KEY, v text, half decimal(9,2) AS (id / 2), s int AS (id + 1) STORED)',
  );
  await database.query("INSERT INTO kept (id, v) VALUES (1, 'first')");
  const [kept] = (await tables()).filter(({ name }) => name === 'kept') as [Table];
  await keepVersions(database, [kept]);
  await database.query("UPDATE kept SET v = 'second' WHERE id = 1");
  await database.query('INSERT INTO kept (id, v) VALUES (2, NULL)');
  await database.session(async (run) => {
    await run('BEGIN');
    await run("UPDATE kept SET v = 'never'");
    await run('ROLLBACK');
  });
  await database.query('DELETE FROM kept');
  const { from } = versionsOf(kept);
  expect(await database.query(`SELECT id, v, s FROM ${from} ORDER BY id, v`)).toEqual([
    { id: '1', v: 'first', s: '2' },
    { id: '1', v: 'second', s: '2' },
    { id: '2', v: null, s: '3' },
  ]);
  expect((await tables()).some(({ name }) => name.startsWith('driftlab'))).toBe(false);
});

test('a statement that writes is told from one that reads, and from one that waits for a lock', async () => {
  await database.query('CREATE TABLE busy (id int PRIMARY KEY)');
  await database.query('INSERT INTO busy VALUES (1)');
  expect(await isWritten(database)).toBe(false);
  const reading = database.query('SELECT SLEEP(1)');
  expect(await isWritten(database)).toBe(false);
  const writing = database.query('DELETE FROM busy WHERE id = SLEEP(1) + 7');
  await expect.poll(() => isWritten(database)).toBe(true);
  await Promise.all([reading, writing]);
  await database.session(async (run) => {
    await run('BEGIN');
    await run('SELECT * FROM busy FOR UPDATE');
    const waiting = database.query('UPDATE busy SET id = 2');
    const locked = async (): Promise<number> =>
      (await database.query("SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")).length;
    // The server renews what it says there once nobody has asked for a tenth of a second.
    await expect.poll(locked, { interval: 150 }).toBe(1);
    expect(await isWritten(database)).toBe(false);
    await run('COMMIT');
    await waiting;
  });
});
