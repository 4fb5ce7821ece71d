import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { readSinkTable } from './apply-table.ts';
import { quoteIdent } from './quote.ts';

type Asked = Pick<Database, 'query'>;

/** See {@link SinkPort.demandedColumns}. */
export async function demandedColumns(sink: Asked, table: TableId): Promise<readonly string[]> {
  const columns = [...((await readSinkTable(sink, table))?.columns.values() ?? [])];
  return columns.flatMap(({ name, demanded }) => (demanded ? [name] : []));
}

const FOREIGN_KEYS_SQL = `SELECT OBJECT_SCHEMA_NAME(f.parent_object_id) AS [schema], OBJECT_NAME(f.parent_object_id) AS [table], f.name AS name
FROM sys.foreign_keys AS f WHERE f.is_ms_shipped = 0`;

/** Unique sets of tables that have a primary key. */
const UNIQUE_SQL = `SELECT OBJECT_SCHEMA_NAME(i.object_id) AS [schema], OBJECT_NAME(i.object_id) AS [table], i.name AS name, i.is_unique_constraint AS declared
FROM sys.indexes AS i INNER JOIN sys.tables AS t ON t.object_id = i.object_id AND t.is_ms_shipped = 0
WHERE i.is_unique = 1 AND i.is_primary_key = 0
  AND EXISTS (SELECT 1 FROM sys.indexes AS p WHERE p.object_id = i.object_id AND p.is_primary_key = 1)`;

interface Named {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
}

const relation = ({ schema, table }: Pick<Named, 'schema' | 'table'>): string =>
  `${quoteIdent(schema)}.${quoteIdent(table)}`;

const dropConstraintSql = (one: Named): string =>
  `ALTER TABLE ${relation(one)} DROP CONSTRAINT ${quoteIdent(one.name)}`;

const dropIndexSql = (one: Named): string => `DROP INDEX ${quoteIdent(one.name)} ON ${relation(one)}`;

/**
 * Takes off a sink's tables what only holds between rows: foreign keys, unique sets beside the key. Events of several topics,
 * and of several rows, come in no order that would keep to them.
 */
export async function dropSpanning(sink: Asked): Promise<void> {
  for (const key of await sink.query<Named>(FOREIGN_KEYS_SQL)) await sink.query(dropConstraintSql(key));
  for (const one of await sink.query<Named & { readonly declared: string }>(UNIQUE_SQL))
    await sink.query(one.declared === '1' ? dropConstraintSql(one) : dropIndexSql(one));
}

/** What a database has of its own, by how it is dropped; what hangs on a table goes with it. */
const OBJECTS_SQL = `SELECT s.name AS [schema], o.name AS [table],
  CASE o.type WHEN 'V' THEN 'VIEW' WHEN 'P' THEN 'PROCEDURE' WHEN 'SO' THEN 'SEQUENCE' WHEN 'SN' THEN 'SYNONYM' WHEN 'U' THEN 'TABLE' ELSE 'FUNCTION' END AS kind
FROM sys.objects AS o INNER JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.is_ms_shipped = 0 AND o.type IN ('V', 'P', 'SO', 'SN', 'U', 'FN', 'IF', 'TF')
ORDER BY CASE o.type WHEN 'V' THEN 0 WHEN 'P' THEN 1 WHEN 'U' THEN 2 ELSE 3 END`;

const dropObjectSql = (one: Pick<Named, 'schema' | 'table'> & { readonly kind: string }): string =>
  `DROP ${one.kind} IF EXISTS ${relation(one)}`;

/** Leaves a database as it was made, but for schemas, which hold nothing any more. */
export async function emptyDatabase(database: Asked): Promise<void> {
  for (const key of await database.query<Named>(FOREIGN_KEYS_SQL)) await database.query(dropConstraintSql(key));
  const objects = await database.query<Pick<Named, 'schema' | 'table'> & { readonly kind: string }>(OBJECTS_SQL);
  for (const one of objects) await database.query(dropObjectSql(one));
}
