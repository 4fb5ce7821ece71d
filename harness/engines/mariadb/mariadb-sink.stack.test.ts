import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RowWrite, Segment } from '#engines/port/sink.ts';
import { type Table, tableId } from '#model/catalog.ts';
import { LSN_COLUMN } from '#model/values.ts';
import { whyUnfit } from '#pipelines/why-unfit.ts';
import { until } from '#std/wait.ts';
import type { TestServer } from '#testing/database-server.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { createDatabase } from './admin.ts';
import { readCatalog } from './catalog.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { sinkOf } from './sink.ts';

const port = sinkOf(mariadbFlavour);

let running: TestServer;
let databases = 0;

beforeAll(async () => {
  running = await startTestMariadb();
});

afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
});

/** A database with the tables of these statements, and an applier's sink on it. */
async function open(...statements: readonly string[]) {
  databases += 1;
  const database = await createDatabase(running.server, `sink_${databases}`);
  for (const sql of statements) await database.query(sql);
  const sink = port.open({ url: database.url, consumer: 'one' });
  const write = async (segment: Partial<Segment>, id = 'db.t'): Promise<void> => {
    const table = await sink.table(id, false);
    if (table === undefined) throw new Error(`there is no table ${id}`);
    const all = { deletes: [], updates: [], upserts: [], inserts: [], tombstones: new Map(), ...segment };
    await sink.transaction((transaction) => transaction.write(table, all));
  };
  return {
    database,
    sink,
    write,
    rows: (sql: string) => database.query<Record<string, string | null>>(sql),
    tables: async () => new Map((await readCatalog(database)).map((table) => [tableId(table), table])),
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]();
      await database.close();
    },
  };
}

const row = (values: RowWrite['values'], key: readonly string[] = ['id'], lsn?: bigint): RowWrite => ({
  ...{ key, values, op: 'u', lsn, capturedAtMs: undefined, receivedAtMs: 0 },
});

const VALUES: readonly (readonly [type: string, text: string, stored: string])[] = [
  ['bigint(20)', '-9223372036854775808', '-9223372036854775808'],
  ['bigint(20) unsigned', '18446744073709551615', '18446744073709551615'],
  ['decimal(65,30)', `${'9'.repeat(35)}.${'1'.repeat(30)}`, `${'9'.repeat(35)}.${'1'.repeat(30)}`],
  ['double', '-0', '-0'],
  ['double', '5e-324', '5e-324'],
  ['double', '0.1', '0.1'],
  ['float', '3.4028235e+38', '3.40282e38'],
  ['longtext', `it's \\ "ü" 😀 \u0001 \n`, `it's \\ "ü" 😀 \u0001 \n`],
  ['longtext', 'a  ', 'a  '],
  ['varchar(3)', '😀  ', '😀  '],
  ['longblob', '\\x00ff27', '\\x00ff27'],
  ['bit(12)', '000000000101', '\\x0005'],
  ['datetime(6)', '0001-01-01 00:00:00', '0001-01-01 00:00:00.000000'],
  ['datetime(6)', '9999-12-31 23:59:59.999999+00', '9999-12-31 23:59:59.999999'],
  ['datetime(6)', '1969-12-31 23:00:00-02', '1970-01-01 01:00:00.000000'],
  ['timestamp(6)', '2024-02-29 12:00:00.000001+00', '2024-02-29 12:00:00.000001'],
  ['time(6)', 'PT-3020399.999999S', '-838:59:59.999999'],
  ['date', '9999-12-31', '9999-12-31'],
  ['year(4)', '0', '0000'],
  ['uuid', '6ccd780c-baba-1026-9564-5b8c656024db', '6ccd780c-baba-1026-9564-5b8c656024db'],
  ["enum('1','b')", 'b', 'b'],
  ["set('x','y')", 'y', 'y'],
];

test('values are stored as they are, by an insert and by an update, and found again as keys', async () => {
  const columns = VALUES.map(([type], index) => `c${index} ${type} NULL`);
  const texts = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin';
  await using it = await open(`CREATE TABLE t (id int PRIMARY KEY, n int NULL, ${columns.join(', ')}) ${texts}`);
  const values = Object.fromEntries(VALUES.map(([, text], index) => [`c${index}`, text]));
  const stored = Object.fromEntries(VALUES.map(([, , text], index) => [`c${index}`, text]));
  await it.write({ upserts: [row({ id: '1', ...values }), row({ id: '2' })] });
  await it.write({ updates: [row({ id: '2', ...values })] });
  expect(await it.rows('SELECT * FROM t ORDER BY id')).toEqual([
    { id: '1', n: null, ...stored },
    { id: '2', n: null, ...stored },
  ]);
  for (const [index, [type, text]] of VALUES.entries()) {
    const key = `c${index}`;
    await it.write({ updates: [row({ [key]: text, n: String(index) }, [key])] });
    const [found] = await it.rows(`SELECT COUNT(*) AS n FROM t WHERE n = ${index}`);
    expect([type, text, found?.n]).toEqual([type, text, '2']);
  }
});

test('a value that no column of the type can hold is refused as data, and nothing of its transaction is kept', async () => {
  await using it = await open('CREATE TABLE t (id int PRIMARY KEY, at datetime(6) NULL)');
  for (const at of ['infinity', '2024-02-30 00:00:00', '0044-03-15 12:00:00 BC']) {
    const failed = await it
      .write({ upserts: [row({ id: '1', at: null }), row({ id: '2', at })] })
      .catch((error) => error);
    expect([at, it.sink.failureOf(failed)]).toEqual([at, 'data']);
  }
  expect(await it.rows('SELECT * FROM t')).toEqual([]);
});

test('keys that differ in case, accents or blanks at the end are different rows of a table that the lab has made', async () => {
  await using it = await open();
  const table: Table = {
    ...{ schema: 'db', name: 't', key: ['id'] },
    columns: [{ name: 'id', type: 'longtext', nullable: false, generated: false }],
  };
  expect(await port.createTable(it.database, table, { keyed: true })).toEqual([]);
  const ids = ['a', 'A', 'ä', 'a ', '', ' '];
  await it.write({ upserts: ids.map((id) => row({ id })) });
  await it.write({ upserts: ids.map((id) => row({ id })), deletes: [{ columns: ['id'], values: ['A'] }] });
  expect(await it.rows('SELECT COUNT(*) AS n FROM t')).toEqual([{ n: '6' }]);
  await it.write({ deletes: [{ columns: ['id'], values: ['a'] }] });
  expect(await it.rows(`SELECT id FROM t WHERE id IN ('a', 'A')`)).toEqual([{ id: 'A' }]);
});

test('a row is not mistaken for another one that shares a second unique value', async () => {
  await using it = await open('CREATE TABLE t (id int PRIMARY KEY, email varchar(20) UNIQUE, note longtext)');
  await it.write({ upserts: [row({ id: '1', email: 'a', note: 'x' })] });
  await it.write({ upserts: [row({ id: '1', email: 'b', note: 'y' }), row({ id: '2', email: 'a', note: 'z' })] });
  const both = [
    { id: '1', email: 'b', note: 'y' },
    { id: '2', email: 'a', note: 'z' },
  ];
  expect(await it.rows('SELECT * FROM t ORDER BY id')).toEqual(both);
  const refused = await it.write({ upserts: [row({ id: '3', email: 'a', note: '?' })] }).catch((error) => error);
  expect(it.sink.failureOf(refused)).toBe('data');
  expect(await it.rows('SELECT * FROM t ORDER BY id')).toEqual(both);
});

test('a consumer’s transactions wait for each other, and the second sees what the first has remembered', async () => {
  await using it = await open('CREATE TABLE t (id int PRIMARY KEY)');
  await it.sink.prepare();
  const first = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const range = { topic: 'x', partition: 0, from: 0n, next: 5n };
  const holding = it.sink.transaction(async (transaction) => {
    await transaction.lock();
    locked.resolve();
    await first.promise;
    await transaction.remember([range]);
  });
  await locked.promise;
  await using other = port.open({ url: it.database.url, consumer: 'two' });
  await other.transaction((transaction) => transaction.lock());
  await using same = port.open({ url: it.database.url, consumer: 'one' });
  const waiting = same.transaction(async (transaction) => {
    await transaction.lock();
    return transaction.seen([{ ...range, from: 4n, next: 9n }]);
  });
  expect(await Promise.race([waiting.then(() => 'went on'), waits(it)])).toBe('waits');
  first.resolve();
  await holding;
  expect(await waiting).toEqual({ positions: new Map([['x/0', 5n]]), applied: [range] });
});

/** Resolves once a transaction of the server waits for a lock. */
function waits(it: { rows(sql: string): Promise<readonly Record<string, string | null>[]> }): Promise<'waits'> {
  return until(
    async () => {
      const [count] = await it.rows(`SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'`);
      if (count?.Value !== '1') throw new Error(`${count?.Value} transactions wait`);
      return 'waits' as const;
    },
    { what: 'a transaction to wait for a lock', limitMs: 20_000 },
  );
}

test('positions of 76 bits are kept and compared in full', async () => {
  await using it = await open('CREATE TABLE t (id int PRIMARY KEY, n int)');
  await using sink = port.open({ url: it.database.url, consumer: 'wide', widePositions: true });
  await sink.prepare();
  const table = await sink.table('db.t', true);
  if (table === undefined) throw new Error('there is no table');
  const high = (1n << 75n) + 1n;
  const none = { deletes: [], updates: [], upserts: [], inserts: [], tombstones: new Map() };
  const ask = (lsn: bigint) => ({ id: '["1"]', lsn, columns: ['id'], values: ['1'] });
  await sink.transaction(async (transaction) => {
    await transaction.guards(table, () => []);
    await transaction.write(table, { ...none, upserts: [{ ...row({ id: '1', n: '1' }), guard: high }] });
    await transaction.write(table, { ...none, upserts: [{ ...row({ id: '1', n: '2' }), guard: high - 1n }] });
    expect(await transaction.guards(table, () => [ask(high)])).toEqual({
      keys: new Map([['["1"]', high]]),
      table: undefined,
    });
    expect((await transaction.guards(table, () => [ask(high + 1n)])).keys.size).toBe(0);
    await transaction.write(table, { ...none, tombstones: new Map([['["1"]', high + 1n]]) });
    expect((await transaction.guards(table, () => [ask(high)])).keys).toEqual(new Map([['["1"]', high + 1n]]));
  });
});

test('what was written to a row is noted in order, by its key', async () => {
  await using it = await open(
    `CREATE TABLE t (id int, name varchar(20), at datetime(6), n int, ${LSN_COLUMN} bigint, PRIMARY KEY (id, name, at))`,
  );
  const table = (await it.tables()).get('db.t');
  if (table === undefined) throw new Error('there is no table');
  await port.noteEffects(it.database, table);
  await port.noteEffects(it.database, table);
  const key = ['id', 'name', 'at'];
  const values = { id: '1', name: `it's "ü"`, at: '2024-01-01 00:00:00.500000+00' };
  for (const lsn of [5n, 3n, 3n]) await it.write({ upserts: [row({ ...values, n: '1' }, key, lsn)] });
  await it.write({ deletes: [{ columns: key, values: Object.values(values) }] });
  await it.write({ upserts: [row({ ...values, id: '2', n: '1' }, key)] });
  const names = ['1', '2', '3'].map((id) => JSON.stringify([id, values.name, '2024-01-01 00:00:00.5+00']));
  expect(await port.effectsOf(it.database, 'db.t', names)).toEqual(new Map([[names[0], [5n, 3n, 3n, 0n]]]));
});

test('the connector’s placeholder leaves a value as it is', async () => {
  await using it = await open('CREATE TABLE t (id int PRIMARY KEY, a longtext, b varchar(40))');
  await port.keepUnchangedValues(it.database, [...(await it.tables()).values()][0] as Table);
  const put = (text: string) =>
    it.rows(`INSERT INTO t VALUES (1, '${text}', '${text}') ON DUPLICATE KEY UPDATE a = VALUES(a), b = VALUES(b)`);
  await put('before');
  await put('__debezium_unavailable_value');
  expect(await it.rows('SELECT a, b FROM t')).toEqual([{ a: 'before', b: '__debezium_unavailable_value' }]);
  await put('after');
  expect(await it.rows('SELECT a FROM t')).toEqual([{ a: 'after' }]);
});

const OWN = [
  'CREATE TABLE p (id int PRIMARY KEY, code varchar(5) NOT NULL UNIQUE, counted int AUTO_INCREMENT UNIQUE)',
  'CREATE TABLE t (id int PRIMARY KEY, p int, code varchar(5) NOT NULL DEFAULT "x", n int CHECK (n > 0), CONSTRAINT to_p FOREIGN KEY (p) REFERENCES p (id), CONSTRAINT codes FOREIGN KEY (code) REFERENCES p (code))',
  'CREATE VIEW v AS SELECT id FROM t',
  'CREATE SEQUENCE s',
  'CREATE FUNCTION f() RETURNS int RETURN 1',
  'CREATE TRIGGER own BEFORE INSERT ON t FOR EACH ROW SET NEW.n = 1',
];

test('what spans the rows of somebody’s own tables is taken off them, and a database emptied', async () => {
  await using it = await open(...OWN);
  await port.dropSpanning(it.database);
  await port.dropSpanning(it.database);
  await it.rows("INSERT INTO p VALUES (1, 'a', 1), (2, 'a', 1)");
  await it.rows("INSERT INTO t VALUES (1, 99, 'gone', 1)");
  const kinds = (await port.state(it.database)).constraints.map(({ table, kind }) => `${table} ${kind}`);
  expect(kinds.filter((kind) => !kind.endsWith('not-null')).sort()).toEqual([
    'db.p primary-key',
    'db.t check',
    'db.t primary-key',
  ]);
  await port.empty(it.database);
  expect(await it.rows('SHOW TABLES')).toEqual([]);
  expect(
    await it.rows('SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()'),
  ).toEqual([]);
});

test('a sink’s state has its tables, constraints and triggers, but for the lab’s own', async () => {
  await using it = await open(...OWN);
  await port.keepUnchangedValues(it.database, {
    ...{ schema: 'db', name: 't', key: [] },
    columns: [{ name: 'code', type: 'longtext', nullable: false, generated: false }],
  });
  const { tables, constraints, triggers, settings } = await port.state(it.database);
  expect(tables.map(tableId)).toEqual(['db.p', 'db.t']);
  expect(constraints.find(({ name }) => name === 'to_p')).toEqual({
    ...{ table: 'db.t', name: 'to_p', kind: 'foreign-key', columns: ['p'] },
    text: 'FOREIGN KEY (p) REFERENCES p (id)',
  });
  expect(constraints.filter(({ kind }) => kind === 'check')).toEqual([
    { table: 'db.t', name: 'n', kind: 'check', columns: ['n'], text: 'CHECK (`n` > 0)' },
  ]);
  expect(constraints.filter(({ kind }) => kind === 'unique').map(({ name }) => name)).toEqual(['code', 'counted']);
  expect(triggers).toEqual(['t: own']);
  expect(settings.time_zone).toBe('+00:00');
});

test('a table of somebody’s own that events cannot be written to is named with the reason', async () => {
  await using it = await open('CREATE TABLE t (id int PRIMARY KEY, must int NOT NULL, may int, g int AS (id) STORED)');
  const there = await it.tables();
  const wanted = (...names: string[]): Table => ({
    ...{ schema: 'db', name: 't', key: ['id'] },
    columns: names.map((name) => ({ name, type: 'int(11)', nullable: true, generated: false })),
  });
  const unfit = (table: Table, key: readonly string[]) =>
    whyUnfit(table, key, there, (id) => port.demandedColumns(it.database, id));
  const why = (...names: string[]) => unfit(wanted(...names), ['id']);
  expect(await why('id', 'must')).toBeUndefined();
  expect(await why('id', 'may')).toBe('db.t.must must not be NULL, and no event has it');
  expect(await why('id', 'other')).toBe('db.t has no column other');
  expect(await unfit(wanted('id'), ['may'])).toBe('the key of db.t is id, where the events have may');
  expect(await unfit({ ...wanted('id'), name: 'u' }, ['id'])).toBe('they make no table db.u');
});

test('a wider column keeps its default, and a batch of 10,000 rows is some statements', async () => {
  await using it = await open('CREATE TABLE t (id int PRIMARY KEY, n smallint NOT NULL DEFAULT 7, note longtext)');
  const table = await it.sink.table('db.t', false);
  if (table === undefined) throw new Error('there is no table');
  const n = { name: 'n', connectType: 'int64', optional: false };
  expect(await it.sink.widen(table, [n])).toBe(true);
  const note = 'x'.repeat(500);
  const upserts = Array.from({ length: 10_000 }, (_, index) => row({ id: String(index), note }));
  await it.write({ upserts });
  await it.write({ updates: [row({ id: '0', n: '5000000000' })] });
  expect(await it.rows('SELECT COUNT(*) AS rows_, SUM(n) AS n FROM t')).toEqual([{ rows_: '10000', n: '5000069993' }]);
});
