import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { readSinkTable } from './apply-table.ts';
import { quoteIdent } from './quote.ts';

type Asked = Pick<Database, 'query'>;

/** See {@link SinkPort.demandedColumns}. */
export async function demandedColumns(
  sink: Pick<Database, 'query' | 'engine'>,
  table: TableId,
): Promise<readonly string[]> {
  const columns = [...((await readSinkTable(sink, table))?.columns.values() ?? [])];
  return columns.flatMap(({ name, demanded }) => (demanded ? [name] : []));
}

const FOREIGN_KEYS_SQL = `
SELECT table_name AS tbl, constraint_name AS name FROM information_schema.table_constraints
WHERE table_schema = DATABASE() AND constraint_type = 'FOREIGN KEY'`;

/** Unique sets of tables that have a primary key, and the columns of those that a counting column needs. */
const UNIQUE_SQL = `
SELECT s.table_name AS tbl, s.index_name AS name,
  (SELECT GROUP_CONCAT(CONCAT('\`', REPLACE(n.column_name, '\`', '\`\`'), '\`', IFNULL(CONCAT('(', n.sub_part, ')'), '')) ORDER BY n.seq_in_index)
     FROM information_schema.statistics n JOIN information_schema.columns c
       ON c.table_schema = DATABASE() AND c.table_name = n.table_name AND c.extra LIKE '%auto_increment%'
     WHERE n.table_schema = DATABASE() AND n.table_name = s.table_name AND n.index_name = s.index_name
       AND s.column_name = c.column_name) AS counted
FROM information_schema.statistics s
WHERE s.table_schema = DATABASE() AND s.non_unique = 0 AND s.index_name <> 'PRIMARY' AND s.seq_in_index = 1
  AND EXISTS (SELECT 1 FROM information_schema.table_constraints p WHERE p.table_schema = DATABASE()
    AND p.table_name = s.table_name AND p.constraint_type = 'PRIMARY KEY')`;

/**
 * Takes off a sink's tables what only holds between rows: foreign keys, unique sets beside the key. Events of several
 * topics, and of several rows, come in no order that would keep to them. A column that counts keeps an index, which it needs.
 */
export async function dropSpanning(sink: Asked): Promise<void> {
  await dropForeignKeys(sink);
  const unique = await sink.query<{ tbl: string; name: string; counted: string | null }>(UNIQUE_SQL);
  for (const { tbl, name, counted } of unique) {
    const index = counted === null ? '' : `, ADD INDEX (${counted})`;
    await sink.query(`ALTER TABLE ${quoteIdent(tbl)} DROP INDEX ${quoteIdent(name)}${index}`);
  }
}

async function dropForeignKeys(database: Asked): Promise<void> {
  for (const { tbl, name } of await database.query<{ tbl: string; name: string }>(FOREIGN_KEYS_SQL))
    await database.query(`ALTER TABLE ${quoteIdent(tbl)} DROP FOREIGN KEY ${quoteIdent(name)}`);
}

/** What a database has of its own, by how it is dropped. Triggers go with their tables. */
const OBJECTS_SQL = `
SELECT table_name AS name, CASE table_type WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
FROM information_schema.tables WHERE table_schema = DATABASE()
UNION ALL
SELECT routine_name, routine_type FROM information_schema.routines WHERE routine_schema = DATABASE()
UNION ALL
SELECT event_name, 'EVENT' FROM information_schema.events WHERE event_schema = DATABASE()`;

/** Leaves a database as it was made. */
export async function emptyDatabase(database: Asked): Promise<void> {
  // A table that others refer to cannot be dropped.
  await dropForeignKeys(database);
  for (const { name, kind } of await database.query<{ name: string; kind: string }>(OBJECTS_SQL))
    await database.query(`DROP ${kind} IF EXISTS ${quoteIdent(name)}`);
}
