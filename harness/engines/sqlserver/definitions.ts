import type { TableId } from '#model/catalog.ts';
import type { Value } from '#model/change.ts';
import type { ColumnDefinition, TableDefinition } from '#model/definition.ts';
import type { Database } from '#model/pipeline.ts';
import { renewCapture } from './capture.ts';
import { literalsFor } from './input-text.ts';
import { typeFor } from './kinds.ts';
import { quoteIdent, quoteTable } from './quote.ts';
import { momentSql, writeSql } from './writes.ts';

type Asked = Pick<Database, 'query'>;

/** Makes tables as they are defined. What is captured of them is said by `capture.ts`. */
export async function createTables(database: Asked, tables: readonly TableDefinition[]): Promise<void> {
  for (const table of tables) await database.query(createTableSql(table));
}

function createTableSql({ name, columns, key, foreign = [], indexes = [] }: TableDefinition): string {
  const list = (names: readonly string[]): string => `(${names.map(quoteIdent).join(', ')})`;
  const lines = columns.map(columnSql);
  if (key.length > 0) lines.push(`PRIMARY KEY ${list(key)}`);
  for (const { columns: own, table: other, references } of foreign)
    lines.push(`FOREIGN KEY ${list(own)} REFERENCES ${quoteTable(other)} ${list(references)}`);
  for (const [index, names] of indexes.entries()) lines.push(`INDEX ${quoteIdent(`by_${index + 1}`)} ${list(names)}`);
  return `CREATE TABLE ${quoteTable(name)} (${lines.join(', ')})`;
}

/** Rows that are there get the default in any case. The capture instance of before has nothing of the new column. */
export async function addColumn(database: Asked, table: TableId, column: ColumnDefinition): Promise<void> {
  await database.query(addColumnDefinitionSql(table, column));
  await renewCapture(database, table, [column.name]);
}

function addColumnDefinitionSql(table: TableId, column: ColumnDefinition): string {
  const values = column.nullable === true && column.default !== undefined ? ' WITH VALUES' : '';
  return `ALTER TABLE ${quoteTable(table)} ADD ${columnSql(column)}${values}`;
}

function columnSql({ name, kind, nullable, default: fallback }: ColumnDefinition): string {
  const type = typeFor(kind);
  if (type === undefined) throw new Error(`SQL Server has no type for ${JSON.stringify(kind)}`);
  const parts = [quoteIdent(name), type, nullable === true ? 'NULL' : 'NOT NULL'];
  if (fallback !== undefined)
    parts.push(
      `DEFAULT (${typeof fallback === 'object' ? momentSql(fallback) : literalsFor({ name, type })(String(fallback))})`,
    );
  return parts.join(' ');
}

export async function insertRows(
  database: Asked,
  table: TableDefinition,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const { sql, params } = writeSql({ change: 'insert', table, columns, rows });
  await database.query(sql, params);
}

export async function analyze(database: Asked): Promise<void> {
  await database.query('EXEC sys.sp_updatestats');
}
