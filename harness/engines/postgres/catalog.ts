import type { CatalogFilter } from '#engines/engine.ts';
import type { Column, Table } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';

interface CatalogRow {
  readonly schema: string;
  readonly name: string;
  readonly columns: string;
  readonly key: string;
}

// Arrays travel as JSON: the session hands every value over as text.
const CATALOG_SQL = `
SELECT n.nspname AS schema, c.relname AS name,
  (SELECT coalesce(json_agg(json_build_object(
            'name', a.attname,
            'type', format_type(a.atttypid, a.atttypmod),
            'nullable', NOT a.attnotnull,
            'generated', a.attgenerated <> '') ORDER BY a.attnum), '[]')
     FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  (SELECT coalesce(json_agg(a.attname ORDER BY k.place), '[]')
     FROM pg_index i
     CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
     WHERE i.indrelid = c.oid AND i.indisprimary AND k.place <= i.indnkeyatts) AS key
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
  AND ($1::text[] IS NULL OR n.nspname = ANY ($1))
  AND ($2::text[] IS NULL OR n.nspname || '.' || c.relname = ANY ($2))
ORDER BY 1, 2`;

/** The ordinary and partitioned tables of a database, in order of their names. All of them without a filter. */
export async function readCatalog(database: Pick<Database, 'query'>, filter: CatalogFilter = {}): Promise<Table[]> {
  const rows = await database.query<CatalogRow>(CATALOG_SQL, [filter.schemas ?? null, filter.tables ?? null]);
  return rows.map(({ schema, name, columns, key }) => ({
    schema,
    name,
    columns: JSON.parse(columns) as Column[],
    key: JSON.parse(key) as string[],
  }));
}
