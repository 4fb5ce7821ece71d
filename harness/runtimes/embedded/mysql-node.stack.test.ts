import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { isAlive, treeOf } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import type { TestServer } from '#testing/database-server.ts';
import { startTestMysql } from '#testing/mysql.ts';
import { describeMysql } from '#testing/with-mysql.ts';

describeMysql('a node of MySQL', () => {
  let mysql: TestServer;
  beforeAll(async () => {
    mysql = await startTestMysql();
  });
  afterAll(() => mysql?.[Symbol.asyncDispose]());

  /** Whether it answers before a time is over; a paused server keeps the connection open, and its client waits longer. */
  async function answers(withinMs = 20_000): Promise<boolean> {
    const signal = AbortSignal.timeout(withinMs);
    const late = new Promise<false>((resolve) => signal.addEventListener('abort', () => resolve(false)));
    return Promise.race([engineOf(mysql.server).server.answers(mysql.server), late]).catch(() => false);
  }

  const farewells = async () => (await readFile(mysql.node.log, 'utf8')).split('mysqld: Shutdown complete').length - 1;

  async function query(server: DatabaseServer, sql: string) {
    const { url, open } = engineOf(server).server;
    const database = open(url(server, 'mysql'));
    try {
      return await database.query(sql);
    } finally {
      await database.close();
    }
  }

  test('is one process, listens on this machine alone, and logs whole rows in transactions with names', async () => {
    expect(treeOf(mysql.node.pid ?? 0)).toHaveLength(1);
    const names = ['binlog_format', 'binlog_row_image', 'binlog_row_metadata', 'gtid_mode', 'bind_address'];
    expect(await query(mysql.server, `SELECT ${names.map((name) => `@@${name} AS ${name}`).join(', ')}`)).toEqual([
      {
        binlog_format: 'ROW',
        binlog_row_image: 'FULL',
        binlog_row_metadata: 'FULL',
        gtid_mode: 'ON',
        bind_address: '127.0.0.1',
      },
    ]);
  });

  test('lets nobody in without a password', async () => {
    const users = await query(mysql.server, "SELECT user FROM user WHERE account_locked = 'N'");
    expect(users).toEqual([{ user: 'driftlab' }]);
  });

  test('names its transactions otherwise than another one does', async () => {
    await using other = await startTestMysql();
    const sql = 'SELECT @@server_uuid AS id';
    expect(await query(other.server, sql)).not.toEqual(await query(mysql.server, sql));
  });

  test('answers nothing while paused, and goes on when resumed', async () => {
    const { pid } = mysql.node;
    await mysql.node.pause();
    expect(await answers(1000)).toBe(false);
    await mysql.node.resume();
    await until(() => answers(1000), { what: 'MySQL to answer', limitMs: 30_000 });
    expect(mysql.node.pid).toBe(pid);
  });

  test('killed leaves no process, and what it had committed is there when it is back', async () => {
    const { create, openNamed } = engineOf(mysql.server).server;
    const database = await create(mysql.server, 'kept');
    await database.query('CREATE TABLE kept (id int PRIMARY KEY)');
    await Promise.all(Array.from({ length: 200 }, (_, id) => database.query(`INSERT INTO kept VALUES (${id})`)));
    const before = treeOf(mysql.node.pid ?? 0);
    await mysql.node.kill();
    await database.close();
    expect(before.filter(isAlive)).toEqual([]);
    expect(await answers(1000)).toBe(false);
    await mysql.node.start();
    const again = openNamed(mysql.server, 'kept');
    try {
      expect(await again.query('SELECT count(*) AS count FROM kept')).toEqual([{ count: '200' }]);
      await again.query('INSERT INTO kept VALUES (200)');
    } finally {
      await again.close();
    }
  });

  test('stops in its orderly way, even when paused', async () => {
    const said = await farewells();
    await mysql.node.pause();
    await mysql.node.stop();
    expect(mysql.node.state).toBe('stopped');
    expect(await farewells()).toBe(said + 1);
  });

  test('whose port another program has taken says so', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(mysql.server.port, '127.0.0.1', resolve));
    try {
      await expect(mysql.node.start()).rejects.toMatchObject({ code: 'port-taken' });
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
    await mysql.node.start();
    expect(await answers()).toBe(true);
  });
});
