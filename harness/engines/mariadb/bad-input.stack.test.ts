import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectSide, requireOwnServer } from '#engines/index.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { databaseUrl, type MariadbDatabase, openDatabase } from './client.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { serverOf } from './server.ts';

const port = serverOf(mariadbFlavour);

let mariadb: Awaited<ReturnType<typeof startTestMariadb>>;
let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let admin: MariadbDatabase;

beforeAll(async () => {
  [mariadb, postgres] = await Promise.all([startTestMariadb(['--ssl']), startTestPostgres()]);
  admin = openDatabase(databaseUrl(mariadb.server, ''));
  for (const sql of [
    'CREATE DATABASE shop',
    'CREATE TABLE shop.orders (id int PRIMARY KEY, n int)',
    'CREATE TABLE shop.closed (id int PRIMARY KEY, n int)',
    "CREATE USER app@'%' IDENTIFIED BY 'secret'",
    'GRANT SELECT ON shop.orders TO app',
    'GRANT INSERT ON shop.closed TO app',
    "CREATE USER nothing@'%' IDENTIFIED BY 'secret'",
    "CREATE USER private@'%' IDENTIFIED BY 'secret' REQUIRE SSL",
    'GRANT SELECT ON shop.* TO private',
    "CREATE USER locked@'%' IDENTIFIED BY 'secret' ACCOUNT LOCK",
  ])
    await admin.query(sql);
});
afterAll(async () => {
  await admin?.close();
  await Promise.all([mariadb?.[Symbol.asyncDispose](), postgres?.[Symbol.asyncDispose]()]);
});

async function failureOf(work: Promise<unknown>): Promise<OperatorError> {
  const error = await work.then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  );
  if (error instanceof OperatorError) return error;
  throw error;
}

const as = (user: string, password = 'secret'): DatabaseServer => ({ ...mariadb.server, user, password });
const connect = async (url: string, table?: string): Promise<string> => {
  await using side = await connectSide(url, { connections: 1 });
  if (table !== undefined) await side.describe(table);
  return side.version;
};

describe('a side of a comparison', () => {
  test.each([
    ['app', 'wrong', 'shop', /ALTER USER 'app'@'%' IDENTIFIED BY/],
    ['nothing', 'secret', 'shop', /^GRANT SELECT ON `shop`\.\* TO 'nothing'@'%'$/],
    ['locked', 'secret', 'shop', /^ALTER USER 'locked'@'%' ACCOUNT UNLOCK$/],
    ['private', 'secret', 'shop', /REQUIRE SSL needs \?ssl-mode=REQUIRED/],
  ])('%s with the password %s at %s is refused with what changes it', async (user, password, database, hint) => {
    const error = await failureOf(connect(databaseUrl(as(user, password), database)));
    expect([error.code, error.exit]).toEqual(['unreachable', 1]);
    expect(error.hint).toMatch(hint);
    expect(error.message).not.toContain(password);
  });

  test('a database that is not there, and a port on which nothing listens, are told apart', async () => {
    const absent = await failureOf(connect(databaseUrl(mariadb.server, 'shopp')));
    expect([absent.found, absent.hint]).toEqual([
      expect.stringContaining("'shopp'"),
      expect.stringMatching(/SHOW DATA/),
    ]);
    const closed = await failureOf(connect('mariadb://app:secret@127.0.0.1:1/shop'));
    expect(closed.hint).toMatch(/^nothing listens there/);
  });

  test('a server that takes TLS alone says so, and is reached with it', async () => {
    expect(await connect(`${databaseUrl(as('private'), 'shop')}?ssl-mode=REQUIRED`, 'orders')).toMatch(/MariaDB/);
    await admin.query('SET GLOBAL require_secure_transport = ON');
    const error = await failureOf(connect(databaseUrl(as('app'), 'shop')));
    await admin.query('SET GLOBAL require_secure_transport = OFF');
    expect(error.hint).toBe('the server takes TLS alone: add ?ssl-mode=REQUIRED to the URL');
    const unproved = await failureOf(connect(`${databaseUrl(as('app'), 'shop')}?ssl-mode=VERIFY_CA`));
    expect(unproved.hint).toMatch(/&ssl-ca=FILE/);
  });

  test('a table that the user may not read, or may not even see, is answered with the right to grant', async () => {
    const closed = await failureOf(connect(databaseUrl(as('app'), 'shop'), 'closed'));
    expect([closed.code, closed.hint]).toEqual(['no-right', "GRANT SELECT ON `shop`.`closed` TO 'app'@'%'"]);
    const hidden = await failureOf(
      connect(databaseUrl(as('private'), 'shop').replace('/shop', '/shop?ssl-mode=REQUIRED'), 'xyzzy'),
    );
    expect(hidden.hint).toMatch(/GRANT SELECT ON `shop`\.`xyzzy` TO 'private'@'%'$/);
  });

  test.each([
    ['mariadb', 'PostgreSQL', 'postgres:'],
    ['postgres', 'MariaDB', 'mariadb:'],
  ])('a URL of %s that leads to %s is refused at once', async (scheme, title, right) => {
    const at = scheme === 'mariadb' ? postgres.server.port : mariadb.server.port;
    const url = `${scheme}://app:secret@127.0.0.1:${at}/shop`;
    const error = await failureOf(connect(url));
    expect([error.code, error.found]).toEqual(['wrong-engine', title]);
    expect(error.hint).toContain(`${right}//…@127.0.0.1:${at}/shop`);
    expect(error.message + error.hint).not.toContain('secret');
  });

  test('the right engine is let through', async () => {
    await requireOwnServer(databaseUrl(mariadb.server, 'shop'));
    await requireOwnServer(`postgres://127.0.0.1:${postgres.server.port}/postgres`);
  });
});

describe('a server that is to be captured', () => {
  const settings = [
    ['binlog_format', 'STATEMENT', 'ROW'],
    ['binlog_row_image', 'MINIMAL', 'FULL'],
    ['binlog_row_metadata', 'NO_LOG', 'FULL'],
  ] as const;
  test.each(settings)('%s=%s is refused, and its hint fixes it', async (setting, wrong, right) => {
    await port.requireUsable?.(mariadb.server);
    await admin.query(`SET GLOBAL ${setting} = ${wrong}`);
    const error = await failureOf(port.requireUsable?.(mariadb.server) ?? Promise.resolve());
    expect([error.code, error.expected, error.found]).toEqual([
      'wrong-server-settings',
      `${setting}=${right}`,
      `${setting}=${wrong}`,
    ]);
    await admin.query(error.hint?.split(';')[0] ?? '');
    await port.requireUsable?.(mariadb.server);
  });

  test('a user without rights is refused, and the hint grants them', async () => {
    const error = await failureOf(port.requireUsable?.(as('nothing')) ?? Promise.resolve());
    expect([error.code, error.expected]).toEqual([
      'missing-rights',
      expect.stringContaining('REPLICATION SLAVE, BINLOG MONITOR, CONNECTION ADMIN'),
    ]);
    await admin.query(error.hint ?? '');
    await port.requireUsable?.(as('nothing'));
  });

  test('one without a binary log is refused', async () => {
    await using bare = await startTestMariadb(['--skip-log-bin']);
    const error = await failureOf(port.requireUsable?.(bare.server) ?? Promise.resolve());
    expect([error.expected, error.found]).toEqual(['log_bin=ON', 'log_bin=OFF']);
  });
});
