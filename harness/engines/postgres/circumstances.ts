import type { Table } from '#model/catalog.ts';
import type { SinkState, SourceState } from '#model/cause.ts';
import type { Database } from '#model/pipeline.ts';
import { readCatalog } from './catalog.ts';
import { LEDGER_SLOT } from './change-feed.ts';

/** Settings that bear on what is captured or written, as the server has them. */
const SETTINGS = ['wal_level', 'max_slot_wal_keep_size', 'server_encoding'];

/** What the owner of the database or of a role has set for sessions; this project's own sessions override some of it. */
const SETTINGS_SQL = `
SELECT name, setting FROM pg_settings WHERE name = ANY(string_to_array('${SETTINGS.join(',')}', ','))
UNION ALL
SELECT split_part(one, '=', 1), substr(one, strpos(one, '=') + 1)
FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) one
WHERE d.datname = current_database()`;

const PUBLICATIONS_SQL = `
SELECT p.pubname AS name, p.puballtables AS all_tables, p.pubviaroot AS via_root,
       p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
       coalesce((SELECT json_agg(json_build_object('table', t.schemaname || '.' || t.tablename, 'filter', t.rowfilter, 'columns', t.attnames))
                 FROM pg_publication_tables t WHERE t.pubname = p.pubname), '[]') AS tables
FROM pg_publication p`;

const SLOTS_SQL = `
SELECT slot_name AS name, active, plugin, coalesce(wal_status, 'reserved') AS wal_status,
       coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::text AS retained
FROM pg_replication_slots WHERE database = current_database() AND slot_name <> ${LEDGER_SLOT}`;

const TABLES_SQL = `
SELECT n.nspname || '.' || c.relname AS table, c.relreplident AS identity,
       coalesce((SELECT json_agg(i.inhrelid::regclass::text) FROM pg_inherits i WHERE i.inhparent = c.oid AND c.relkind = 'p'), '[]') AS partitions
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`;

const CONSTRAINTS_SQL = `
SELECT n.nspname || '.' || c.relname AS table, k.conname AS name, k.contype AS kind, pg_get_constraintdef(k.oid) AS text,
       coalesce((SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY(k.conkey)), '[]') AS columns
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'n', 'x') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
UNION ALL
SELECT n.nspname || '.' || c.relname, x.relname, 'u', pg_get_indexdef(x.oid),
       coalesce((SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY(i.indkey::smallint[])), '[]')
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indisunique AND n.nspname NOT LIKE 'pg\\_%' AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)`;

const TRIGGERS_SQL = `
SELECT t.tgrelid::regclass || ': ' || t.tgname AS name FROM pg_trigger t
WHERE NOT t.tgisinternal AND t.tgname NOT LIKE 'driftlab%'`;

const IDENTITIES = { d: 'default', f: 'full', n: 'nothing', i: 'index' } as const;
const KINDS = {
  p: 'primary-key',
  u: 'unique',
  f: 'foreign-key',
  c: 'check',
  n: 'not-null',
  x: 'exclusion',
} as const;
const OPERATIONS = ['insert', 'update', 'delete', 'truncate'] as const;

type Queries = Pick<Database, 'query'>;

/** A query's rows with values of their own types: the session hands every single value over as text. */
async function rowsOf<T>(database: Queries, sql: string): Promise<readonly T[]> {
  const [row] = await database.query<{ rows: string }>(`SELECT coalesce(json_agg(q), '[]') AS rows FROM (${sql}) q`);
  return JSON.parse(row?.rows ?? '[]') as T[];
}

async function settingsOf(database: Queries): Promise<Readonly<Record<string, string>>> {
  const rows = await rowsOf<{ name: string; setting: string }>(database, SETTINGS_SQL);
  return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
}

/**
 * What the source's server says of its publications, slots, replica identities and partitions. `before` is the same at an
 * earlier moment: a slot has grown where it keeps more than it did then and is more than a segment behind.
 */
export async function readSourceState(database: Queries, before?: SourceState): Promise<SourceState> {
  const publications = await rowsOf<PublicationRow>(database, PUBLICATIONS_SQL);
  const slots = await rowsOf<SlotRow>(database, SLOTS_SQL);
  const tables = await rowsOf<TableRow>(database, TABLES_SQL);
  const earlier = new Map(before?.slots.map(({ name, retainedBytes }) => [name, retainedBytes]));
  return {
    publications: publications.map(publicationOf),
    slots: slots.map(({ name, active, plugin, wal_status, retained }) => ({
      ...{ name, active, plugin },
      walStatus: wal_status,
      retainedBytes: Number(retained),
      grew: Number(retained) > (earlier.get(name) ?? Number.POSITIVE_INFINITY),
    })),
    replicaIdentity: Object.fromEntries(tables.map(({ table, identity }) => [table, IDENTITIES[identity]])),
    partitions: Object.fromEntries(
      tables.filter(({ partitions }) => partitions.length > 0).map(({ table, partitions }) => [table, partitions]),
    ),
    settings: await settingsOf(database),
  };
}

interface PublicationRow {
  readonly name: string;
  readonly all_tables: boolean;
  readonly via_root: boolean;
  readonly pubinsert: boolean;
  readonly pubupdate: boolean;
  readonly pubdelete: boolean;
  readonly pubtruncate: boolean;
  readonly tables: readonly {
    readonly table: string;
    readonly filter: string | null;
    readonly columns: string[] | null;
  }[];
}

interface SlotRow {
  readonly name: string;
  readonly active: boolean;
  readonly plugin: string;
  readonly wal_status: string;
  readonly retained: string;
}

interface TableRow {
  readonly table: string;
  readonly identity: keyof typeof IDENTITIES;
  readonly partitions: readonly string[];
}

function publicationOf(row: PublicationRow): SourceState['publications'][number] {
  return {
    name: row.name,
    allTables: row.all_tables,
    viaRoot: row.via_root,
    tables: row.tables.map(({ table }) => table),
    operations: OPERATIONS.filter((operation) => row[`pub${operation}`]),
    filters: Object.fromEntries(row.tables.flatMap(({ table, filter }) => (filter === null ? [] : [[table, filter]]))),
    columns: Object.fromEntries(
      row.tables.flatMap(({ table, columns }) => (columns === null ? [] : [[table, columns]])),
    ),
  };
}

interface ConstraintRow {
  readonly table: string;
  readonly name: string;
  readonly kind: keyof typeof KINDS;
  readonly text: string;
  readonly columns: readonly string[];
}

/** What the sink's catalog has of tables, constraints and triggers. */
export async function readSinkState(database: Queries): Promise<SinkState> {
  const tables: Table[] = await readCatalog(database);
  const constraints = await rowsOf<ConstraintRow>(database, CONSTRAINTS_SQL);
  const triggers = await rowsOf<{ name: string }>(database, TRIGGERS_SQL);
  return {
    tables,
    constraints: constraints.map(({ kind, ...rest }) => ({ ...rest, kind: KINDS[kind] })),
    triggers: triggers.map(({ name }) => name),
    settings: await settingsOf(database),
  };
}
