import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { quoteIdent, quoteTable } from './quote.ts';

/** Columns of a sink's table that an INSERT must name. */
const DEMANDED_SQL = `
SELECT a.attname AS name FROM pg_attribute a
WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = ''`;

/** See {@link SinkPort.demandedColumns}. */
export async function demandedColumns(sink: Pick<Database, 'query'>, table: TableId): Promise<readonly string[]> {
  const demanded = await sink.query<{ name: string }>(DEMANDED_SQL, [quoteTable(table)]);
  return demanded.map(({ name }) => name);
}

/** What spans the rows of a table beside its key. */
const SPANNING_SQL = `
SELECT 'ALTER TABLE ' || c.conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(c.conname) || ' CASCADE' AS sql
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.conparentid = 0
  AND (c.contype IN ('f', 'x') OR c.contype = 'u' AND EXISTS (SELECT FROM pg_index p WHERE p.indrelid = r.oid AND p.indisprimary))
UNION ALL
SELECT 'DROP INDEX ' || i.indexrelid::regclass
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema') AND i.indisunique AND NOT i.indisprimary
  AND NOT x.relispartition AND EXISTS (SELECT FROM pg_index p WHERE p.indrelid = i.indrelid AND p.indisprimary)
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)`;

/**
 * Takes off a sink's tables what only holds between rows: foreign keys, exclusions, unique sets beside the key. Events of
 * several topics, and of several rows, come in no order that would keep to them.
 */
export async function dropSpanning(sink: Pick<Database, 'query'>): Promise<void> {
  for (const { sql } of await sink.query<{ sql: string }>(SPANNING_SQL)) await sink.query(sql);
}

/** Leaves a database as it was made. */
export async function emptyDatabase(database: Pick<Database, 'query'>): Promise<void> {
  const schemas = await database.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'`,
  );
  for (const { name } of schemas) await database.query(`DROP SCHEMA ${quoteIdent(name)} CASCADE`);
  await database.query('CREATE SCHEMA public');
}
