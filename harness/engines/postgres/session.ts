import pg from 'pg';
import type { Database } from '#model/pipeline.ts';
import type { WriterSession } from '#model/workload.ts';
import { writeSql } from './writes.ts';

/** Opens a session on `database`; it connects at the first transaction, and anew after its connection broke. */
export function openWriterSession(database: Database): WriterSession {
  let client: pg.Client | undefined;

  const connected = async (): Promise<pg.Client> => {
    if (client !== undefined) return client;
    const fresh = new pg.Client({ connectionString: database.url, application_name: 'driftlab writer' });
    fresh.on('error', () => {
      if (client === fresh) client = undefined;
    });
    await fresh.connect();
    client = fresh;
    return fresh;
  };

  /** The one value of the last result of several statements sent at once. */
  const lastValue = async (sql: string): Promise<string> => {
    const results = (await (await connected()).query(sql)) as unknown as pg.QueryResult<Record<string, string>>[];
    const row = results[results.length - 1]?.rows[0];
    return Object.values(row ?? {})[0] ?? '';
  };

  return {
    begin: () => lastValue('BEGIN; SELECT pg_current_xact_id()::text'),
    async run(statement) {
      const { sql, params } = 'sql' in statement ? statement : writeSql(statement);
      const found = (await (await connected()).query(sql, [...params])).rowCount ?? -1;
      // Every row that a statement finds gets a new version.
      return { found, changed: found };
    },
    async commit() {
      await (await connected()).query('COMMIT');
      return { transaction: undefined };
    },
    async rollback() {
      if (client === undefined) return;
      const broken = client;
      try {
        await broken.query('ROLLBACK');
      } catch {
        client = undefined;
        await broken.end().catch(() => {});
      }
    },
    isRefusal: (error): error is Error => error instanceof pg.DatabaseError,
    async close() {
      const open = client;
      client = undefined;
      await open?.end().catch(() => {});
    },
  };
}
