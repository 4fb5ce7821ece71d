import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectSide, requireOwnServer } from '#engines/index.ts';
import type { OperatorError } from '#std/errors.ts';
import type { TestServer } from '#testing/database-server.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { startTestMysql } from '#testing/mysql.ts';
import { describeMysql } from '#testing/with-mysql.ts';
import { databaseUrl, type MariadbDatabase } from './client.ts';
import { mysql } from './engine.ts';
import { unpackPosition } from './position.ts';

const { server: port, source, sink, compare } = mysql;
const { signal } = new AbortController();

/** What MySQL does in another way than MariaDB; what both do alike is tested on MariaDB, and by the conformance suite. */
describeMysql('MySQL', () => {
  let running: TestServer;
  let databases = 0;
  beforeAll(async () => {
    running = await startTestMysql();
  });
  afterAll(async () => {
    await running?.[Symbol.asyncDispose]();
  });
  async function create(...statements: readonly string[]): Promise<MariadbDatabase> {
    databases += 1;
    const database = (await port.create(running.server, `d${databases}`)) as MariadbDatabase;
    for (const sql of statements) await database.query(sql);
    return database;
  }

  test('a snapshot holds what lies below its position and nothing else, while sessions commit side by side', async () => {
    const database = await create('CREATE TABLE a (id int AUTO_INCREMENT PRIMARY KEY)');
    const writing = new AbortController();
    const writers = Array.from({ length: 4 }, async () => {
      const session = source.openWriterSession(database);
      while (!writing.signal.aborted) {
        await session.begin();
        await session.run({ sql: 'INSERT INTO a VALUES (NULL), (NULL)', params: [] });
        await session.commit();
      }
      await session.close();
    });
    const seen: { readonly offset: number; readonly rows: number }[] = [];
    for (let look = 0; look < 12; look += 1) {
      await using view = await compare.openReadView(database);
      const [row] = await view.select('SELECT count(*) AS n FROM a', 1);
      seen.push({ offset: unpackPosition(view.position).offset, rows: Number(row?.n) });
    }
    writing.abort();
    await Promise.all(writers);
    const [log] = await database.query<{ Log_name: string }>('SHOW BINARY LOGS');
    const events = await database.query<{ Event_type: string; End_log_pos: string }>(
      `SHOW BINLOG EVENTS IN '${log?.Log_name}'`,
    );
    // Of this server's transactions these alone end with such an event.
    const ends = events.filter(({ Event_type }) => Event_type === 'Xid').map(({ End_log_pos }) => Number(End_log_pos));
    const below = (offset: number): number => ends.filter((end) => end <= offset).length * 2;
    expect(seen.map(({ rows }) => rows)).toEqual(seen.map(({ offset }) => below(offset)));
    expect(seen.at(-1)?.rows).toBeGreaterThan(seen[0]?.rows ?? 0);
    await database.close();
  });

  test('a transaction has the name that the log gives it, and none where it wrote nothing', async () => {
    const database = await create('CREATE TABLE a (id int PRIMARY KEY, n int)');
    const feed = await source.openChangeFeed(database, () => compare.readCatalog(database));
    const commit = async (sql: string, params: readonly unknown[] = []) => {
      const session = source.openWriterSession(database);
      await session.begin();
      await session.run({ sql, params });
      const { transaction } = await session.commit();
      await session.close();
      return transaction;
    };
    const names = await Promise.all([1, 2, 3].map((id) => commit('INSERT INTO a VALUES (?, 0)', [id])));
    expect(await commit('UPDATE a SET n = 0')).toBeUndefined();
    const [table] = await compare.readCatalog(database);
    if (table === undefined) throw new Error('no table');
    names.push(await source.touchRow(database, table, '["2"]'));
    const read = await feed.read();
    const named = (id: number) => read.find(({ writes }) => writes[0]?.key === `["${id}"]`)?.txn;
    expect([1, 2, 3].map(named)).toEqual(names.slice(0, 3));
    expect(read.at(-1)).toMatchObject({ txn: names[3], writes: [{ kind: 'delete' }, { kind: 'insert' }] });
    await feed[Symbol.asyncDispose]();
    await database.close();
  });

  test('a copy has keys, checks, computed columns, views, routines and triggers', async () => {
    const template = await port.create(running.server, 'template-1');
    const sql = `CREATE TABLE a (id int AUTO_INCREMENT PRIMARY KEY, n int CHECK (n >= 0), twice int AS (n * 2) STORED,
      at datetime(6) DEFAULT CURRENT_TIMESTAMP(6), doc json DEFAULT (json_object()));
CREATE TABLE log (n int);
INSERT INTO a (n) VALUES (5), (6);
CREATE VIEW v AS SELECT twice FROM a;
DELIMITER //
CREATE FUNCTION next_of(n int) RETURNS int DETERMINISTIC BEGIN RETURN n + 1; END //
CREATE TRIGGER noted AFTER INSERT ON a FOR EACH ROW BEGIN INSERT INTO log VALUES (next_of(NEW.n)); END //
DELIMITER ;`;
    await port.runSql(template, [{ file: 's.sql', sql }], { signal, limitMs: 60_000 });
    const copy = await port.create(running.server, 'copy`1', 'template-1');
    await copy.query('INSERT INTO a (n) VALUES (7)');
    expect(await copy.query('SELECT * FROM v ORDER BY 1')).toEqual(['10', '12', '14'].map((twice) => ({ twice })));
    expect(await copy.query('SELECT n FROM log')).toEqual([{ n: '8' }]);
    await expect(copy.query('INSERT INTO a (n) VALUES (-1)')).rejects.toThrow('is violated');
    for (const one of [template, copy]) await one.close();
  });

  test('checks and what is computed are read as SQL', async () => {
    const database = await create(
      `CREATE TABLE a (id int PRIMARY KEY, b varchar(9) CHECK (b IN ('a', 'it''s', 'x\\\\y')), c varchar(9) AS (concat(b, '\\'')),
        d timestamp(6) NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6))`,
    );
    await database.query('CREATE TABLE u (n int UNIQUE, m int NOT NULL UNIQUE)');
    const [, loose] = await compare.readCatalog(database);
    expect(loose).toMatchObject({ key: [], unique: { columns: ['m'], namesRows: true } });
    const [shape] = await source.readShapes(database);
    if (shape === undefined) throw new Error('no shape');
    expect(shape.columns.map(({ name, generated, hasDefault }) => [name, generated, hasDefault])).toEqual([
      ['id', false, false],
      ['b', false, false],
      ['c', true, false],
      ['d', false, true],
    ]);
    const texts = ['a', "it's", 'x\\y', 'z'];
    const taken = await source.accepted(
      database,
      shape,
      shape.columns.filter(({ name }) => name === 'b'),
      texts.map((text) => [text]),
      9,
    );
    expect(taken.map(({ b }) => b).sort()).toEqual(texts.slice(0, 3));
    expect((await sink.state(database)).constraints).toContainEqual(
      expect.objectContaining({ kind: 'check', text: expect.stringContaining("`b` in ('a'") }),
    );
    await database.close();
  });

  test('a sink’s table takes a column twice, a wider one with its default, and notes what is written to it', async () => {
    const database = await create('CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL DEFAULT 5)');
    const opened = sink.open({ url: database.url, consumer: 'one' });
    const added = { name: 'w', connectType: 'string', optional: false, default: "it's" };
    await opened.addColumns('db.t', [added]);
    await opened.addColumns('db.t', [added]);
    const table = await opened.table('db.t', true);
    if (table === undefined) throw new Error('no table');
    expect(await opened.widen(table, [{ name: 'n', connectType: 'int64', optional: true }])).toBe(true);
    await database.query('INSERT INTO t (id) VALUES (1)');
    expect(await database.query('SELECT * FROM t')).toEqual([{ id: '1', n: '5', w: "it's", _cdc_guard: null }]);
    await opened[Symbol.asyncDispose]();
    await sink.empty(database);
    const made = {
      schema: 'db',
      name: 'k',
      key: ['id'],
      columns: [{ name: 'id', type: 'int', nullable: false, generated: false }],
    };
    await sink.createTable(database, made, { keyed: true });
    // As of a sink whose variant is opened anew.
    for (let time = 0; time < 2; time += 1) await sink.noteEffects(database, made);
    await database.query('INSERT INTO k (id, _cdc_lsn) VALUES (1, 7)');
    await database.query('DELETE FROM k');
    expect(await sink.effectsOf(database, 'db.k', ['["1"]'])).toEqual(new Map([['["1"]', [7n, 0n]]]));
    await database.close();
  });

  test('a URL of the one engine that leads to the other is refused, by what its server says of itself', async () => {
    await using other = await startTestMariadb();
    const mistaken = (url: string): string => url.replace(/^\w+:/, (own) => (own === 'mysql:' ? 'mariadb:' : 'mysql:'));
    const urls = [databaseUrl(running.server, 'x'), databaseUrl(other.server, 'x')];
    for (const url of urls) await requireOwnServer(url);
    const errors = await Promise.all(
      urls.map((url) =>
        connectSide(mistaken(url), { connections: 1, signal }).then(
          () => undefined,
          (error: OperatorError) => [error.code, error.found, error.hint?.split('…')[0]],
        ),
      ),
    );
    expect(errors).toEqual([
      ['wrong-engine', 'MySQL', 'write the URL as mysql://'],
      ['wrong-engine', 'MariaDB', 'write the URL as mariadb://'],
    ]);
  });
});
