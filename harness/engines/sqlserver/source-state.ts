import type { SourceState } from '#model/cause.ts';
import type { Database } from '#model/pipeline.ts';
import { AGENT_SQL, captureInstances, JOBS_SQL, SCAN_ERRORS_SQL, SCANS_SQL } from './capture.ts';
import { CONNECTOR_PROGRAM } from './connectors.ts';
import { formatLsn } from './position.ts';

type Asked = Pick<Database, 'query'>;

const DATABASE_SQL = `SELECT is_cdc_enabled, snapshot_isolation_state_desc, is_read_committed_snapshot_on, recovery_model_desc,
  log_reuse_wait_desc, collation_name
FROM sys.databases WHERE database_id = DB_ID()`;

const KEPT = 'changes_kept_from';
const REMOVED = 'changes_removed_before';

/** From which commit on the changes of each table are kept, by names of settings. */
async function keptFrom(database: Asked): Promise<Map<string, string>> {
  const instances = await captureInstances(database).catch(() => []);
  const kept = new Map<string, string>();
  for (const { table, start } of instances) {
    // The older of two captures comes first, and has what is kept the longest.
    if (start !== undefined && !kept.has(`${KEPT} ${table}`)) kept.set(`${KEPT} ${table}`, formatLsn(start));
  }
  return kept;
}

/**
 * What bears on the capture, as far as this login may see it: the server keeps some of it from who may not. Against the state of
 * `before` it shows the tables of which captured changes have been removed since: LSNs sort as texts, too.
 */
export async function state(database: Asked, before?: SourceState): Promise<SourceState> {
  const ask = (sql: string): Promise<Readonly<Record<string, string | null>>[]> =>
    database.query<Record<string, string | null>>(sql).catch(() => []);
  const [own = {}] = await ask(DATABASE_SQL);
  const [agent] = await ask(AGENT_SQL);
  const [scan] = await ask(SCANS_SQL);
  const [error] = await ask(SCAN_ERRORS_SQL);
  const kept = await keptFrom(database);
  const removed = [...kept].flatMap(([name, from]) => {
    const earlier = before?.settings[name];
    return earlier !== undefined && earlier < from ? [[name.replace(KEPT, REMOVED), from] as const] : [];
  });
  const jobs = new Map((await ask(JOBS_SQL)).map((job) => [job.job_type, job]));
  const settings = {
    ...own,
    agent: agent?.state,
    capture_polling_s: jobs.get('capture')?.pollinginterval,
    capture_latency_s: scan?.latency_s,
    capture_errors: scan?.errors,
    capture_error: error === undefined ? undefined : `${error.number}: ${error.message}`,
    cleanup_retention_minutes: jobs.get('cleanup')?.retention,
    ...Object.fromEntries([...kept, ...removed]),
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

/**
 * The connectors that are connected for this database, and those of them that ask for changes. A connection that reads a snapshot
 * has its database too; one that streams asks for the end of what was captured again and again, and for changes.
 */
const STREAMED_SQL = `SELECT COUNT(DISTINCT s.program_name) AS connectors, COUNT(DISTINCT CASE
  WHEN q.text LIKE N'%fn[_]cdc[_]get[_]%' OR q.text LIKE N'%lsn[_]time[_]mapping%' OR q.text LIKE N'%[[][_][_]$start[_]lsn]%'
  THEN s.program_name END) AS streaming
FROM sys.dm_exec_sessions AS s
INNER JOIN sys.dm_exec_connections AS c ON c.session_id = s.session_id
OUTER APPLY sys.dm_exec_sql_text(c.most_recent_sql_handle) AS q
WHERE s.program_name LIKE N'${CONNECTOR_PROGRAM}%' AND (s.database_id = DB_ID() OR CHARINDEX(QUOTENAME(DB_NAME()), q.text) > 0)`;

/** See {@link SourcePort.isStreamed}: Debezium asks for changes once its snapshot has ended. */
export async function isStreamed(database: Asked): Promise<boolean> {
  const [row] = await database.query<{ connectors: string; streaming: string }>(STREAMED_SQL);
  return Number(row?.connectors ?? 0) > 0 && row?.streaming === row?.connectors;
}
