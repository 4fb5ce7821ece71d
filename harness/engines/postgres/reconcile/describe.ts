import type { SideColumn, SideTable } from '#engines/port/reconcile.ts';
import { baseType } from '#engines/postgres/canonical.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { isInteger } from './forms.ts';

/** A table as the reader needs it, with what only this engine understands. */
export interface PostgresTable extends SideTable {
  /** Quoted and with its schema. */
  readonly relation: string;
  /** What kind of view it is, where it is one. */
  readonly view: 'plain' | 'materialized' | undefined;
  /** Columns whose values the database makes unless it is told not to. */
  readonly identities: ReadonlySet<string>;
}

type Query = <T>(sql: string, params: readonly unknown[]) => Promise<T[]>;

export interface Catalog {
  readonly query: Query;
  /** The plan of a statement as JSON. */
  explain(sql: string): Promise<string>;
}

/** Pages above which fetching scattered rows one by one through an index is worse than reading the table: 128 MB. */
const SCATTERED_PAGES_MAX = 16_384;
const CORRELATION_MIN = 0.3;

/** Types that every server sorts alike. Others sort by a collation, or by how this one database came to be. */
const ORDERED: ReadonlySet<string> = new Set([
  'bytea',
  'date',
  'double precision',
  'numeric',
  'real',
  'time without time zone',
  'timestamp with time zone',
  'timestamp without time zone',
  'uuid',
]);

const TABLE_SQL = `
SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relpages::text AS pages,
  format('%I.%I', n.nspname, c.relname) AS relation
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = coalesce(
  to_regclass($1),
  (SELECT e.oid FROM pg_class e JOIN pg_namespace m ON m.oid = e.relnamespace
    WHERE (m.nspname || '.' || e.relname = $1 OR (e.relname = $1 AND pg_table_is_visible(e.oid)))
      AND e.relkind IN ('r','p','v','m','f') LIMIT 1))`;

// Collations as JSON: which columns describe one differs from version to version.
const COLUMNS_SQL = `
WITH RECURSIVE typed(attnum, type, typmod, required) AS (
  SELECT a.attnum, a.atttypid, a.atttypmod, false FROM pg_attribute a
  WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT b.attnum, y.typbasetype, y.typtypmod, b.required OR y.typnotnull
  FROM typed b JOIN pg_type y ON y.oid = b.type WHERE y.typtype = 'd'
)
SELECT a.attname AS name, format_type(b.type, b.typmod) AS type,
  (a.attnotnull OR b.required)::text AS required, (a.attgenerated <> '')::text AS generated,
  (a.attidentity = 'a')::text AS identity,
  CASE WHEN co.collname = 'default' THEN (SELECT to_json(d.*)::text FROM pg_database d WHERE d.datname = current_database())
    ELSE (SELECT to_json(co.*)::text) END AS collation,
  coalesce(co.collisdeterministic, true)::text AS deterministic
FROM typed b
JOIN pg_type y ON y.oid = b.type AND y.typtype <> 'd'
JOIN pg_attribute a ON a.attrelid = $1::oid AND a.attnum = b.attnum
LEFT JOIN pg_collation co ON co.oid = a.attcollation
ORDER BY a.attnum`;

const INDEXES_SQL = `
SELECT i.indisprimary::text AS primary,
  (SELECT json_agg(a.attname ORDER BY k.place)::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.place <= i.indnkeyatts) AS columns
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
WHERE i.indrelid = $1::oid AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND m.amname = 'btree'
  AND NOT EXISTS (SELECT FROM unnest(i.indoption::int2[]) AS o WHERE o <> 0)
  AND NOT EXISTS (
    SELECT FROM unnest(i.indkey::int2[], i.indcollation::oid[]) AS k(attnum, coll)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum WHERE k.coll <> 0 AND k.coll <> a.attcollation)
ORDER BY i.indisprimary DESC`;

interface TableRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly pages: string;
  readonly relation: string;
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly required: string;
  readonly generated: string;
  readonly identity: string;
  readonly collation: string | null;
  readonly deterministic: string;
}

/** Reads a table's columns, key and indexes. Throws an OperatorError (exit 1) where there is none, or none to be read. */
export async function describeTable(catalog: Catalog, name: string, where?: string): Promise<PostgresTable> {
  const { query } = catalog;
  const table = await findTable(query, name);
  const rows = await query<ColumnRow>(COLUMNS_SQL, [table.oid]);
  const indexes = (await query<{ primary: string; columns: string }>(INDEXES_SQL, [table.oid])).map((row) => ({
    primary: row.primary === 'true',
    columns: JSON.parse(row.columns) as string[],
  }));
  const key = indexes.find(({ primary }) => primary)?.columns ?? [];
  return {
    id: `${table.schema}.${table.name}`,
    relation: table.relation,
    view: table.kind === 'v' ? 'plain' : table.kind === 'm' ? 'materialized' : undefined,
    columns: rows.map(columnOf),
    identities: new Set(rows.filter((row) => row.identity === 'true').map((row) => row.name)),
    key,
    indexes: indexes.map(({ columns }) => columns),
    estimatedRows: await estimate(catalog, table.relation, where),
    clustered: await isClustered(query, table, key[0] ?? indexes[0]?.columns[0]),
  };
}

async function findTable(query: Query, name: string): Promise<TableRow> {
  let rows: TableRow[];
  try {
    rows = await query<TableRow>(TABLE_SQL, [name]);
  } catch (error) {
    throw unreadable(name, messageOf(error), error);
  }
  const [table] = rows;
  if (table !== undefined && 'rpvmf'.includes(table.kind)) return table;
  const known = await query<{ name: string }>(
    `SELECT schemaname || '.' || tablename AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 1000`,
    [],
  );
  const near = nearest(
    name.includes('.') ? name : `public.${name}`,
    known.map((row) => row.name),
  );
  throw new OperatorError({
    code: 'no-such-table',
    message: `there is no table ${name}`,
    exit: 1,
    ...(near.length > 0 ? { hint: `did you mean ${near.join(' or ')}?` } : {}),
  });
}

function unreadable(name: string, reason: string, cause: unknown): OperatorError {
  return new OperatorError({ code: 'unreadable', message: `cannot read ${name}: ${reason}`, cause, exit: 1 });
}

function columnOf(row: ColumnRow): SideColumn {
  return {
    name: row.name,
    type: row.type,
    nullable: row.required !== 'true',
    generated: row.generated === 'true',
    order: orderOf(row),
  };
}

/** See {@link SideColumn.order}. */
function orderOf({ type, collation, deterministic }: ColumnRow): string | undefined {
  const base = baseType(type);
  if (isInteger(type)) return 'integer';
  if (ORDERED.has(base)) return `postgres ${base}`;
  if (!['text', 'character varying', 'character'].includes(base) || collation === null || deterministic !== 'true') {
    return undefined;
  }
  const about = JSON.parse(collation) as Record<string, string | null>;
  const part = (...names: string[]) => names.map((name) => about[name]).find((value) => value != null) ?? '';
  const locale = part('colllocale', 'colliculocale', 'collcollate', 'datlocale', 'daticulocale', 'datcollate');
  const kind = base === 'character' ? 'blank-padded text' : 'text';
  if (locale === 'C' || locale === 'POSIX') return `${kind} by bytes`;
  return [
    `postgres ${kind}`,
    part('collprovider', 'datlocprovider'),
    locale,
    part('collicurules', 'daticurules'),
    part('collversion', 'datcollversion'),
  ].join(' ');
}

/** The planner's estimate: it looks at the file's size, so it is never far off, statistics or not. */
async function estimate({ explain }: Catalog, relation: string, where = 'true'): Promise<number> {
  try {
    const text = await explain(`SELECT FROM ${relation} AS t WHERE (${where}\n)`);
    const [plan] = JSON.parse(text) as { Plan: { 'Plan Rows': number } }[];
    return plan?.Plan['Plan Rows'] ?? 0;
  } catch (error) {
    throw unreadable(relation, messageOf(error), error);
  }
}

async function isClustered(query: Query, table: TableRow, column: string | undefined): Promise<boolean> {
  if (column === undefined || Number(table.pages) <= SCATTERED_PAGES_MAX) return true;
  const [row] = await query<{ correlation: string | null }>(
    'SELECT correlation::text FROM pg_stats WHERE schemaname = $1 AND tablename = $2 AND attname = $3',
    [table.schema, table.name, column],
  );
  return row?.correlation == null || Math.abs(Number(row.correlation)) >= CORRELATION_MIN;
}
