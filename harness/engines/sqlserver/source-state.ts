import type { SourceState } from '#model/cause.ts';
import type { Database } from '#model/pipeline.ts';
import { AGENT_SQL, JOBS_SQL, SCANS_SQL } from './capture.ts';

type Asked = Pick<Database, 'query'>;

const DATABASE_SQL = `SELECT is_cdc_enabled, snapshot_isolation_state_desc, is_read_committed_snapshot_on, recovery_model_desc,
  log_reuse_wait_desc, collation_name
FROM sys.databases WHERE database_id = DB_ID()`;

/** What bears on the capture, as far as this login may see it: the server keeps some of it from who may not. */
export async function state(database: Asked): Promise<SourceState> {
  const ask = (sql: string): Promise<Readonly<Record<string, string | null>>[]> =>
    database.query<Record<string, string | null>>(sql).catch(() => []);
  const [own = {}] = await ask(DATABASE_SQL);
  const [agent] = await ask(AGENT_SQL);
  const [scan] = await ask(SCANS_SQL);
  const jobs = new Map((await ask(JOBS_SQL)).map((job) => [job.job_type, job]));
  const settings = {
    ...own,
    agent: agent?.state,
    capture_polling_s: jobs.get('capture')?.pollinginterval,
    capture_latency_s: scan?.latency_s,
    capture_errors: scan?.errors,
    cleanup_retention_minutes: jobs.get('cleanup')?.retention,
  };
  return {
    ...{ publications: [], slots: [], replicaIdentity: {}, partitions: {} },
    settings: Object.fromEntries(
      Object.entries(settings).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    ),
  };
}

const LOG_BYTES_SQL = `SELECT SUM(v.num_of_bytes_written) AS bytes
FROM sys.dm_io_virtual_file_stats(DB_ID(), NULL) AS v
INNER JOIN sys.database_files AS f ON f.file_id = v.file_id AND f.type = 1`;

/** Bytes of the log that were written since the server started. */
export async function logBytes(database: Asked): Promise<number> {
  const [row] = await database.query<{ bytes: string | null }>(LOG_BYTES_SQL);
  return Number(row?.bytes ?? 0);
}

const STREAMED_SQL = `SELECT TOP (1) 1 AS streamed
FROM sys.dm_exec_connections AS c
INNER JOIN sys.dm_exec_sessions AS s ON s.session_id = c.session_id
CROSS APPLY sys.dm_exec_sql_text(c.most_recent_sql_handle) AS q
WHERE s.program_name LIKE N'Microsoft JDBC Driver%' AND CHARINDEX(QUOTENAME(DB_NAME()), q.text) > 0
  AND (q.text LIKE N'%fn[_]cdc[_]get[_]%' OR q.text LIKE N'%lsn[_]time[_]mapping%')`;

/** Whether a connector asks for changes: Debezium does so again and again once its snapshot has ended. */
export async function isStreamed(database: Asked): Promise<boolean> {
  return (await database.query(STREAMED_SQL)).length > 0;
}
