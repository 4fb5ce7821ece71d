import { createHmac } from 'node:crypto';
import type pg from 'pg';
import type { LimitedAnswer, ReadOnlyQuery } from '#engines/port/server.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { databaseUrl, openPool } from './client.ts';
import { quoteIdent } from './quote.ts';

/**
 * Who asks. A read-only transaction alone is not enough: a superuser's SELECT can drop slots, end sessions and read files of the
 * server, whatever the transaction is. This role can only read tables.
 */
const READER = 'driftlab_reader';

/** Of two who make the role at once, one is told so: by the name that is there, or by the index of names. */
const MADE_ALREADY = new Set(['42710', '23505']);

/** Answers that are no rows of a cursor. All else has to be what DECLARE takes: SELECT, WITH, VALUES or TABLE. */
const WITHOUT_CURSOR = /^\s*(?:EXPLAIN|SHOW)\b/i;

/** Runs a query as {@link READER} in a read-only transaction, by the protocol that takes one statement. */
export async function queryReadOnly(
  server: DatabaseServer,
  database: string,
  query: ReadOnlyQuery,
): Promise<LimitedAnswer> {
  const reader = await readerOf(server);
  const pool = openPool(databaseUrl(reader, database), { max: 1, application: 'driftlab query' });
  try {
    const client = await pool.connect();
    // A server that is not asked any more must not go on for nobody: without its client it ends at its own limit.
    const leave = (): void => client.release(true);
    query.signal.addEventListener('abort', leave, { once: true });
    try {
      return await ask(client, query);
    } finally {
      query.signal.removeEventListener('abort', leave);
      if (!query.signal.aborted) client.release(true);
    }
  } catch (error) {
    query.signal.throwIfAborted();
    throw refused(error, query);
  } finally {
    await pool.end();
  }
}

async function ask(client: pg.PoolClient, { sql, rows, limitMs }: ReadOnlyQuery): Promise<LimitedAnswer> {
  await client.query('BEGIN TRANSACTION READ ONLY');
  await client.query(`SET LOCAL statement_timeout = ${limitMs}`);
  const withoutCursor = WITHOUT_CURSOR.test(sql);
  const text = withoutCursor ? sql : `DECLARE answer NO SCROLL CURSOR FOR ${sql}`;
  const one = { text, rowMode: 'array', queryMode: 'extended' } as const;
  const direct = await client.query<(string | null)[]>(one);
  const answer = withoutCursor
    ? direct
    : await client.query<(string | null)[]>({ text: `FETCH FORWARD ${rows + 1} FROM answer`, rowMode: 'array' });
  return {
    columns: answer.fields.map(({ name }) => name),
    rows: answer.rows.slice(0, rows),
    more: answer.rows.length > rows,
  };
}

/** The role, made where it is not there yet. Its password follows from the server's, so that several ask as one. */
async function readerOf(server: DatabaseServer): Promise<DatabaseServer> {
  if (server.ownPrefix !== undefined) throw foreignServer();
  const password = createHmac('sha256', server.password).update(READER).digest('hex');
  const pool = openPool(databaseUrl(server, 'postgres'), { max: 1, application: 'driftlab query' });
  try {
    const { rowCount } = await pool.query('SELECT FROM pg_roles WHERE rolname = $1', [READER]);
    if (rowCount === 0)
      await pool
        .query(`CREATE ROLE ${quoteIdent(READER)} LOGIN PASSWORD '${password}' IN ROLE pg_read_all_data`)
        .catch((error: unknown) => {
          if (!MADE_ALREADY.has((error as { code?: string }).code ?? '')) throw error;
        });
  } finally {
    await pool.end();
  }
  return { ...server, user: READER, password };
}

/** On a server of somebody's the lab makes no roles, and what its own user may do there is not known. */
function foreignServer(): OperatorError {
  return new OperatorError({
    code: 'query-impossible',
    message: 'the server is not the lab’s own, and there is no role on it that can only read',
    expected: 'a database server that the lab has started',
    found: 'one that an environment variable names',
    hint: 'verifier_report has the rows that are wrong',
  });
}

function refused(error: unknown, { sql, limitMs }: ReadOnlyQuery): unknown {
  const { code } = error as { code?: unknown };
  if (error instanceof OperatorError || typeof code !== 'string') return error;
  if (code === '57014')
    return new OperatorError({
      code: 'query-limit',
      message: `the query took longer than ${limitMs / 1000} s`,
      expected: 'a shorter query',
      found: sql.slice(0, 200),
      hint: 'filter by the key, or LIMIT the rows',
      cause: error,
    });
  return new OperatorError({
    code: 'query-refused',
    message: `the database refuses the query: ${messageOf(error)}`,
    expected: 'one SELECT, WITH, VALUES, TABLE, EXPLAIN or SHOW that changes nothing',
    found: sql.slice(0, 200),
    cause: error,
  });
}
