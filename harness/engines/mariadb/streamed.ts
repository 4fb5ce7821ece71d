import type { Database } from '#model/pipeline.ts';

/**
 * Whether a connector reads the log: Debezium asks for it once its snapshot has ended. Its reader logs in without a database;
 * that of a ledger, which is no connector, has the one that it reads for. Other users' are replicas of somebody else's.
 */
export async function isStreamed(database: Pick<Database, 'query'>): Promise<boolean> {
  const rows = await database.query<{ n: string }>(
    `SELECT count(*) AS n FROM information_schema.processlist
     WHERE command LIKE 'Binlog Dump%' AND db IS NULL AND user = SUBSTRING_INDEX(USER(), '@', 1)`,
  );
  return Number(rows[0]?.n ?? 0) > 0;
}
