import type { Database } from '#model/pipeline.ts';
import type { Check, Shape, ShapeColumn } from '#model/shape.ts';
import {
  COLUMN_SQL,
  type ColumnRow,
  columnOf,
  idOf,
  KEYS_SQL,
  type KeyRow,
  OF_TABLES_SQL,
  type OfTable,
  TYPES_SQL,
} from './catalog.ts';
import { kindOf } from './kinds.ts';

type Asked = Pick<Database, 'query'>;

const COLUMNS_SQL = `WITH own AS (SELECT t.object_id, t.name AS [table], s.name AS [schema] ${OF_TABLES_SQL})
SELECT o.[schema], o.[table], ${COLUMN_SQL}, c.is_identity AS [identity], d.[definition] AS [default], x.[definition] AS computed,
  CASE WHEN b.name IN (N'char', N'varchar', N'text') AND c.collation_name NOT LIKE N'%UTF8' THEN 1 ELSE 0 END AS paged
FROM own AS o
INNER JOIN sys.columns AS c ON c.object_id = o.object_id
${TYPES_SQL}
LEFT JOIN sys.default_constraints AS d ON d.object_id = c.default_object_id
LEFT JOIN sys.computed_columns AS x ON x.object_id = c.object_id AND x.column_id = c.column_id
ORDER BY o.[schema], o.[table], c.column_id`;

const FOREIGN_SQL = `SELECT OBJECT_SCHEMA_NAME(f.parent_object_id) AS [schema], OBJECT_NAME(f.parent_object_id) AS [table],
  f.name AS [constraint], COL_NAME(k.parent_object_id, k.parent_column_id) AS [column],
  OBJECT_SCHEMA_NAME(f.referenced_object_id) AS parentSchema, OBJECT_NAME(f.referenced_object_id) AS parent,
  COL_NAME(k.referenced_object_id, k.referenced_column_id) AS parentColumn
FROM sys.foreign_keys AS f
INNER JOIN sys.foreign_key_columns AS k ON k.constraint_object_id = f.object_id
WHERE f.is_disabled = 0
ORDER BY 1, 2, f.name, k.constraint_column_id`;

const CHECKS_SQL = `SELECT OBJECT_SCHEMA_NAME(k.parent_object_id) AS [schema], OBJECT_NAME(k.parent_object_id) AS [table], k.[definition] AS [sql]
FROM sys.check_constraints AS k
WHERE k.is_disabled = 0
ORDER BY 1, 2, k.name`;

const TRIGGERS_SQL = `SELECT DISTINCT OBJECT_SCHEMA_NAME(g.parent_id) AS [schema], OBJECT_NAME(g.parent_id) AS [table]
FROM sys.triggers AS g
WHERE g.parent_class = 1 AND g.is_disabled = 0`;

/** A column as the server has it. */
interface ReadColumn extends ColumnRow, OfTable {
  readonly identity: string;
  readonly default: string | null;
  /** What a generated column is computed by. */
  readonly computed: string | null;
  /** Its characters are those of a code page. */
  readonly paged: string;
}

interface ReadForeign extends OfTable {
  readonly constraint: string;
  readonly column: string;
  readonly parentSchema: string;
  readonly parent: string;
  readonly parentColumn: string;
}

/** What is known of one table. */
interface ReadTable {
  readonly id: string;
  readonly columns: readonly ReadColumn[];
  readonly unique: readonly KeyRow[];
  readonly foreign: readonly ReadForeign[];
  readonly checks: readonly string[];
  readonly triggers: boolean;
}

/** Every permanent table of the current database. */
export async function readShapes(database: Asked): Promise<Shape[]> {
  const read = async <T extends OfTable>(sql: string): Promise<Map<string, T[]>> =>
    Map.groupBy(await database.query<T>(sql), idOf);
  const columns = await read<ReadColumn>(COLUMNS_SQL);
  const unique = await read<KeyRow>(KEYS_SQL);
  const foreign = await read<ReadForeign>(FOREIGN_SQL);
  const checks = await read<OfTable & { readonly sql: string }>(CHECKS_SQL);
  const triggers = await read<OfTable>(TRIGGERS_SQL);
  return [...columns].map(([id, own]) =>
    shapeOf({
      ...{ id, columns: own, unique: unique.get(id) ?? [], foreign: foreign.get(id) ?? [] },
      ...{ checks: (checks.get(id) ?? []).map(({ sql }) => sql), triggers: triggers.has(id) },
    }),
  );
}

function shapeOf({ id, columns, unique, foreign, checks, triggers }: ReadTable): Shape {
  const names = columns.map(({ column }) => column);
  const computing = new Set(columns.flatMap(({ computed }) => columnsIn(computed ?? '', names)));
  const indexes = [...Map.groupBy(unique, ({ index }) => index).values()];
  const listOf = (rows: readonly KeyRow[]): string[] => rows.map(({ column }) => column);
  const isPrimary = ([first]: readonly KeyRow[]): boolean => first?.primary === '1';
  return {
    id,
    columns: columns.map((column) => shapeColumn(column, !triggers && !computing.has(column.column))),
    key: listOf(indexes.find(isPrimary) ?? []),
    // A filter only lets more in.
    uniques: indexes.filter((rows) => !isPrimary(rows)).map(listOf),
    foreign: [...Map.groupBy(foreign, ({ constraint }) => constraint).values()].map((rows) => ({
      columns: rows.map(({ column }) => column),
      parent: `${rows[0]?.parentSchema}.${rows[0]?.parent}`,
      parentColumns: rows.map(({ parentColumn }) => parentColumn),
    })),
    checks: checks.map((sql): Check => ({ columns: columnsIn(sql, names), sql })),
    // A row that an update moves to another partition is captured as changed, as any other.
    partitionedBy: [],
    excludes: false,
  };
}

/** An alias type goes by what it is made over: it has no conditions of its own. */
function shapeColumn(row: ReadColumn, roomy: boolean): ShapeColumn {
  const { name, type, base, nullable, generated } = columnOf(row);
  const own = base ?? type;
  return {
    ...{ name, type: own, kind: kindOf({ type: own }), nullable, generated },
    ...{ identity: row.identity === '1', hasDefault: row.default !== null },
    ...(/^(n?char|binary)\(/.test(own) ? { fixed: true } : {}),
    ...(row.paged === '1' ? { ascii: true } : {}),
    ...(roomy ? { wholeRange: true } : {}),
  };
}

/** The columns that an expression names, as the server shows it: in brackets. */
function columnsIn(shown: string, names: readonly string[]): string[] {
  const code = shown.replaceAll(/'(?:[^']|'')*'/g, "''");
  const named = new Set(
    [...code.matchAll(/\[((?:[^\]]|\]\])+)\]/g)].map(([, name = '']) => name.replaceAll(']]', ']')),
  );
  return names.filter((name) => named.has(name));
}
