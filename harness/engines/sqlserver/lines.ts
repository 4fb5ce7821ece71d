import type { Socket } from 'node:net';
import type sql from 'mssql';
import type { ConnectOptions } from './client.ts';
import { driver } from './driver.ts';
import type { ServerError } from './server-error.ts';
import { connectionConfig, placeOf } from './url.ts';

/** One connection, taken out of the pool. */
export interface Line {
  /** A request that runs on this connection. */
  request(): sql.Request;
  /** Leaves the connection as it was when it was made. */
  reset(): Promise<void>;
  release(): void;
  /** Closes it instead: nobody knows in which state it is. */
  destroy(): void;
}

/** What the driver's pool does and its types do not say: requests run on whatever gives them a connection. */
interface Giver {
  acquire(requester: object, callback: (error: unknown, connection?: Connection, config?: object) => void): unknown;
  release(connection: Connection): unknown;
}

/** The connection of the driver beneath. */
interface Connection {
  readonly socket?: Socket | undefined;
  reset(callback: (error?: Error) => void): void;
  close(): void;
}

/** Never: what is asked is waited for, and cancelled by whoever has asked. */
const NO_LIMIT_MS = 2 ** 31 - 1;

function poolOf(url: string, options: ConnectOptions, onRefused: (said: ServerError) => void): sql.ConnectionPool {
  const own = connectionConfig(url);
  const { ConnectionPool } = driver();
  return new ConnectionPool({
    ...own,
    connectionTimeout: options.connectMs ?? 10_000,
    requestTimeout: 0,
    arrayRowMode: true,
    // A query for every connection that is taken would double the way of each statement.
    validateConnection: 'socket',
    pool: {
      ...{ min: 0, max: options.max ?? 4 },
      ...{ acquireTimeoutMillis: NO_LIMIT_MS, createTimeoutMillis: NO_LIMIT_MS, destroyTimeoutMillis: 5000 },
    },
    options: {
      ...own.options,
      appName: options.application ?? 'driftlab',
      useUTC: true,
      // A database that is not there is no passing condition here.
      ...{ maxRetriesOnTransientErrors: 0 },
    },
    beforeConnect(connection) {
      // The driver's own error has neither the server's number nor its state.
      connection.on('errorMessage', onRefused as never);
      connection.once('connect', () => connection.off('errorMessage', onRefused as never));
    },
  } as sql.config);
}

/** A pool of connections. */
export function openLines(url: string, options: ConnectOptions): { take(): Promise<Line>; end(): Promise<void> } {
  let refused: ServerError | undefined;
  const pool = poolOf(url, options, (said) => {
    refused = said;
  });
  const giver = pool as unknown as Giver;
  // The server may be killed on purpose while connections idle; the next query says what happened.
  pool.on('error', () => {});
  const acquire = (): Promise<[Connection, object | undefined]> =>
    new Promise((resolve, reject) => {
      giver.acquire({}, (error, connection, config) => {
        if (connection === undefined) reject(error);
        else resolve([connection, config]);
      });
    });
  return {
    async take() {
      refused = undefined;
      try {
        await pool.connect();
        const [connection, config] = await acquire();
        return lineOf(giver, connection, config);
      } catch (error) {
        throw unconnected(error, refused, url);
      }
    },
    end: () => pool.close(),
  };
}

function lineOf(giver: Giver, connection: Connection, config: object | undefined): Line {
  // A connection on which nothing happens must not keep the process alive.
  connection.socket?.ref();
  const parent = {
    ...{ connected: true, config },
    acquire: (_: object, callback: Parameters<Giver['acquire']>[1]): void =>
      void setImmediate(callback, null, connection, config),
    release: (): void => {},
  };
  let given = false;
  const give = (): void => {
    if (given) return;
    given = true;
    connection.socket?.unref();
    giver.release(connection);
  };
  const { Request } = driver();
  return {
    request: () => new Request(parent as unknown as sql.ConnectionPool),
    reset: () =>
      new Promise((resolve, reject) => {
        connection.reset((error) => (error ? reject(error) : resolve()));
      }),
    release: give,
    destroy() {
      connection.close();
      give();
    },
  };
}

/**
 * Why no connection came about, as a person can read it; code, number and state are the driver's and the server's. No
 * OperatorError: whoever waits for a server asks on, and would stop at one.
 */
function unconnected(error: unknown, refused: ServerError | undefined, url: string): Error {
  const { host, port, user, database } = placeOf(url);
  const { message, code } = error as ServerError;
  const said = code === 'ELOGIN' ? refused : undefined;
  const text = `SQL Server (${host}:${port}, database ${database}) cannot be reached as ${user}: ${said?.message ?? message}`;
  return Object.assign(new Error(text, { cause: error }), {
    code,
    ...(said === undefined ? {} : { number: said.number, state: said.state, class: said.class }),
  });
}
