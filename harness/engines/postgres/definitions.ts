import type { TableId } from '#model/catalog.ts';
import type { Value } from '#model/change.ts';
import type { ColumnChange, ColumnDefinition, TableDefinition } from '#model/definition.ts';
import type { Database } from '#model/pipeline.ts';
import { typeName } from './kinds.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';
import { writeSql } from './writes.ts';

/** Rows of one INSERT; more would only make the parameter arrays large. */
const ROWS_MAX = 1000;

type Asked = Pick<Database, 'query'>;

export async function createTables(database: Asked, tables: readonly TableDefinition[]): Promise<void> {
  for (const table of tables) for (const sql of createTableSql(table)) await database.query(sql);
}

/** The statements that make a table, in their order. */
export function createTableSql({
  name,
  columns,
  key,
  oldValues,
  foreign = [],
  indexes = [],
}: TableDefinition): string[] {
  const table = quoteTable(name);
  const list = (names: readonly string[]): string => `(${names.map(quoteIdent).join(', ')})`;
  const lines = columns.map(columnSql);
  if (key.length > 0) lines.push(`PRIMARY KEY ${list(key)}`);
  for (const { columns: own, table: other, references } of foreign)
    lines.push(`FOREIGN KEY ${list(own)} REFERENCES ${quoteTable(other)} ${list(references)}`);
  const wide = columns.filter((column) => column.wide === true);
  return [
    `CREATE TABLE ${table} (${lines.join(', ')})`,
    ...wide.map((column) => `ALTER TABLE ${table} ALTER COLUMN ${quoteIdent(column.name)} SET STORAGE EXTERNAL`),
    ...(oldValues === true ? [`ALTER TABLE ${table} REPLICA IDENTITY FULL`] : []),
    ...indexes.map((names) => `CREATE INDEX ON ${table} ${list(names)}`),
  ];
}

export async function addColumn(database: Asked, table: TableId, column: ColumnDefinition): Promise<void> {
  await database.query(`ALTER TABLE ${quoteTable(table)} ADD COLUMN ${columnSql(column)}`);
}

export async function alterColumn(
  database: Asked,
  table: TableId,
  change: Exclude<ColumnChange, { readonly add: ColumnDefinition }>,
): Promise<void> {
  await database.query(`ALTER TABLE ${quoteTable(table)} ${alterationSql(change)}`);
}

function alterationSql(change: Exclude<ColumnChange, { readonly add: ColumnDefinition }>): string {
  if ('drop' in change) return `DROP COLUMN ${quoteIdent(change.drop.name)}`;
  const { name, kind, default: fallback } = change.alter;
  const column = `ALTER COLUMN ${quoteIdent(name)}`;
  const standard = fallback === undefined ? 'DROP DEFAULT' : `SET DEFAULT ${defaultSql(fallback)}`;
  return `${column} TYPE ${typeName(kind)}, ${column} ${standard}`;
}

function columnSql({ name, kind, nullable, default: fallback }: ColumnDefinition): string {
  const parts = [quoteIdent(name), typeName(kind)];
  if (nullable !== true) parts.push('NOT NULL');
  if (fallback !== undefined) parts.push('DEFAULT', defaultSql(fallback));
  return parts.join(' ');
}

function defaultSql(value: NonNullable<ColumnDefinition['default']>): string {
  if (typeof value !== 'object') return typeof value === 'string' ? quoteLiteral(value) : String(value);
  return value.hoursAgo === 0 ? 'now()' : `now() - ${value.hoursAgo} * interval '1 hour'`;
}

export async function insertRows(
  database: Asked,
  table: TableDefinition,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_MAX) {
    const { sql, params } = writeSql({ change: 'insert', table, columns, rows: rows.slice(start, start + ROWS_MAX) });
    await database.query(sql, params);
  }
}

export async function analyze(database: Asked): Promise<void> {
  await database.query('ANALYZE');
}
