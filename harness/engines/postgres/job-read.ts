import type { Table } from '#model/catalog.ts';
import type { Database, JobRead } from '#model/pipeline.ts';
import type { Row } from '#model/values.ts';
import { until } from '#std/wait.ts';
import { quoteIdent } from './quote.ts';

const OPEN_TRANSACTIONS_LIMIT_MS = 10_000;

/**
 * Reads up to `limit` rows in key order, with an LSN below that of every change the read did not see.
 *
 * A row's LSN is that of its change, not of its commit: a transaction open while the LSN is taken may have written below
 * it and commit after the read. So the LSN is taken first, and the rows only once all transactions then open have ended.
 */
export async function jobRead(database: Database, table: Table, limit: number): Promise<JobRead> {
  const [start] = await database.query<{ lsn: string; xmax: string }>(
    `SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text AS lsn, pg_snapshot_xmax(pg_current_snapshot())::text AS xmax`,
  );
  if (start === undefined) throw new Error('PostgreSQL answered without a row');
  await until(
    async () => {
      const [now] = await database.query<{ ended: string }>(
        'SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 AS ended',
        [start.xmax],
      );
      return now?.ended === 't';
    },
    { what: 'the transactions that were open at the start of the job to end', limitMs: OPEN_TRANSACTIONS_LIMIT_MS },
  );
  const columns = table.columns.filter((column) => !column.generated).map((column) => quoteIdent(column.name));
  const rows = await database.query<Row>(
    `SELECT ${columns.join(', ')} FROM ${quoteIdent(table.schema)}.${quoteIdent(table.name)}
     ${table.key.length === 0 ? '' : `ORDER BY ${table.key.map(quoteIdent).join(', ')}`} LIMIT $1`,
    [limit],
  );
  return { rows, position: BigInt(start.lsn) };
}
