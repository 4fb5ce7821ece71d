import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { BulkWriter } from '#engines/port/bulk.ts';
import { until } from '#std/wait.ts';
import { openDatabase, openPool } from '../client.ts';
import { writeSql } from './statements.ts';

const ENDED_LIMIT_MS = 30_000;

/** See {@link BulkPort.openWriter}. */
export async function openWriter(url: string, { application }: { readonly application: string }): Promise<BulkWriter> {
  const pool = openPool(url, { max: 1, application });
  const client = await pool.connect();
  await client.query("SET lc_monetary = 'C'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0");
  return {
    async write(table, columns, rows, signal) {
      // A COMMIT of its own: whoever is killed before sending it has written nothing, even if the server has all the rows.
      await client.query('BEGIN');
      const stream = client.query(copyFrom(writeSql(table, columns)));
      await pipeline(rows, stream, { signal });
      await client.query('COMMIT');
      return stream.rowCount;
    },
    async [Symbol.asyncDispose]() {
      client.release(true);
      await pool.end();
    },
  };
}

/** See {@link BulkPort.endSessions}. */
export async function endSessions(url: string, application: string): Promise<void> {
  const database = openDatabase(url, { max: 1, application: 'driftlab admin' });
  const theirs =
    'FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database() AND usename = current_user';
  try {
    await until(
      async () => {
        await database.query(`SELECT pg_terminate_backend(pid) ${theirs}`, [application]);
        return (await database.query(`SELECT 1 ${theirs}`, [application])).length === 0;
      },
      { what: `the sessions "${application}" to end`, limitMs: ENDED_LIMIT_MS },
    );
  } finally {
    await database.close();
  }
}
