import type { Socket } from 'node:net';
import pg from 'pg';
import type { OpenOptions } from '#engines/port/server.ts';
import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';

/** Every value as PostgreSQL prints it: the driver's own conversions to numbers and dates would lose digits. */
const TEXT_TYPES: pg.CustomTypesConfig = { getTypeParser: () => (value: string | Buffer) => value };

/**
 * Session settings under which a value's text is canonical: UTC, ISO dates, every digit of a float, bytea in hex. Sent
 * when the connection is made, so they cost no round trip.
 */
const CANONICAL_SESSION =
  '-c TimeZone=UTC -c DateStyle=ISO,YMD -c IntervalStyle=iso_8601 -c extra_float_digits=3 -c bytea_output=hex';

/** By the scheme that every client program knows; some know no `postgres:`. */
export function databaseUrl(server: DatabaseServer, database: string): string {
  const url = new URL(`postgresql://${server.host}:${server.port}/${encodeURIComponent(database)}`);
  url.username = encodeURIComponent(server.user);
  url.password = encodeURIComponent(server.password);
  return url.href;
}

interface ConnectOptions extends OpenOptions {
  /** Makes the socket of each connection. */
  readonly stream?: () => Socket;
}

/** A pool whose every value comes back as text (see {@link TEXT_TYPES}); NULL as null. */
export function openPool(url: string, options: ConnectOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 4,
    application_name: options.application ?? 'driftlab',
    options: CANONICAL_SESSION,
    types: TEXT_TYPES,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: 10_000,
    // A connection on which nothing happens must not keep the process alive.
    allowExitOnIdle: true,
    ...(options.stream === undefined ? {} : { stream: options.stream }),
  });
  // The server may be killed on purpose while connections idle; the next query says what happened.
  pool.on('error', () => {});
  // So may it between two queries of one that is held, of which the pool hears nothing.
  pool.on('connect', (client) => client.on('error', () => {}));
  const { onWarning } = options;
  if (onWarning !== undefined)
    pool.on('connect', (client) =>
      client.on('notice', ({ severity, message }) => {
        if (severity === 'WARNING') onWarning(message ?? '');
      }),
    );
  return pool;
}

/** The rows of what is asked on a connection, or on any of a pool's. */
export function queriesOf(asked: Pick<pg.Pool | pg.PoolClient, 'query'>): Pick<Database, 'query'> {
  return {
    async query<T extends object>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
      const result = await (asked as pg.Pool).query(sql, [...params]);
      return result.rows as T[];
    },
  };
}

/** A {@link Database} over a pool. */
export function openDatabase(url: string, options: ConnectOptions = {}): Database & { readonly pool: pg.Pool } {
  const pool = openPool(url, options);
  let closed: Promise<void> | undefined;
  return {
    engine: 'postgres',
    name: decodeURIComponent(new URL(url).pathname.slice(1)),
    url,
    pool,
    ...queriesOf(pool),
    close() {
      closed ??= pool.end();
      return closed;
    },
  };
}
