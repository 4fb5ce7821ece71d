import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '#model/pipeline.ts';
import { until } from '#std/wait.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { plansFor } from '#verify/observe/plan.ts';
import { binlog } from './binlog.ts';
import { readCatalog } from './catalog.ts';
import { databaseUrl, type MariadbDatabase, openDatabase } from './client.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { openReadView } from './read.ts';
import { serverOf } from './server.ts';
import { openWriterSession } from './session.ts';

const port = serverOf(mariadbFlavour);

let mariadb: Awaited<ReturnType<typeof startTestMariadb>>;
let database: MariadbDatabase;
beforeAll(async () => {
  mariadb = await startTestMariadb();
  await port.create(mariadb.server, 'shop').then((made) => made.close());
  database = openDatabase(databaseUrl(mariadb.server, 'shop'));
});
afterAll(async () => {
  await database?.close();
  await mariadb?.[Symbol.asyncDispose]();
});

const { signal } = new AbortController();
const runSql = (on: Pick<Database, 'url'>, sql: string, limitMs = 60_000): Promise<void> =>
  port.runSql(on, [{ file: 's.sql', sql }], { signal, limitMs });

describe('the binary log', () => {
  const first = async (): Promise<string | undefined> => {
    const rows = await database.query<{ Log_name: string }>('SHOW BINARY LOGS');
    return rows[0]?.Log_name;
  };

  test('its older files are removed, and the newest is kept', async () => {
    await database.query('CREATE OR REPLACE TABLE one (v int)');
    const before = await first();
    const newest = await binlog.rotate(database);
    let removed = 0;
    await until(
      async () => {
        const purged = await binlog.purge(database, newest);
        removed += purged.removed;
        return purged.left === 0;
      },
      { what: 'the server to remove its older files', limitMs: 30_000 },
    );
    expect([before === newest, removed > 0, await first()]).toEqual([false, true, newest]);
    expect(await binlog.purge(database, newest)).toEqual({ removed: 0, left: 0 });
  });

  test('a row image that is set holds for the next transaction of a writer', async () => {
    await database.query('CREATE OR REPLACE TABLE one (v varchar(20))');
    const session = openWriterSession(database);
    const write = async (): Promise<void> => {
      await session.begin();
      await session.run({ sql: 'INSERT INTO one VALUES (@@SESSION.binlog_row_image)', params: [] });
      await session.commit();
    };
    await write();
    expect(await binlog.setRowImage(database, 'minimal')).toBe('full');
    await write();
    expect(await binlog.setRowImage(database, 'full')).toBe('minimal');
    await write();
    await session.close();
    expect(await database.query('SELECT v FROM one')).toEqual([{ v: 'FULL' }, { v: 'MINIMAL' }, { v: 'FULL' }]);
  });
});

describe('values', () => {
  test.each([
    ['bigint unsigned', '18446744073709551615', '18446744073709551615'],
    ['decimal(38,10)', '-1234567890123456789012345678.0123456789', '-1234567890123456789012345678.0123456789'],
    ['decimal(6,3)', '1.5', '1.500'],
    ['double', '0.1', '0.1'],
    ['bit(9)', "b'100000001'", '\\x0101'],
    ['binary(3)', "'ab'", '\\x616200'],
    ['varbinary(9)', "x'00ff'", '\\x00ff'],
    ['blob', "''", '\\x'],
    ['text', "'té😀\\\\\\n'", 'té😀\\\n'],
    ['json', `'{"a": [1, 1.0]}'`, '{"a": [1, 1.0]}'],
    ['uuid', "'123E4567-E89B-12D3-A456-426614174000'", '123e4567-e89b-12d3-a456-426614174000'],
    ['inet6', "'::1'", '::1'],
    ["enum('a','b')", "'b'", 'b'],
    ["set('a','b')", "'b,a'", 'a,b'],
    ['year', '2001', '2001'],
    ['time(6)', "'-838:59:59.000001'", '-838:59:59.000001'],
    ['datetime(6)', "'9999-12-31 23:59:59.999999'", '9999-12-31 23:59:59.999999'],
    ['datetime', "'0000-00-00 00:00:00'", '0000-00-00 00:00:00'],
    ['timestamp(6)', 'from_unixtime(0.000001)', '1970-01-01 00:00:00.000001'],
    ['boolean', 'true', '1'],
    ['char(4)', "'x'", 'x'],
    ['int', 'NULL', null],
  ])('a %s comes back as the server writes it', async (type, sql, text) => {
    await database.query(`CREATE OR REPLACE TABLE one (v ${type} NULL)`);
    await database.query(`INSERT INTO one VALUES (${sql})`);
    expect(await database.query('SELECT v FROM one')).toEqual([{ v: text }]);
    // Bound, the answer is the same.
    expect(await database.query('SELECT v, ? AS p FROM one', [1])).toEqual([{ v: text, p: '1' }]);
  });

  test('a value that does not fit is refused, not cut off', async () => {
    await database.query('CREATE OR REPLACE TABLE one (v tinyint, w varchar(2))');
    await expect(database.query('INSERT INTO one VALUES (300, ?)', ['a'])).rejects.toThrow(
      "Out of range value for column 'v'",
    );
    await expect(database.query('INSERT INTO one VALUES (1, ?)', ['abc'])).rejects.toThrow(
      "Data too long for column 'w'",
    );
  });
});

describe('parameters', () => {
  const NASTY = ["'; DROP TABLE one; --", '\\', "\\'", '"', '\0\n\x1a', '😀 ﬀ', '', '?'];

  test('texts come back as they were bound, in every mode of the session', async () => {
    await database.session(async (run) => {
      for (const mode of ['', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES,PIPES_AS_CONCAT']) {
        await run('SET sql_mode = ?', [mode]);
        const { rows } = await run(`SELECT ${NASTY.map(() => '?').join(', ')}`, NASTY);
        expect(rows[0]).toEqual(NASTY);
      }
    });
  });

  test('numbers, bytes, JSON and nothing are bound as what they are', async () => {
    const params = [1.5, 9007199254740993n, new Uint8Array([0, 255]), { a: [1] }, null, true];
    const { rows } = await database.run('SELECT ?, ?, ?, ?, ?, ?', params);
    expect(rows).toEqual([['1.5', '9007199254740993', '\\x00ff', '{"a":[1]}', null, '1']]);
  });

  test('a text is compared as its column is', async () => {
    await database.query('CREATE OR REPLACE TABLE one (v varchar(9) COLLATE utf8mb4_bin, w varchar(9) CHARSET latin1)');
    await database.query('INSERT INTO one VALUES (?, ?)', ['é', 'É']);
    expect(await database.query('SELECT v = ? AS v, w = ? AS w FROM one', ['É', 'é'])).toEqual([{ v: '0', w: '1' }]);
  });

  test('an error names its line in the statement as it was written', async () => {
    await expect(database.query('SELECT ?\nFROM\nWHERE', [1])).rejects.toMatchObject({
      code: 'ER_PARSE_ERROR',
      message: expect.stringContaining('at line 3'),
    });
  });
});

const SHOP = `
CREATE SEQUENCE tickets START WITH 5 CACHE 10;
CREATE TABLE customers (id int AUTO_INCREMENT PRIMARY KEY, mail varchar(50) NOT NULL UNIQUE COMMENT 'it''s \\\\',
  since datetime DEFAULT '0000-00-00 00:00:00', secret int INVISIBLE DEFAULT 7);
CREATE TABLE orders (a int, b int, customer int, total decimal(9,2) CHECK (total >= 0), twice decimal(10,2) AS (total * 2) STORED,
  half decimal(10,3) AS (total / 2) VIRTUAL, ticket bigint DEFAULT nextval(tickets), PRIMARY KEY (b, a),
  CONSTRAINT of_whom FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE);
CREATE TABLE log (n int);
SET sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO');
INSERT INTO customers (id, mail) VALUES (0, 'zero'), (41, 'a');
INSERT INTO orders (a, b, customer, total) VALUES (1, 2, 41, 3.5), (2, 2, 0, 1);
SET foreign_key_checks = 0;
INSERT INTO orders (a, b, customer, total, ticket) VALUES (9, 9, 999, 1, 1);
CREATE VIEW z_view AS SELECT customers.mail, orders.total FROM orders JOIN customers ON customers.id = customer;
CREATE VIEW a_view AS SELECT * FROM z_view WHERE total > 1;
DELIMITER //
CREATE FUNCTION next_of(n int) RETURNS int DETERMINISTIC BEGIN RETURN n + 1; END //
CREATE TRIGGER noted AFTER INSERT ON orders FOR EACH ROW BEGIN INSERT INTO log VALUES (next_of(NEW.a)); END //
DELIMITER ;
`;

describe('databases', () => {
  test('a copy has tables, keys, counters, rows, views, routines and triggers, and none of it is in the log', async () => {
    const from = await port.create(mariadb.server, 'template-1');
    await runSql(from, SHOP);
    const logged = async (): Promise<number> => {
      const [row] = await from.query<{ at: string }>('SELECT @@gtid_binlog_pos AS at');
      return Number(row?.at.split('-')[2]);
    };
    const before = await logged();
    const copy = await port.create(mariadb.server, 'copy`1', 'template-1');
    // The database itself, and nothing of what is in it.
    expect(await logged()).toBe(before + 1);
    for (const table of ['customers', 'orders', 'log']) {
      const shown = (on: Database) => on.query(`SHOW CREATE TABLE ${table}`);
      const fixed = (rows: unknown[]) => JSON.stringify(rows).replaceAll(/`(template-1|copy``1)`\./g, '');
      expect(fixed(await shown(copy)), table).toBe(fixed(await shown(from)));
      const rows = `SELECT * FROM ${table} ORDER BY 1`;
      expect(await copy.query(rows), table).toEqual(await from.query(rows));
    }
    expect(await copy.query('SELECT secret FROM customers WHERE id = 0')).toEqual([{ secret: '7' }]);
    expect(await copy.query('SELECT * FROM a_view')).toEqual([{ mail: 'a', total: '3.50' }]);
    await copy.query('INSERT INTO orders (a, b, customer, total) VALUES (5, 5, 41, 1)');
    expect(await copy.query('SELECT * FROM log')).toEqual([{ n: '6' }]);
    expect(await copy.query('SELECT ticket FROM orders WHERE a = 5')).toEqual([{ ticket: '15' }]);
    await expect(copy.query('INSERT INTO orders (a, b, customer) VALUES (6, 6, 5)')).rejects.toThrow('of_whom');
    expect(await from.query('SELECT count(*) AS n FROM log')).toEqual([{ n: '0' }]);
    expect(await from.query('SELECT max(ticket) AS n FROM orders')).toEqual([{ n: '6' }]);
    await Promise.all([from, copy].map((one) => one.close()));
  });

  test('the server says its version', async () => {
    expect(await port.version(mariadb.server)).toMatch(/^\d+\.\d+\.\d+$/);
    await expect(port.answers(mariadb.server)).resolves.toBe(true);
  });

  test('who is not let in hears why, and no password', async () => {
    const stranger = openDatabase(databaseUrl({ ...mariadb.server, password: 'hush-hush' }, 'shop'));
    const error: Error = await stranger.query('SELECT 1').catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'ER_ACCESS_DENIED_ERROR' });
    expect(error.message).toMatch(
      /^MariaDB \(127\.0\.0\.1:\d+, database shop\) cannot be reached as driftlab: Access denied/,
    );
    expect(`${error.message} ${error.cause}`).not.toContain('hush');
    await stranger.close();
  });
});

test('the catalog has tables with their types, keys, and what is computed', async () => {
  const made = await port.create(mariadb.server, 'catalog');
  await runSql(
    made,
    `CREATE TABLE z (b int, a bigint unsigned, c enum('x','y') NOT NULL, d int AS (b + 1) STORED, PRIMARY KEY (b, a));
     CREATE TABLE loose (n int NULL, m int NOT NULL, o int NOT NULL, UNIQUE a_first (n), UNIQUE z_last (o, m));
     CREATE TABLE nullable (n int UNIQUE);
     CREATE TABLE bare (t text);
     CREATE VIEW v AS SELECT 1; CREATE SEQUENCE s;`,
  );
  const tables = await readCatalog(made);
  expect(tables.map(({ schema, name, key, unique }) => ({ schema, name, key, unique }))).toEqual([
    { schema: 'db', name: 'bare', key: [], unique: undefined },
    { schema: 'db', name: 'loose', key: [], unique: { columns: ['o', 'm'], namesRows: true } },
    { schema: 'db', name: 'nullable', key: [], unique: { columns: ['n'], namesRows: false } },
    { schema: 'db', name: 'z', key: ['b', 'a'], unique: undefined },
  ]);
  expect(tables[3]?.columns).toEqual([
    { name: 'b', type: 'int(11)', nullable: false, generated: false },
    { name: 'a', type: 'bigint(20) unsigned', nullable: false, generated: false },
    { name: 'c', type: "enum('x','y')", nullable: false, generated: false },
    { name: 'd', type: 'int(11)', nullable: true, generated: true },
  ]);
  expect((await readCatalog(made, { tables: ['db.z'] })).map(({ name }) => name)).toEqual(['z']);
  expect(await readCatalog(made, { schemas: ['public'] })).toEqual([]);
  await made.close();
});

describe('SQL files', () => {
  test.each([
    ['a statement that fails as it runs', 'CREATE TABLE x (a int PRIMARY KEY);\n\nINSERT INTO x VALUES\n(1), (1);', 3],
    ['one that cannot be read', '-- a comment\nSELECT 1;\nSELECT 2\nFROM\nWHERE;', 5],
  ])('%s is refused with its own line', async (_, sql, line) => {
    const message = expect.stringContaining(`s.sql:${line}: MariaDB refuses this SQL: `);
    await expect(runSql(database, sql)).rejects.toMatchObject({ code: 'sql-refused', exit: 2, message });
    await database.query('DROP TABLE IF EXISTS x');
  });

  test.each([
    ['SELECT 1;\nUSE other;', 'sql-of-client', 's.sql:2: '],
    ['/*!40000 DROP DATABASE IF EXISTS x*/;', 'sql-of-client', 's.sql:1: '],
    ["SELECT 1;\nSELECT 'x", 'sql-unclosed', 's.sql:2: a text begins here'],
  ])('%j is refused without a server', (sql, code, message) => {
    const check = (): void => port.checkSql({ file: 's.sql', sql });
    expect(check).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  test('what takes too long is cancelled at the server, with its line', async () => {
    const sleeping = runSql(database, 'SELECT 1;\nSELECT SLEEP(600);', 500);
    await expect(sleeping).rejects.toMatchObject({
      code: 'sql-too-long',
      message: expect.stringContaining('s.sql:2: '),
    });
    const left = "SELECT 1 AS n FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'";
    expect(await database.query(left)).toEqual([]);
  });
});

test('a shell answers each statement, on one connection', async () => {
  const shell = port.openShell(databaseUrl(mariadb.server, 'shop'));
  const text =
    "CREATE TABLE asked (id int PRIMARY KEY, w text); INSERT INTO asked VALUES (1, 'a;b'), (2, NULL); SET @x = 1; SELECT *, @x FROM asked";
  const answers = await shell.ask(text);
  expect(answers.map(({ tag }) => tag)).toEqual(['CREATE TABLE', 'INSERT 2', 'SET 0', 'SELECT 2']);
  expect(answers[3]).toMatchObject({
    columns: ['id', 'w', '@x'],
    rows: [
      ['1', 'a;b', '1'],
      ['2', null, '1'],
    ],
  });
  expect((await shell.describe('asked')).rows).toEqual([
    ['id', 'int(11)', 'not null', '', 'key'],
    ['w', 'text', '', 'NULL', ''],
  ]);
  expect((await shell.describe()).rows.map(([name]) => name)).toContain('asked');
  await expect(shell.ask('SELECT nothing')).rejects.toThrow("Unknown column 'nothing'");
  await expect(shell.ask("SELECT 'x")).rejects.toMatchObject({ code: 'sql-unclosed' });
  await shell.close();
});

test('a pool outlives a server that was killed, and can be closed after one', async () => {
  const other = port.openNamed(mariadb.server, 'shop');
  expect(await other.query('SELECT 1 AS n')).toEqual([{ n: '1' }]);
  const asleep = database.query('SELECT SLEEP(60)').catch((error: Error) => error);
  await expect
    .poll(() => other.query("SELECT 1 AS n FROM information_schema.processlist WHERE info = 'SELECT SLEEP(60)'"))
    .toEqual([{ n: '1' }]);
  await mariadb.node.kill();
  expect(await asleep).toBeInstanceOf(Error);
  await expect(database.query('SELECT 1')).rejects.toThrow();
  await other.close();
  await mariadb.node.start();
  expect(await database.query('SELECT @@time_zone AS zone')).toEqual([{ zone: '+00:00' }]);
});

test('a pool is closed once what was asked of it is answered, although another connection of it broke', async () => {
  const other = port.openNamed(mariadb.server, 'shop') as MariadbDatabase;
  const idle = await other.session(async (run) => {
    const answered = other.query('SELECT SLEEP(0.3) AS n');
    return { id: (await run('SELECT CONNECTION_ID()')).rows[0]?.[0], answered };
  });
  await database.query(`KILL CONNECTION ${idle.id}`);
  let done = false;
  void idle.answered.then(() => {
    done = true;
  });
  await other.close();
  expect(done).toBe(true);
  await expect(other.query('SELECT 1')).rejects.toThrow('Pool is closed');
});

test('what a session began is undone where it fails', async () => {
  const other = openDatabase(databaseUrl(mariadb.server, 'shop'), { max: 1 });
  await other.query('CREATE TABLE began (a int)');
  const broken = other.session(async (run) => {
    await run('BEGIN');
    await run('INSERT INTO began VALUES (1)');
    throw new Error('enough');
  });
  await expect(broken).rejects.toThrow('enough');
  expect(await other.query('SELECT * FROM began')).toEqual([]);
  await other.close();
});

test('a server that is paused answers nothing, and whoever asks hears so within seconds', async () => {
  await mariadb.node.pause();
  const asked = performance.now();
  try {
    await expect(port.answers(mariadb.server)).rejects.toThrow('ETIMEDOUT');
    expect(performance.now() - asked).toBeLessThan(8000);
  } finally {
    await mariadb.node.resume();
  }
});

test.each([
  ['bigint unsigned', '18446744073709551615'],
  ['decimal(12,2)', '1.50'],
  ['varchar(20)', "' té\\\\ '"],
  ['datetime(6)', "'2024-01-02 03:04:05.5'"],
  ['timestamp(6)', "'2024-01-02 03:04:05.5'"],
  ['time(6)', "'-100:00:01.5'"],
  ['varbinary(8)', "x'00ff'"],
  ['bit(12)', "b'101'"],
  ['boolean', 'true'],
  ['uuid', "'123E4567-E89B-12D3-A456-426614174000'"],
  ["enum('a','b')", "'b'"],
  ['double', '1e23'],
])('a row is found again by its key of type %s, and none by a key that the column cannot hold', async (type, sql) => {
  await database.query(`CREATE OR REPLACE TABLE keyed (k ${type} PRIMARY KEY)`);
  await database.query(`INSERT INTO keyed VALUES (${sql})`);
  const [table] = await readCatalog(database, { tables: ['db.keyed'] });
  const plan = table === undefined ? undefined : plansFor(table, table)?.source;
  if (plan === undefined) throw new Error('no plan');
  await using view = await openReadView(database);
  const keys: string[] = [];
  for await (const rows of view.stream(plan)) keys.push(...rows.map(({ key }) => key));
  expect(keys).toHaveLength(1);
  const found = await view.byKeys(plan, [...keys, '["no such key at all"]', '["1e999"]']);
  expect(found.map(({ key }) => key)).toEqual(keys);
});
