import type { SetUpMark, SetUpPort } from '#engines/port/set-up.ts';
import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { CaptureSetUp, SourceSetUp, TargetSetUp } from '#model/set-up.ts';
import { PERSONS_OWN } from '../catalog.ts';
import { readWaits } from './waits.ts';

type Queries = Pick<Database, 'query'>;

const SETTINGS = ['wal_level', 'max_replication_slots', 'max_wal_senders', 'max_slot_wal_keep_size'];

/** A standby writes no log itself: it has come to what it has replayed. */
const WRITTEN = 'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END';

/** `rds_replication`: Amazon's service has a role for what no one but it can grant as an attribute. */
const CAPTURE_SQL = `
SELECT json_strip_nulls(json_build_object(
  'settings', (SELECT json_object_agg(name, setting) FROM pg_settings WHERE name = ANY(string_to_array('${SETTINGS.join(',')}', ','))),
  'superuser', r.rolsuper,
  'replication', r.rolsuper OR r.rolreplication
    OR EXISTS (SELECT FROM pg_roles m WHERE m.rolname = 'rds_replication' AND pg_has_role(m.oid, 'USAGE')),
  'createsPublications', has_database_privilege(current_database(), 'CREATE'),
  'senders', (SELECT count(*) FROM pg_stat_replication),
  'slots', (SELECT coalesce(json_agg(json_build_object('name', s.slot_name, 'plugin', coalesce(s.plugin, ''), 'active', s.active,
      'walStatus', coalesce(s.wal_status, 'reserved'),
      'unconfirmedBytes', pg_wal_lsn_diff(${WRITTEN}, s.confirmed_flush_lsn),
      'unsentBytes', (SELECT pg_wal_lsn_diff(${WRITTEN}, r.sent_lsn) FROM pg_stat_replication r WHERE r.pid = s.active_pid),
      'reader', CASE WHEN s.active_pid IS NOT NULL THEN (SELECT json_build_object('pid', s.active_pid,
          'user', coalesce(max(a.usename::text), ''), 'application', coalesce(max(a.application_name), ''),
          'address', coalesce(host(max(a.client_addr)), ''), 'sinceMs', floor(1000 * extract(epoch FROM max(a.query_start)))) FROM pg_stat_activity a WHERE a.pid = s.active_pid) END)
      ORDER BY s.slot_name), '[]') FROM pg_replication_slots s),
  'publication', (SELECT json_build_object('allTables', p.puballtables, 'insertsOnly', NOT (p.pubupdate OR p.pubdelete), 'tables', (SELECT coalesce(json_agg(t.id), '[]') FROM (
      SELECT schemaname || '.' || tablename AS id FROM pg_publication_tables WHERE pubname = p.pubname
      UNION SELECT n.nspname || '.' || c.relname FROM pg_publication_rel l
        JOIN pg_class c ON c.oid = l.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE l.prpubid = p.oid) AS t))
    FROM pg_publication p WHERE p.pubname = $1)))::text AS read
FROM pg_roles r WHERE r.rolname = current_user`;

/** A right on every single column is the right on the table. */
const TABLES_SQL = `
SELECT json_build_object(
  'known', (SELECT coalesce(json_agg(n.nspname || '.' || c.relname), '[]')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${PERSONS_OWN}),
  'tables', (SELECT coalesce(json_agg(json_build_object('id', n.nspname || '.' || c.relname,
      'readable', has_schema_privilege(n.oid, 'USAGE') AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
        AND a.attnum > 0 AND NOT a.attisdropped AND NOT has_column_privilege(c.oid, a.attnum, 'SELECT')),
      'owner', pg_get_userbyid(c.relowner), 'owned', pg_has_role(c.relowner, 'USAGE'), 'identity', c.relreplident,
      'key', (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey::smallint[])
        WHERE i.indrelid = c.oid AND i.indisprimary))), '[]')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${PERSONS_OWN} AND n.nspname || '.' || c.relname IN (SELECT json_array_elements_text($1::json))))::text AS read`;

async function readClock(database: Queries): Promise<CaptureSetUp['clock']> {
  const beforeMs = Date.now();
  const sql = 'SELECT floor(1000 * extract(epoch FROM clock_timestamp()))::text AS ms';
  const [now] = await database.query<{ ms: string }>(sql);
  return { serverMs: Number(now?.ms), beforeMs, afterMs: Date.now() };
}

/** See {@link SetUpPort.source}. */
export async function readSource(database: Queries, { publication, tables }: SetUpMark): Promise<SourceSetUp> {
  const [capture] = await database.query<{ read: string }>(CAPTURE_SQL, [publication]);
  const [of] = await database.query<{ read: string }>(TABLES_SQL, [JSON.stringify(tables)]);
  const [waits, clock] = [await readWaits(database), await readClock(database)];
  const read = { ...JSON.parse(capture?.read ?? '{}'), waits, clock };
  return { ...JSON.parse(of?.read ?? '{}'), capture: read } as SourceSetUp;
}

const RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'];

const RIGHTS_SQL = `
SELECT n.nspname || '.' || c.relname AS id, (SELECT coalesce(json_agg(wanted.word), '[]')
  FROM unnest(string_to_array('${RIGHTS.join(',')}', ',')) AS wanted(word) WHERE has_table_privilege(c.oid, wanted.word))::text AS rights
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE ${PERSONS_OWN} AND n.nspname || '.' || c.relname IN (SELECT json_array_elements_text($1::json))`;

const SCHEMAS_SQL = `
SELECT json_build_object('name', wanted.name, 'exists', n.oid IS NOT NULL,
  'usable', n.oid IS NULL OR has_schema_privilege(n.oid, 'USAGE'),
  'creates', CASE WHEN n.oid IS NULL THEN has_database_privilege(current_database(), 'CREATE')
    ELSE has_schema_privilege(n.oid, 'CREATE') END)::text AS schema
FROM json_array_elements_text($1::json) AS wanted(name) LEFT JOIN pg_namespace n ON n.nspname = wanted.name`;

/** See {@link SetUpPort.targetRights}. */
export async function readTargetRights(
  database: Queries,
  tables: readonly TableId[],
): ReturnType<SetUpPort['targetRights']> {
  const names = [...new Set(tables.map((id) => id.slice(0, id.indexOf('.'))))];
  const rights = await database.query<{ id: string; rights: string }>(RIGHTS_SQL, [JSON.stringify(tables)]);
  const schemas = await database.query<{ schema: string }>(SCHEMAS_SQL, [JSON.stringify(names)]);
  return {
    rights: new Map(rights.map((row) => [row.id, JSON.parse(row.rights) as string[]])),
    schemas: schemas.map(({ schema }) => JSON.parse(schema) as TargetSetUp['schemas'][number]),
  };
}
