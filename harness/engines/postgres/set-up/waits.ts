import type { Database } from '#model/pipeline.ts';
import type { SourceWait } from '#model/set-up.ts';

/**
 * What captures or loads, and waits for a lock: of a table, or of a transaction that must end before a slot has its first position.
 * Of other users' sessions a server shows their statements to superusers and members of pg_read_all_stats alone. PostgreSQL 13 has no
 * `waitstart`.
 */
const WAITS_SQL = `
SELECT coalesce(json_agg(json_strip_nulls(json_build_object('application', w.application_name, 'statement', left(w.query, 500),
    'table', CASE WHEN l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      THEN (SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = l.relation) END,
    'waitedMs', floor(1000 * extract(epoch FROM
      clock_timestamp() - coalesce((to_jsonb(l) ->> 'waitstart')::timestamptz, w.query_start))),
    'holder', json_build_object('pid', h.pid, 'user', h.usename, 'application', h.application_name,
      'address', coalesce(host(h.client_addr), ''), 'state', h.state, 'since', to_char(h.xact_start, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'statement', nullif(left(h.query, 500), '<insufficient privilege>'))))), '[]')::text AS read
FROM pg_locks l JOIN pg_stat_activity w ON w.pid = l.pid
  CROSS JOIN LATERAL unnest(pg_blocking_pids(l.pid)) AS blocking(pid)
  JOIN pg_stat_activity h ON h.pid = blocking.pid
WHERE NOT l.granted AND w.application_name ~ '^(Debezium|driftlab)'`;

export async function readWaits(database: Pick<Database, 'query'>): Promise<readonly SourceWait[]> {
  const [waits] = await database.query<{ read: string }>(WAITS_SQL);
  return JSON.parse(waits?.read ?? '[]') as SourceWait[];
}
