import { Socket } from 'node:net';
import type pg from 'pg';
import type { ConnectOptions, Side, TablePlan, TableReader } from '#engines/port/reconcile.ts';
import { SERVER_SQL, serverOf } from '#engines/postgres/server.ts';
import { openPool } from '../client.ts';
import { unreachable } from '../refusal.ts';
import { cancelStatement } from './cancel.ts';
import { type Described, describeTable, type PostgresTable } from './describe.ts';
import { postgresReader } from './reader.ts';

/** Whether a statement fetches ranges through an index, or reads the whole table. */
type Access = 'index' | 'scan';

interface Ask {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly access: Access;
}

/** Runs one statement on a connection of the side; rows as arrays. */
export type AskSide = <Row extends unknown[]>(ask: Ask) => Promise<Row[]>;

/**
 * Nothing is ever written; one statement uses one core; money is spelled alike everywhere; rows hidden by a policy are an
 * error, not missing; a lock is not waited for without end; and a server notices within seconds that the one who asked
 * has gone, instead of finishing a long statement for nobody.
 */
const SESSION = `
SELECT set_config(name, value, false)
FROM (VALUES
  ('default_transaction_read_only', 'on'),
  ('max_parallel_workers_per_gather', '0'),
  ('jit', 'off'),
  ('lc_monetary', 'C'),
  ('row_security', 'off'),
  ('statement_timeout', '0'),
  ('lock_timeout', '30s'),
  ('client_connection_check_interval', '2s')) AS wanted(name, value)
WHERE name IN (SELECT s.name FROM pg_settings s)`;

/** How long a server gets to end what it was asked to cancel. */
const CANCEL_LIMIT_MS = 3000;

/** The planner has no statistics of a range yet to come, so it is told which way pays. */
const PLANNER: Readonly<Record<Access, string>> = {
  index: 'SET enable_seqscan = off; SET enable_bitmapscan = off',
  scan: 'SET enable_seqscan = on; SET enable_indexscan = off; SET enable_indexonlyscan = off',
};

export async function connectPostgres(url: string, { connections, signal }: ConnectOptions): Promise<Side> {
  const sockets = new Set<Socket>();
  const stream = () => {
    const socket = new Socket();
    sockets.add(socket);
    return socket.once('close', () => sockets.delete(socket));
  };
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const pool = openPool(url, { max: connections, application: 'driftlab reconcile', stream });
  const clients = new Set<pg.PoolClient>();
  const busy = new Set<pg.PoolClient>();
  const cancelAll = (): void => {
    // What runs is cancelled and its answer awaited; a server that does not answer loses its connections all the same.
    for (const client of busy) void cancelStatement(url, client);
    setTimeout(endAll, busy.size === 0 ? 0 : CANCEL_LIMIT_MS).unref();
  };
  const prepared = new WeakMap<pg.PoolClient, Access>();
  let bytesOfClosed = 0;
  pool.on('connect', (client) => clients.add(client));
  pool.on('remove', (client) => {
    clients.delete(client);
    bytesOfClosed += bytesOf(client);
  });
  signal?.addEventListener('abort', cancelAll, { once: true });

  const ask: AskSide = async <Row extends unknown[]>({ text, values = [], access }: Ask) => {
    signal?.throwIfAborted();
    const client = await pool.connect();
    // A connection that breaks tells the query that runs on it; told twice, it would end the process.
    const ignore = () => {};
    client.on('error', ignore);
    let broken = false;
    busy.add(client);
    try {
      signal?.throwIfAborted();
      if (!prepared.has(client)) await client.query(SESSION);
      if (prepared.get(client) !== access) {
        await client.query(
          `RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_indexscan; RESET enable_indexonlyscan; ${PLANNER[access]}`,
        );
        prepared.set(client, access);
      }
      const query = { text, values: [...values], rowMode: 'array' as const };
      return (await client.query<Row>(query)).rows;
    } catch (error) {
      broken = !('severity' in (error as object)) || signal?.aborted === true;
      signal?.throwIfAborted();
      throw error;
    } finally {
      busy.delete(client);
      client.off('error', ignore);
      client.release(broken);
    }
  };

  let closed: Promise<void> | undefined;
  const close = () => {
    signal?.removeEventListener('abort', cancelAll);
    // The driver leaves the socket of a connection open that it could not log in with, until the server gives it up.
    closed ??= pool.end().finally(endAll);
    return closed;
  };
  try {
    const about = serverOf((await ask<string[]>({ text: SERVER_SQL, access: 'scan' }))[0]);
    return {
      engine: 'postgres',
      ...about,
      bytesMoved: () => bytesOfClosed + [...clients].reduce((sum, client) => sum + bytesOf(client), 0),
      describe: (table, where) => describeTable(describedBy(ask), table, where),
      reader: (plan: TablePlan): TableReader =>
        postgresReader(plan as TablePlan & { readonly table: PostgresTable }, ask, about.traits),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close().catch(() => {});
    signal?.throwIfAborted();
    throw unreachable(url, error);
  }
}

/** Rows by name. They travel as JSON, because the side's statements give rows without names. */
function describedBy(ask: AskSide): Described {
  return {
    async query<T extends object>(text: string, values: readonly unknown[] = []) {
      const rows = await ask<[string]>({
        text: `SELECT to_json(q.*)::text FROM (${text}) AS q`,
        values,
        access: 'scan',
      });
      return rows.map(([json]) => JSON.parse(json) as T);
    },
    async explain(sql) {
      const [row] = await ask<[string]>({ text: `EXPLAIN (FORMAT JSON) ${sql}`, access: 'scan' });
      return row?.[0] ?? '[]';
    },
  };
}

interface WithSocket {
  readonly connection?: { readonly stream?: { bytesRead?: number; bytesWritten?: number } };
}

function socketOf(client: pg.PoolClient) {
  return (client as unknown as WithSocket).connection?.stream;
}

function bytesOf(client: pg.PoolClient): number {
  const socket = socketOf(client);
  return (socket?.bytesRead ?? 0) + (socket?.bytesWritten ?? 0);
}
