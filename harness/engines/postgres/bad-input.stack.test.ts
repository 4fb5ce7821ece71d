import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectSide } from '#engines/index.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import type { TestServer } from '#testing/database-server.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { requireUsable } from './admin.ts';
import { databaseUrl, openDatabase } from './client.ts';

let server: TestServer;

const asAdmin = async (sql: string, on = server): Promise<void> => {
  const admin = openDatabase(databaseUrl(on.server, 'postgres'), { max: 1 });
  try {
    await admin.query(sql);
  } finally {
    await admin.close();
  }
};

beforeAll(async () => {
  server = await startTestPostgres();
  for (const sql of [
    'CREATE DATABASE shop',
    'REVOKE CONNECT ON DATABASE shop FROM public',
    `CREATE ROLE "my app" LOGIN PASSWORD 'secret'`,
    `CREATE ROLE nobody PASSWORD 'secret'`,
  ])
    await asAdmin(sql);
});
afterAll(() => server?.[Symbol.asyncDispose]());

const as = (user: string, password = 'secret'): DatabaseServer => ({ ...server.server, user, password });

async function failureOf(work: Promise<unknown>): Promise<OperatorError> {
  const error = await work.then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  );
  if (error instanceof OperatorError) return error;
  throw error;
}

const reach = async (url: string): Promise<void> => {
  await using _ = await connectSide(url, { connections: 1 });
};

describe('a side of a comparison', () => {
  test('a right to connect that is missing is granted by the hint', async () => {
    const url = databaseUrl(as('my app'), 'shop');
    const error = await failureOf(reach(url));
    expect([error.code, error.exit, error.hint]).toEqual([
      'unreachable',
      1,
      'GRANT CONNECT ON DATABASE "shop" TO "my app"',
    ]);
    await asAdmin(error.hint ?? '');
    await reach(url);
  });

  test.each([
    ['my app', 'wrong', 'shop', /ALTER ROLE "my app" PASSWORD/],
    ['nobody', 'secret', 'postgres', /^ALTER ROLE "nobody" LOGIN/],
    ['my app', 'secret', 'shopp', /SELECT datname FROM pg_database/],
  ])('%s with the password %s at %s is refused with what changes it', async (user, password, database, hint) => {
    const error = await failureOf(reach(databaseUrl(as(user, password), database)));
    expect([error.code, error.exit]).toEqual(['unreachable', 1]);
    expect(error.hint).toMatch(hint);
    expect(error.message + error.hint).not.toContain(password);
  });

  test('a port on which nothing listens says so', async () => {
    const error = await failureOf(reach('postgres://app:secret@127.0.0.1:1/shop'));
    expect(error.hint).toMatch(/^nothing listens there/);
  });
});

describe('a server that is to be captured', () => {
  test("the lab's own lacks nothing", async () => {
    await requireUsable(server.server);
  });

  test('a role without rights is refused, and the hint gives them', async () => {
    const error = await failureOf(requireUsable(as('my app')));
    expect([error.code, error.expected]).toEqual(['missing-rights', 'REPLICATION, CREATEDB']);
    await asAdmin(error.hint ?? '');
    await requireUsable(as('my app'));
  });

  test('one that cannot be reached is answered as a side of a comparison is', async () => {
    const error = await failureOf(requireUsable({ ...server.server, port: 1 }));
    expect([error.code, error.hint]).toEqual(['unreachable', expect.stringMatching(/^nothing listens there/)]);
  });

  test('one that does not log what a connector reads is refused, and the statements of the hint fix it', async () => {
    await using bare = await startTestPostgres();
    await asAdmin('ALTER SYSTEM SET wal_level = replica', bare);
    await asAdmin('ALTER SYSTEM SET max_replication_slots = 1', bare);
    await bare.node.stop();
    await bare.node.start();
    const error = await failureOf(requireUsable(bare.server));
    expect([error.expected, error.found]).toEqual([
      'wal_level=logical, max_replication_slots=2',
      'wal_level=replica, max_replication_slots=1',
    ]);
    for (const sql of (error.hint ?? '').split('; ').slice(0, 2)) await asAdmin(sql, bare);
    await bare.node.stop();
    await bare.node.start();
    await requireUsable(bare.server);
  });
});
