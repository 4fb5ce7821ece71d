import type { CatalogFilter } from '#engines/port/compare.ts';
import type { Column, Table, UniqueKey } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';

interface CatalogRow {
  readonly schema: string;
  readonly name: string;
  readonly columns: string;
  readonly key: string;
  readonly unique: string | null;
}

// Arrays travel as JSON: the session hands every value over as text.
const CATALOG_SQL = `
SELECT n.nspname AS schema, c.relname AS name,
  (SELECT coalesce(json_agg(json_build_object(
            'name', a.attname,
            'type', format_type(a.atttypid, a.atttypmod),
            'base', (WITH RECURSIVE below AS (
              SELECT t.typbasetype AS oid, t.typtypmod AS mod FROM pg_type t WHERE t.oid = a.atttypid AND t.typtype = 'd'
              UNION ALL SELECT t.typbasetype, CASE WHEN b.mod = -1 THEN t.typtypmod ELSE b.mod END
              FROM below b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype = 'd')
              SELECT format_type(b.oid, b.mod) FROM below b JOIN pg_type t ON t.oid = b.oid WHERE t.typtype <> 'd'),
            'nullable', NOT a.attnotnull,
            'generated', a.attgenerated <> '') ORDER BY a.attnum), '[]')
     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  (SELECT coalesce(json_agg(a.attname ORDER BY k.place), '[]')
     FROM pg_index i
     CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
     WHERE i.indrelid = c.oid AND i.indisprimary AND k.place <= i.indnkeyatts) AS key,
  -- Debezium takes the first by name of those that have no expression.
  (SELECT json_build_object(
            'columns', (SELECT json_agg(a.attname ORDER BY k.place)
               FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum WHERE k.place <= i.indnkeyatts),
            'namesRows', i.indpred IS NULL AND i.indimmediate AND NOT EXISTS (
               SELECT FROM unnest(i.indkey::smallint[]) AS k(attnum)
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum AND NOT a.attnotnull))
     FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
     WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND NOT i.indisprimary AND i.indexprs IS NULL
       AND NOT EXISTS (SELECT FROM pg_index p WHERE p.indrelid = c.oid AND p.indisprimary)
     ORDER BY x.relname COLLATE "C" LIMIT 1) AS unique
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND ($1::text[] IS NULL OR n.nspname = ANY ($1))
  AND ($2::text[] IS NULL OR n.nspname || '.' || c.relname = ANY ($2))
ORDER BY 1, 2`;

/** The ordinary and partitioned tables of a database, in order of their names. All of them without a filter. */
export async function readCatalog(database: Pick<Database, 'query'>, filter: CatalogFilter = {}): Promise<Table[]> {
  const rows = await database.query<CatalogRow>(CATALOG_SQL, [filter.schemas ?? null, filter.tables ?? null]);
  return rows.map(({ schema, name, columns, key, unique }) => ({
    schema,
    name,
    columns: (JSON.parse(columns) as Parameters<typeof columnOf>[0][]).map(columnOf),
    key: JSON.parse(key) as string[],
    ...(unique === null ? {} : { unique: JSON.parse(unique) as UniqueKey }),
  }));
}

function columnOf({ base, ...column }: Omit<Column, 'base'> & { readonly base: string | null }): Column {
  return base === null ? column : { ...column, base };
}
