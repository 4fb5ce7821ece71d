import { type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { lsnOf } from './position.ts';
import { quoteIdent, quoteLiteral, splitTableId } from './quote.ts';

type Asked = Pick<Database, 'query'>;

/** A schema for what is the lab's own. */
export const OWN_SCHEMA = 'driftlab';

export const SCHEMA_SQL = `IF SCHEMA_ID(${quoteLiteral(OWN_SCHEMA)}) IS NULL EXEC(N'CREATE SCHEMA ${quoteIdent(OWN_SCHEMA)}')`;

/** Has the database's changes captured; does nothing where they are. Needs the server role sysadmin. */
export const ENABLE_DATABASE_SQL = `IF NOT EXISTS (SELECT 1 FROM sys.databases WHERE database_id = DB_ID() AND is_cdc_enabled = 1)
  EXEC sys.sp_cdc_enable_db`;

/**
 * Lets a transaction read one moment of the database while others write: see {@link SNAPSHOT_SQL}. Debezium's
 * `snapshot.isolation.mode=snapshot` needs it, too. It waits for all transactions that are open.
 */
export const ALLOW_SNAPSHOT_SQL = `IF EXISTS (SELECT 1 FROM sys.databases WHERE database_id = DB_ID() AND snapshot_isolation_state = 0)
  ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON`;

/** What a transaction that is to read one moment says before it begins. */
export const SNAPSHOT_SQL = 'SET TRANSACTION ISOLATION LEVEL SNAPSHOT';

interface Instance {
  /** `dbo_customers`; a table has at most two. */
  readonly name: string;
  /** Who may read its changes; null lets everybody who may read the table. */
  readonly role?: string | null;
  /** Needs a key, and an index over it in the change table. */
  readonly netChanges?: boolean;
  /** The unique index by which net changes tell rows apart, of no meaning without them; the primary key's where there is none. */
  readonly index?: string | null;
  /** The columns that are captured, as the server lists them: `[id], [name]`; all of them where it is left out. */
  readonly columns?: string;
}

/** Captures a table's changes, its columns as they are now. */
export function enableTableSql(
  table: TableId,
  { name, role = null, netChanges = false, index = null, columns }: Instance,
): string {
  const { schema, name: own } = splitTableId(table);
  const parameters = [
    ['source_schema', quoteLiteral(schema)],
    ['source_name', quoteLiteral(own)],
    ['capture_instance', quoteLiteral(name)],
    ['role_name', role === null ? 'NULL' : quoteLiteral(role)],
    ['supports_net_changes', netChanges ? '1' : '0'],
    ...(netChanges && index !== null ? [['index_name', quoteLiteral(index)]] : []),
    ...(columns === undefined ? [] : [['captured_column_list', quoteLiteral(columns)]]),
  ];
  return `EXEC sys.sp_cdc_enable_table ${parameters.map(([key, value]) => `@${key} = ${value}`).join(', ')}`;
}

/** Ends one capture of a table, and drops the changes that were captured by it. */
export function disableTableSql(table: TableId, instance: string): string {
  const { schema, name } = splitTableId(table);
  return `EXEC sys.sp_cdc_disable_table @source_schema = ${quoteLiteral(schema)}, @source_name = ${quoteLiteral(name)}, @capture_instance = ${quoteLiteral(instance)}`;
}

/** The same of all tables, as a query; `sys.sp_cdc_help_change_data_capture` shows only what a role lets one see. */
const INSTANCES_SQL = `SELECT OBJECT_SCHEMA_NAME(t.source_object_id) AS [schema], OBJECT_NAME(t.source_object_id) AS [table],
  t.capture_instance AS instance, CONVERT(varchar(22), t.start_lsn, 1) AS start,
  (SELECT COUNT_BIG(*) FROM cdc.captured_columns AS c WHERE c.object_id = t.object_id) AS columns
FROM cdc.change_tables AS t
ORDER BY 1, 2, t.create_date`;

/** A capture of a table. */
export interface CaptureInstance {
  readonly table: TableId;
  readonly name: string;
  /** From which commit on it has the table's changes; undefined until the capture job has seen that it exists. */
  readonly start: bigint | undefined;
  readonly columns: number;
}

/** All captures of the database, a table's older one first. Fails where the database is not enabled for CDC. */
export async function captureInstances(database: Asked): Promise<CaptureInstance[]> {
  const rows = await database.query<{
    schema: string;
    table: string;
    instance: string;
    start: string | null;
    columns: string;
  }>(INSTANCES_SQL);
  return rows.map(({ schema, table, instance, start, columns }) => ({
    ...{ table: tableId({ schema, name: table }), name: instance },
    ...{ start: lsnOf(start), columns: Number(columns) },
  }));
}

/** A name for a table's next capture: the server makes `schema_table` of the first one itself. */
export function nextInstanceName(table: TableId, existing: readonly string[]): string {
  const { schema, name } = splitTableId(table);
  const base = `${schema}_${name}`.slice(0, INSTANCE_NAME_MAX);
  const taken = new Set(existing);
  for (let n = 1; ; n++) {
    const wanted = n === 1 ? base : `${base}_${n}`;
    if (!taken.has(wanted)) return wanted;
  }
}

/** The server allows 100 characters; a number goes behind them. */
const INSTANCE_NAME_MAX = 90;

/** Captures tables that are not captured yet. */
export async function captureTables(database: Asked, tables: readonly TableId[]): Promise<void> {
  const instances = await captureInstances(database);
  for (const table of tables) {
    if (instances.some((one) => one.table === table)) continue;
    const name = nextInstanceName(
      table,
      instances.map((one) => one.name),
    );
    await database.query(enableTableSql(table, { name }));
  }
}

const IS_CAPTURED_SQL = 'SELECT is_cdc_enabled AS captured FROM sys.databases WHERE database_id = DB_ID()';

/** Whether the database's changes are captured. Where they are not, what else is asked of captures fails. */
export async function isCaptured(database: Asked): Promise<boolean> {
  const [state] = await database.query<{ captured: string }>(IS_CAPTURED_SQL);
  return state?.captured === '1';
}

/**
 * Captures a table anew after its columns changed: what was captured before has the columns of then. Debezium goes over to the
 * new capture at the commit with which that begins, and reads the older one up to there, so both must be: a table has at most
 * two, and an older of two is retired first. What was said when the newest was begun holds on: its role, its net changes, and the
 * columns that it leaves out. Does nothing where the table is not captured.
 */
export async function renewCapture(database: Asked, table: TableId, added: readonly string[]): Promise<void> {
  if (!(await isCaptured(database))) return;
  const instances = await captureInstances(database);
  const own = instances.filter((one) => one.table === table);
  const newest = own.at(-1);
  if (newest === undefined) return;
  const settings = settingsOf(await database.query<SettingsRow>(settingsSql(newest.name)), added);
  for (const { name } of own.slice(0, -1)) await database.query(disableTableSql(table, name));
  const name = nextInstanceName(
    table,
    instances.map((one) => one.name),
  );
  await database.query(enableTableSql(table, { name, ...settings }));
}

/** Each column of a captured table, whether the capture has it, and what was said when the capture was begun. */
const settingsSql = (
  instance: string,
): string => `SELECT c.name AS name, CASE WHEN k.column_id IS NULL THEN 0 ELSE 1 END AS captured,
  t.role_name AS role, t.supports_net_changes AS net, t.index_name AS [index]
FROM cdc.change_tables AS t INNER JOIN sys.columns AS c ON c.object_id = t.source_object_id
LEFT JOIN cdc.captured_columns AS k ON k.object_id = t.object_id AND k.column_id = c.column_id
WHERE t.capture_instance = ${quoteLiteral(instance)} ORDER BY c.column_id`;

interface SettingsRow {
  readonly name: string;
  readonly captured: string;
  readonly role: string | null;
  readonly net: string;
  readonly index: string | null;
}

/** The same with the columns that were added. All columns need no list. */
function settingsOf(rows: readonly SettingsRow[], added: readonly string[]): Omit<Instance, 'name'> {
  const [first] = rows;
  if (first === undefined) return {};
  const wanted = rows.filter(({ name, captured }) => captured === '1' || added.includes(name));
  return {
    ...{ role: first.role, netChanges: first.net === '1', index: first.index },
    ...(wanted.length < rows.length ? { columns: wanted.map(({ name }) => quoteIdent(name)).join(', ') } : {}),
  };
}

/** The lowest commit of which a capture still has the changes; zeros for an instance that is not there. */
export function minLsnSql(instance: string): string {
  return `SELECT CONVERT(varchar(22), sys.fn_cdc_get_min_lsn(${quoteLiteral(instance)}), 1) AS lsn`;
}

/** Whether the Agent runs, which runs the capture job. It needs VIEW SERVER STATE; not every platform has the view. */
export const AGENT_SQL = `SELECT servicename AS service, status_desc AS state FROM sys.dm_server_services
WHERE servicename LIKE N'SQL Server Agent%'`;

/** The last scans of the log, the newest first: how far behind the log the capture job was, in seconds, and what it met. */
export const SCANS_SQL = `SELECT TOP (5) session_id AS session, CONVERT(varchar(30), end_time, 126) AS ended, latency AS latency_s,
  tran_count AS transactions, error_count AS errors, empty_scan_count AS empty
FROM sys.dm_cdc_log_scan_sessions WHERE session_id > 0 ORDER BY session_id DESC`;

export const SCAN_ERRORS_SQL = `SELECT TOP (5) error_number AS number, error_message AS message FROM sys.dm_cdc_errors ORDER BY entry_time DESC`;

/** The capture job's and the cleanup job's settings: `pollinginterval` in s, `retention` in minutes. */
export const JOBS_SQL = 'EXEC sys.sp_cdc_help_jobs';

/** What a person has to know who waits for the capture: whether the Agent runs, how far the last scan came, what it met. */
export async function captureState(database: Asked): Promise<string> {
  const [agent] = await database.query<{ service: string; state: string }>(AGENT_SQL).catch(() => []);
  const [scan] = await database.query<{ ended: string; latency_s: string; errors: string }>(SCANS_SQL).catch(() => []);
  const [error] = await database.query<{ number: string; message: string }>(SCAN_ERRORS_SQL).catch(() => []);
  return [
    `SQL Server Agent: ${agent?.state ?? 'unknown'}`,
    scan === undefined
      ? 'no scan of the log yet'
      : `last scan of the log: latency ${scan.latency_s} s, ${scan.errors} errors`,
    ...(error === undefined ? [] : [`${error.number}: ${error.message}`]),
  ].join('; ');
}
