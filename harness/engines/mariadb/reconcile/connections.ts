import { type MariadbDatabase, openDatabase, type Result } from '../client.ts';
import { type Held, hold } from '../held.ts';

/** A few connections on which nothing is written, and whose statements can be ended. */
export interface Connections {
  run(sql: string): Promise<Result>;
  /** Bytes of statements and of values so far. */
  bytesMoved(): number;
  close(): Promise<void>;
}

interface Session extends Pick<Held, 'run' | 'release'> {
  readonly id: string;
}

/** Reads only, and does not wait for a table's lock without end. */
const SESSION = ['SET SESSION TRANSACTION READ ONLY', 'SET lock_wait_timeout = 30'];

export function openConnections(url: string, max: number, signal: AbortSignal | undefined): Connections {
  const database = openDatabase(url, { max, application: 'driftlab reconcile' });
  const sessions = sessionPool(() => open(database), max);
  let bytes = 0;
  let closed: Promise<void> | undefined;
  const endStatements = (): void => void killStatements(url, [...sessions.busy]);
  signal?.addEventListener('abort', endStatements, { once: true });

  return {
    async run(sql) {
      signal?.throwIfAborted();
      const session = await sessions.take();
      let broken = true;
      try {
        const result = await session.run(sql);
        broken = false;
        bytes += sql.length + sizeOf(result);
        return result;
      } catch (error) {
        broken = !isRefusal(error);
        signal?.throwIfAborted();
        throw error;
      } finally {
        sessions.give(session, broken);
      }
    },
    bytesMoved: () => bytes,
    close() {
      signal?.removeEventListener('abort', endStatements);
      sessions.end();
      closed ??= database.close();
      return closed;
    },
  };
}

interface SessionPool {
  readonly busy: ReadonlySet<Session>;
  /** Waits for its turn where all are taken. */
  take(): Promise<Session>;
  give(session: Session, broken: boolean): void;
  /** Lets go of all that nobody uses, and of the others once they are given back. */
  end(): void;
}

function sessionPool(openOne: () => Promise<Session>, max: number): SessionPool {
  const free: Session[] = [];
  const busy = new Set<Session>();
  const waiting: (() => void)[] = [];
  let opened = 0;
  let ended = false;
  const left = (): void => {
    opened -= 1;
    waiting.shift()?.();
  };
  return {
    busy,
    async take() {
      while (free.length === 0 && opened >= max) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.push(resolve);
        await promise;
      }
      let session = free.pop();
      if (session === undefined) {
        opened += 1;
        try {
          session = await openOne();
        } catch (error) {
          left();
          throw error;
        }
      }
      busy.add(session);
      return session;
    },
    give(session, broken) {
      busy.delete(session);
      if (broken || ended) {
        session.release(broken);
        left();
        return;
      }
      free.push(session);
      waiting.shift()?.();
    },
    end() {
      ended = true;
      for (const session of free.splice(0)) session.release(false);
    },
  };
}

async function open(database: MariadbDatabase): Promise<Session> {
  const held = await hold(database);
  try {
    for (const sql of SESSION) await held.run(sql);
    const { rows } = await held.run('SELECT connection_id()');
    return { id: rows[0]?.[0] ?? '', run: held.run, release: held.release };
  } catch (error) {
    held.release(true);
    throw error;
  }
}

/** A server that only loses a connection goes on with its statement. */
async function killStatements(url: string, running: readonly Session[]): Promise<void> {
  if (running.length === 0) return;
  const database = openDatabase(url, { max: 1, connectMs: 3000 });
  try {
    // One that has just ended is an error, and all there is to do about it.
    for (const { id } of running) await database.run(`KILL QUERY ${id}`).catch(() => {});
  } finally {
    await database.close();
  }
}

/** The server's own errors bear the state of SQL; a connection that broke bears none. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && (error as { readonly sqlState?: unknown }).sqlState !== undefined;
}

function sizeOf({ rows }: Result): number {
  return rows.reduce((sum, row) => row.reduce((size, value) => size + (value?.length ?? 0), sum), 0);
}
