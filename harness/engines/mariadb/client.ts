import type { FieldPacket, Pool, PoolConnection, QueryError, ResultSetHeader } from 'mysql2';
import type { OpenOptions } from '#engines/port/server.ts';
import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import type { Row } from '#model/values.ts';
import { driver } from './driver.ts';
import { type Flavour, flavourOf, flavourOfUrl } from './flavour.ts';
import { transportOf } from './transport.ts';

/**
 * Session settings under which a value's text does not depend on the server's configuration. The mode lets a session read and
 * write whatever another one could have written (zero dates, a zero in a column that counts), and cuts nothing off.
 */
const canonicalSession = ({
  session,
}: Flavour): string => `SET NAMES utf8mb4, time_zone = '+00:00', group_concat_max_len = 4294967295,
  sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO',
  sql_safe_updates = 0, sql_select_limit = 18446744073709551615, ${session}, wait_timeout = 31536000`;

/** What a session has that runs SQL of a person's: the server's own settings. */
const OWN_SESSION = 'SET NAMES utf8mb4';

/** Types of the protocol whose values are bytes where their character set is `binary`. */
const BYTE_TYPES = new Set([15, 16, 249, 250, 251, 252, 253, 254, 255]);
const BINARY = 63;

export function databaseUrl(server: DatabaseServer, database: string): string {
  const url = new URL(`${flavourOf(server).name}://${server.host}:${server.port}/${encodeURIComponent(database)}`);
  url.username = encodeURIComponent(server.user);
  url.password = encodeURIComponent(server.password);
  return url.href;
}

export interface ConnectOptions extends OpenOptions {
  /** The session's settings are the server's, as for SQL that a person has written for it. */
  readonly asConfigured?: boolean;
  /** Longest time to connect. */
  readonly connectMs?: number;
}

/** What a statement answers. */
export interface Result {
  readonly columns: readonly string[];
  /** Every value as the server writes it; bytes and bits as `\x` and hex digits. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Rows that were written or found to be so already; undefined for what answers with rows. */
  readonly affected?: number;
  /** Of an UPDATE those that got other values; it writes no others. */
  readonly changed?: number;
  /** Of what committed a transaction its GTID, where the server tells it with its answer. */
  readonly gtid?: string;
}

/** Where a URL leads; of a name without a database, to none. */
export function target(url: string): { host: string; port: number; user: string; password: string; database?: string } {
  const { hostname, port, username, password, pathname } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1));
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    ...(database === '' ? {} : { database }),
  };
}

/** A pool, and how to learn why a connection of it has other settings than it should have. */
function openPool(
  url: string,
  options: ConnectOptions,
): { pool: Pool; refusal(of: PoolConnection): Error | undefined } {
  const refused = new WeakMap<PoolConnection, Error>();
  const ssl = transportOf(url);
  const pool = driver().createPool({
    ...target(url),
    ...(ssl === undefined ? {} : { ssl }),
    connectionLimit: options.max ?? 4,
    connectTimeout: options.connectMs ?? 10_000,
    connectAttributes: { program_name: options.application ?? 'driftlab' },
    charset: 'utf8mb4',
    // Spaces before a parenthesis are as the server has it, and no server may ask for files of ours.
    flags: ['-IGNORE_SPACE', '-LOCAL_FILES'],
    rowsAsArray: true,
    // The driver's own conversions to numbers and dates would lose digits.
    typeCast: (field) => field.buffer(),
  });
  pool.on('connection', (connection) => {
    // The server may be killed on purpose while connections idle; the next query says what happened.
    connection.on('error', () => {});
    connection.query(options.asConfigured === true ? OWN_SESSION : canonicalSession(flavourOfUrl(url)), (error) => {
      if (error !== null) refused.set(connection, error);
    });
  });
  // A connection on which nothing happens must not keep the process alive.
  pool.on('acquire', (connection) => socketOf(connection).ref());
  pool.on('release', (connection) => socketOf(connection).unref());
  return { pool, refusal: (connection) => refused.get(connection) };
}

function socketOf(connection: PoolConnection): { ref(): void; unref(): void } {
  return (connection as unknown as { stream: { ref(): void; unref(): void } }).stream;
}

function textOf(value: Buffer | null, field: FieldPacket): string | null {
  if (value === null) return null;
  const { columnType, characterSet } = field as unknown as { columnType: number; characterSet: number };
  return characterSet === BINARY && BYTE_TYPES.has(columnType) ? `\\x${value.toString('hex')}` : value.toString('utf8');
}

/** The rows by the names of their columns. */
export function objectsOf({ columns, rows }: Result): Row[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])));
}

/** The server tells how many rows an UPDATE changed in words alone. */
function writtenOf(header: ResultSetHeader): Pick<Result, 'affected' | 'changed' | 'gtid'> {
  const { affectedRows, info } = header;
  const changed = /Changed: (\d+)/.exec(info)?.[1];
  const gtid = (header as { readonly stateChanges?: { readonly gtids: readonly string[] } }).stateChanges?.gtids.at(-1);
  return {
    affected: affectedRows,
    ...(changed === undefined ? {} : { changed: Number(changed) }),
    ...(gtid === undefined ? {} : { gtid }),
  };
}

/** A row as it comes from the server. */
type Raw = readonly (Buffer | null)[];

function textsOf(row: Raw, fields: readonly FieldPacket[]): (string | null)[] {
  return row.map((value, index) => textOf(value, fields[index] as FieldPacket));
}

/** Rows that are handed over at once. */
const STREAMED_ROWS = 500;

async function streamRows(
  connection: PoolConnection,
  sql: string,
  take: (rows: Result['rows']) => Promise<void> | void,
) {
  const stream = connection.query(sql).stream({ highWaterMark: STREAMED_ROWS });
  let fields: readonly FieldPacket[] = [];
  stream.once('fields', (all: readonly FieldPacket[]) => {
    fields = all;
  });
  let rows: (string | null)[][] = [];
  // Where `take` throws, the connection reads on without anybody, so that it can be asked again.
  for await (const row of stream as AsyncIterable<Raw>) {
    rows.push(textsOf(row, fields));
    if (rows.length < STREAMED_ROWS) continue;
    await take(rows);
    rows = [];
  }
  await take(rows);
}

function resultOf(answer: unknown, fields: readonly FieldPacket[] | undefined): Result {
  if (fields === undefined) return { columns: [], rows: [], ...writtenOf(answer as ResultSetHeader) };
  const rows = (answer as Raw[]).map((row) => textsOf(row, fields));
  return { columns: fields.map(({ name }) => name), rows };
}

/**
 * Why no connection came about, as a person can read it; the code is the driver's or the server's. No OperatorError: whoever
 * waits for a server asks on, and would stop at one.
 */
function unconnected(error: QueryError, url: string): Error {
  return told(error, `${placeOf(url)} cannot be reached as ${target(url).user}`);
}

/** A statement's error; of a connection that broke under it the driver does not say which. */
function unanswered(error: QueryError, url: string): Error {
  if (error.code !== 'PROTOCOL_CONNECTION_LOST') return error;
  return told(error, `${placeOf(url)} did not answer`);
}

function placeOf(url: string): string {
  const { host, port, database } = target(url);
  return `${flavourOfUrl(url).title} (${host}:${port}${database === undefined ? '' : `, database ${database}`})`;
}

function told(error: QueryError, what: string): Error {
  const { code, errno, message } = error;
  return Object.assign(new Error(`${what}: ${message === '' ? code : message}`, { cause: error }), { code, errno });
}

/** What can be asked of one connection. */
export interface Session {
  run(sql: string, params?: readonly unknown[]): Promise<Result>;
  /** Hands the rows of a query over as they arrive; the server waits where `take` does. */
  each(sql: string, take: (rows: Result['rows']) => Promise<void> | void): Promise<void>;
}

/** A {@link Database} over a pool, and what else its engine needs of one. */
export interface MariadbDatabase extends Database {
  run(sql: string, params?: readonly unknown[]): Promise<Result>;
  /** Runs `work` on one connection, which nobody else uses meanwhile; it is closed where that throws. */
  session<T>(work: (run: Session['run'], each: Session['each']) => Promise<T>): Promise<T>;
}

export function openDatabase(url: string, options: ConnectOptions = {}): MariadbDatabase {
  const flavour = flavourOfUrl(url);
  const { pool, refusal } = openPool(url, options);
  let closed: Promise<void> | undefined;
  const asked = new Set<Promise<unknown>>();
  const connect = (): Promise<PoolConnection> =>
    new Promise((resolve, reject) => {
      if (closed !== undefined) return reject(new Error('Pool is closed.'));
      pool.getConnection((error, connection) => {
        if (error) reject(unconnected(error as QueryError, url));
        else resolve(connection);
      });
    });
  const tracked = <T>(answered: Promise<T>): Promise<T> => {
    asked.add(answered);
    void answered.catch(() => {}).finally(() => asked.delete(answered));
    return answered;
  };
  const ask = (connection: PoolConnection, sql: string, params: readonly unknown[] = []): Promise<Result> =>
    new Promise((resolve, reject) => {
      connection.query(params.length === 0 ? sql : flavour.bound(sql, params), (error, answer, fields) => {
        const wrong = refusal(connection) ?? (error && unanswered(error, url));
        if (wrong) reject(wrong);
        else resolve(resultOf(answer, fields));
      });
    });
  // The pool says that it has ended once the first of its connections has broken: somebody's statement would be cut off.
  const end = async (): Promise<void> => {
    await Promise.allSettled(asked);
    await new Promise<void>((resolve) => pool.end(() => resolve()));
  };
  const answerOf = async (sql: string, params?: readonly unknown[]): Promise<Result> => {
    const connection = await connect();
    try {
      return await ask(connection, sql, params);
    } finally {
      connection.release();
    }
  };
  // From before its connection is there: a pool that ends gives none out any more.
  const run = (sql: string, params?: readonly unknown[]): Promise<Result> => tracked(answerOf(sql, params));
  return {
    engine: flavour.name,
    name: target(url).database ?? '',
    url,
    run,
    async query<T extends object>(sql: string, params?: readonly unknown[]): Promise<T[]> {
      return objectsOf(await run(sql, params)) as T[];
    },
    async session(work) {
      const connection = await connect();
      try {
        const result = await work(
          (sql, params) => tracked(ask(connection, sql, params)),
          (sql, take) => streamRows(connection, sql, take),
        );
        connection.release();
        return result;
      } catch (error) {
        connection.destroy();
        throw error;
      }
    },
    close() {
      closed ??= end();
      return closed;
    },
  };
}
