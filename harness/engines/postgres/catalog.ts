import type { CatalogFilter } from '#engines/port/compare.ts';
import type { Column, Table, UniqueKey } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';

/** A column as PostgreSQL's catalog has it. */
export interface CatalogColumn {
  /** By which indexes name it. */
  readonly number: number;
  readonly name: string;
  /** The full type name; of a domain the domain's own. */
  readonly type: string;
  /** What a domain is made over, however many lie between, and whether one of them refuses NULL; null for all other types. */
  readonly domain: { readonly base: string; readonly required: boolean } | null;
  /** The column itself does not refuse NULL. */
  readonly nullable: boolean;
  readonly generated: boolean;
  /** GENERATED ALWAYS or BY DEFAULT AS IDENTITY; empty for neither. */
  readonly identity: 'a' | 'd' | '';
  readonly hasDefault: boolean;
}

export interface CatalogIndex {
  readonly primary: boolean;
  readonly unique: boolean;
  readonly valid: boolean;
  /** Without a predicate: it has all rows. */
  readonly whole: boolean;
  /** Not one whose uniqueness may be broken until the transaction ends. */
  readonly immediate: boolean;
  /** The columns' numbers, 0 for an expression. Those that it only carries along are left out. */
  readonly numbers: readonly number[];
}

export interface CatalogTable<Column = unknown, Index = unknown> {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly (CatalogColumn & Column)[];
  /** In the order of their names' bytes. */
  readonly indexes: readonly (CatalogIndex & Index)[];
}

/**
 * What one reader wants to know beside what all do: members of `json_build_object`, each pair with a comma before it. `c`, `n`,
 * `a`, `t` are a table's `pg_class`, its `pg_namespace`, a column's `pg_attribute`, its `pg_type`; `d.oid` is the type under a
 * domain; `i`, `x` are an index's `pg_index` and `pg_class`.
 */
interface More {
  readonly ofTable?: string;
  readonly ofColumn?: string;
  readonly ofIndex?: string;
}

/** A person's own tables: the ordinary and the partitioned ones. */
export const PERSONS_OWN = `c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'`;

/** One statement for what is read of tables, so that all of it is of one moment. A row is a table as JSON. */
function catalogSql(where: string, { ofTable = '', ofColumn = '', ofIndex = '' }: More): string {
  return `
SELECT json_build_object('schema', n.nspname, 'name', c.relname,
  'columns', (SELECT coalesce(json_agg(json_build_object(
      'number', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'domain', CASE WHEN d.oid IS NOT NULL THEN
        json_build_object('base', format_type(d.oid, d.mod), 'required', d.required) END,
      'nullable', NOT a.attnotnull, 'generated', a.attgenerated <> '', 'identity', a.attidentity,
      'hasDefault', a.atthasdef${ofColumn}) ORDER BY a.attnum), '[]')
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN LATERAL (
      WITH RECURSIVE below AS (
        SELECT t.typbasetype AS oid, t.typtypmod AS mod, t.typnotnull AS required WHERE t.typtype = 'd'
        UNION ALL SELECT u.typbasetype, u.typtypmod, b.required OR u.typnotnull
        FROM below b JOIN pg_type u ON u.oid = b.oid WHERE u.typtype = 'd')
      SELECT b.* FROM below b JOIN pg_type u ON u.oid = b.oid WHERE u.typtype <> 'd') AS d ON t.typtype = 'd'
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'indexes', (SELECT coalesce(json_agg(json_build_object(
      'primary', i.indisprimary, 'unique', i.indisunique, 'valid', i.indisvalid,
      'whole', i.indpred IS NULL, 'immediate', i.indimmediate,
      'numbers', (i.indkey::smallint[])[0:i.indnkeyatts - 1]${ofIndex}) ORDER BY x.relname COLLATE "C"), '[]')
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
    WHERE i.indrelid = c.oid)${ofTable})::text AS table
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE ${where} ORDER BY n.nspname, c.relname`;
}

/** Reads the tables for which `where`, SQL on `c` and `n` with `params`, is true, in the order of their names. */
export async function readTables<T extends CatalogTable = CatalogTable>(
  database: Pick<Database, 'query'>,
  { where, params, ...more }: More & { readonly where: string; readonly params?: readonly unknown[] },
): Promise<T[]> {
  const rows = await database.query<{ table: string }>(catalogSql(where, more), params);
  return rows.map(({ table }) => JSON.parse(table) as T);
}

/** The names of an index's columns, in its order; undefined in the place of an expression. */
export function columnsOf({ columns }: CatalogTable, { numbers }: CatalogIndex): (string | undefined)[] {
  return numbers.map((wanted) => columns.find(({ number }) => number === wanted)?.name);
}

/** The names of an index's columns; undefined where one is an expression. */
export function plainColumnsOf(table: CatalogTable, index: CatalogIndex): string[] | undefined {
  const names = columnsOf(table, index).filter((name) => name !== undefined);
  return names.length === index.numbers.length ? names : undefined;
}

/** The columns of the primary key, in its order; none without one. */
export function primaryKeyOf(table: CatalogTable): string[] {
  const primary = table.indexes.find((index) => index.primary);
  return (primary && plainColumnsOf(table, primary)) ?? [];
}

/** The ordinary and partitioned tables of a database, in order of their names. All of them without a filter. */
export async function readCatalog(database: Pick<Database, 'query'>, filter: CatalogFilter = {}): Promise<Table[]> {
  const tables = await readTables(database, {
    where: `${PERSONS_OWN} AND ($1::text[] IS NULL OR n.nspname = ANY ($1))
      AND ($2::text[] IS NULL OR n.nspname || '.' || c.relname = ANY ($2))`,
    params: [filter.schemas ?? null, filter.tables ?? null],
  });
  return tables.map(tableOf);
}

export function tableOf(table: CatalogTable): Table {
  const { schema, name, columns } = table;
  const unique = uniqueKeyOf(table);
  return {
    ...{ schema, name, columns: columns.map(columnOf), key: primaryKeyOf(table) },
    ...(unique === undefined ? {} : { unique }),
  };
}

function columnOf({ name, type, nullable, generated, domain }: CatalogColumn): Column {
  return { name, type, nullable, generated, ...(domain === null ? {} : { base: domain.base }) };
}

/** Of a table without a primary key, Debezium takes the first by name of the unique indexes that have no expression. */
function uniqueKeyOf(table: CatalogTable): UniqueKey | undefined {
  if (table.indexes.some(({ primary }) => primary)) return undefined;
  for (const index of table.indexes) {
    const columns = index.unique && index.valid ? plainColumnsOf(table, index) : undefined;
    if (columns === undefined) continue;
    const required = table.columns.filter(({ nullable }) => !nullable).map(({ name }) => name);
    const filled = columns.every((name) => required.includes(name));
    return { columns, namesRows: index.whole && index.immediate && filled };
  }
  return undefined;
}
