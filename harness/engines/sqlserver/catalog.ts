import type { CatalogFilter } from '#engines/port/compare.ts';
import { type Column, type Table, tableId, type UniqueKey } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { OWN_SCHEMA } from './capture.ts';

/** What is a person's of `sys.tables`, aliased `t`, with its schema `s`: no change tables, no histories, none of the lab's. */
export const OF_TABLES_SQL = `FROM sys.tables AS t
INNER JOIN sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0 AND t.temporal_type <> 1 AND s.name NOT IN (N'cdc', N'${OWN_SCHEMA}', N'_cdc')`;

/** What `sys.columns`, aliased `c`, and its types have of a column: a {@link ColumnRow}. */
export const COLUMN_SQL = `c.name AS [column], y.name AS type, SCHEMA_NAME(y.schema_id) AS typeSchema, y.is_user_defined AS alias,
  b.name AS base, c.max_length AS bytes, c.[precision] AS [precision], c.[scale] AS [scale], c.is_nullable AS nullable,
  CASE WHEN c.is_computed = 1 OR c.generated_always_type <> 0 OR b.name = N'timestamp' THEN 1 ELSE 0 END AS generated`;

/** Joins the types of a column, aliased `c`: `y` as it was declared, `b` what that is made over; a CLR type is its own. */
export const TYPES_SQL = `INNER JOIN sys.types AS y ON y.user_type_id = c.user_type_id
LEFT JOIN sys.types AS b ON b.user_type_id = c.system_type_id`;

const COLUMNS_SQL = `WITH own AS (SELECT t.object_id, t.name AS [table], s.name AS [schema] ${OF_TABLES_SQL})
SELECT o.[schema], o.[table], ${COLUMN_SQL}
FROM own AS o
INNER JOIN sys.columns AS c ON c.object_id = o.object_id
${TYPES_SQL}
ORDER BY o.[schema], o.[table], c.column_id`;

/** The unique indexes of tables, each table's primary key first; then as the driver lists them to Debezium, which takes the first. */
export const KEYS_SQL = `WITH own AS (SELECT t.object_id, t.name AS [table], s.name AS [schema] ${OF_TABLES_SQL})
SELECT o.[schema], o.[table], i.name AS [index], i.is_primary_key AS [primary], i.has_filter AS filtered,
  c.name AS [column], c.is_nullable AS nullable
FROM own AS o
INNER JOIN sys.indexes AS i ON i.object_id = o.object_id AND i.is_unique = 1 AND i.is_disabled = 0
INNER JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
INNER JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
ORDER BY o.[schema], o.[table], i.is_primary_key DESC, i.type, i.name, k.key_ordinal`;

export interface ColumnRow {
  readonly column: string;
  readonly type: string;
  readonly typeSchema: string;
  readonly alias: string;
  /** Null for a type of the server's own code. */
  readonly base: string | null;
  readonly bytes: string;
  readonly precision: string;
  readonly scale: string;
  readonly nullable: string;
  readonly generated: string;
}

export interface OfTable {
  readonly schema: string;
  readonly table: string;
}

export interface KeyRow extends OfTable {
  readonly index: string;
  readonly primary: string;
  readonly filtered: string;
  readonly column: string;
  readonly nullable: string;
}

/** The tables of the current database, in order of their names; views are none. All of them without a filter. */
export async function readCatalog(database: Pick<Database, 'query'>, filter: CatalogFilter = {}): Promise<Table[]> {
  const columns = await database.query<ColumnRow & OfTable>(COLUMNS_SQL);
  const keys = Map.groupBy(await database.query<KeyRow>(KEYS_SQL), idOf);
  const tables = [...Map.groupBy(columns, idOf)].map(([id, rows]): Table => {
    const { schema = '', table: name = '' } = rows[0] ?? {};
    return { schema, name, columns: rows.map(columnOf), ...keysOf(keys.get(id) ?? []) };
  });
  return tables.filter(
    (table) => (filter.schemas?.includes(table.schema) ?? true) && (filter.tables?.includes(tableId(table)) ?? true),
  );
}

export function idOf({ schema, table }: OfTable): string {
  return tableId({ schema, name: table });
}

export function columnOf(row: ColumnRow): Column {
  return { name: row.column, ...typeOf(row), nullable: row.nullable === '1', generated: row.generated === '1' };
}

/** A type as SQL declares it: `nvarchar(40)`. An alias type has its schema, and what it is made over beside it. */
export function typeOf(row: Omit<ColumnRow, 'column' | 'nullable' | 'generated'>): Pick<Column, 'type' | 'base'> {
  const own = declared(row.alias === '1' ? (row.base ?? row.type) : row.type, row);
  return row.alias === '1' ? { type: `${row.typeSchema}.${row.type}`, base: own } : { type: own };
}

/** Bytes of a character. */
const CHARACTERS: Readonly<Record<string, number>> = {
  char: 1,
  varchar: 1,
  nchar: 2,
  nvarchar: 2,
  binary: 1,
  varbinary: 1,
};

function declared(name: string, { bytes, precision, scale }: Pick<ColumnRow, 'bytes' | 'precision' | 'scale'>): string {
  const size = CHARACTERS[name];
  if (size !== undefined) return `${name}(${bytes === '-1' ? 'max' : Number(bytes) / size})`;
  switch (name) {
    case 'decimal':
    case 'numeric':
      return `${name}(${precision},${scale})`;
    case 'datetime2':
    case 'datetimeoffset':
    case 'time':
      return `${name}(${scale})`;
    case 'timestamp':
      return 'rowversion';
    default:
      return name;
  }
}

function keysOf(rows: readonly KeyRow[]): { readonly key: readonly string[]; readonly unique?: UniqueKey } {
  const [first] = rows;
  if (first === undefined) return { key: [] };
  const own = rows.filter(({ index }) => index === first.index);
  const columns = own.map(({ column }) => column);
  if (first.primary === '1') return { key: columns };
  return {
    key: [],
    unique: { columns, namesRows: own.every(({ nullable, filtered }) => nullable === '0' && filtered === '0') },
  };
}
