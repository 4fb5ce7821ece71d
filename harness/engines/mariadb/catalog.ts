import type { CatalogFilter } from '#engines/port/compare.ts';
import { type Column, type Table, tableId, type UniqueKey } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { MARIADB_SCHEMA } from './quote.ts';

/** Whether a column of `information_schema.columns` is computed. Of one that has a default MySQL says `DEFAULT_GENERATED`. */
export const GENERATED_SQL = "extra LIKE '%VIRTUAL GENERATED%' OR extra LIKE '%STORED GENERATED%'";

/** What `information_schema.columns`, aliased `c`, has of a column: a {@link ColumnRow}. */
export const COLUMN_SQL = `c.column_name AS \`column\`, c.column_type AS type, c.is_nullable AS nullable,
  ${GENERATED_SQL} AS \`generated\``;

/**
 * The columns, aliased `c`, of a person's tables in the current database, in order. Here and wherever else
 * `information_schema` is asked, each of its tables is told by a constant which database is meant, in the column by which the
 * server finds it (of triggers `event_object_schema`, of constraints `table_schema`), and the schemas of a join are not set
 * equal besides: else the server opens every table, view and trigger of all databases. That takes its time, and the session
 * passes for one in that database meanwhile, which whoever drops it ends.
 */
export const OF_TABLES_SQL = `FROM information_schema.tables t
JOIN information_schema.columns c ON c.table_name = t.table_name
WHERE t.table_schema = DATABASE() AND c.table_schema = DATABASE() AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
  -- The lab's own lie among a person's: there is no schema to put them into.
  AND t.table_name NOT LIKE 'driftlab\\_%' AND t.table_name NOT LIKE '\\_cdc\\_%'
ORDER BY c.table_name, c.ordinal_position`;

const COLUMNS_SQL = `SELECT c.table_name AS name, ${COLUMN_SQL} ${OF_TABLES_SQL}`;

// Not ordered: the server lists a table's indexes and their columns as it keeps them, the primary key first and then the
// unique ones, those without NULL before the others. It shows them so to Debezium, which takes the first.
const KEYS_SQL = `
SELECT table_name AS name, index_name AS \`index\`, column_name AS \`column\`, nullable AS nullable
FROM information_schema.statistics WHERE table_schema = DATABASE() AND non_unique = 0`;

export interface ColumnRow {
  readonly column: string;
  readonly type: string;
  readonly nullable: 'YES' | 'NO';
  readonly generated: '0' | '1';
}

interface KeyRow {
  readonly name: string;
  readonly index: string;
  readonly column: string;
  readonly nullable: string;
}

/**
 * The tables of the current database, in order of their names; views and sequences are none. All of them without a filter.
 * They are in the one schema that this engine has.
 */
export async function readCatalog(database: Pick<Database, 'query'>, filter: CatalogFilter = {}): Promise<Table[]> {
  const { schemas, tables: wanted } = filter;
  if (schemas !== undefined && !schemas.includes(MARIADB_SCHEMA)) return [];
  const [columns, keys] = [
    await database.query<ColumnRow & { readonly name: string }>(COLUMNS_SQL),
    await database.query<KeyRow>(KEYS_SQL),
  ];
  const indexes = Map.groupBy(keys, ({ name }) => name);
  const tables = [...Map.groupBy(columns, ({ name }) => name)].map(([name, rows]) => ({
    schema: MARIADB_SCHEMA,
    name,
    columns: rows.map(columnOf),
    ...keysOf(indexes.get(name) ?? []),
  }));
  return wanted === undefined ? tables : tables.filter((table) => wanted.includes(tableId(table)));
}

export function columnOf({ column, type, nullable, generated }: ColumnRow): Column {
  return { name: column, type, nullable: nullable === 'YES', generated: generated === '1' };
}

function keysOf(rows: readonly KeyRow[]): { readonly key: readonly string[]; readonly unique?: UniqueKey } {
  const primary = rows.filter(({ index }) => index === 'PRIMARY');
  if (primary.length > 0) return { key: columnsOf(primary) };
  const [first] = rows;
  if (first === undefined) return { key: [] };
  const unique = rows.filter(({ index }) => index === first.index);
  return {
    key: [],
    unique: { columns: columnsOf(unique), namesRows: unique.every(({ nullable }) => nullable === '') },
  };
}

function columnsOf(index: readonly KeyRow[]): string[] {
  return index.map(({ column }) => column);
}
