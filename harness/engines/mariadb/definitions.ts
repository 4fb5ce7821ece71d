import type { TableId } from '#model/catalog.ts';
import type { Value } from '#model/change.ts';
import type { ColumnChange, ColumnDefinition, TableDefinition } from '#model/definition.ts';
import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import type { Flavour } from './flavour.ts';
import { typeFor } from './kinds.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';
import { writeSql } from './writes.ts';

/** Rows of one INSERT. */
const ROWS_MAX = 500;

type Asked = Pick<Database, 'query'>;

export async function createTables(
  database: Asked,
  tables: readonly TableDefinition[],
  flavour: Flavour,
): Promise<void> {
  for (const table of tables) await database.query(createTableSql(table, flavour));
}

export function createTableSql(
  { name, columns, key, foreign = [], indexes = [] }: TableDefinition,
  flavour: Flavour,
): string {
  const list = (names: readonly string[]): string => `(${names.map(quoteIdent).join(', ')})`;
  const lines = columns.map((column) => columnSql(column, flavour));
  if (key.length > 0) lines.push(`PRIMARY KEY ${list(key)}`);
  for (const { columns: own, table: other, references } of foreign)
    lines.push(`FOREIGN KEY ${list(own)} REFERENCES ${quoteTable(other)} ${list(references)}`);
  for (const names of indexes) lines.push(`INDEX ${list(names)}`);
  return `CREATE TABLE ${quoteTable(name)} (${lines.join(', ')}) ENGINE=InnoDB`;
}

export async function addColumn(
  database: Asked,
  table: TableId,
  column: ColumnDefinition,
  flavour: Flavour,
): Promise<void> {
  await database.query(`ALTER TABLE ${quoteTable(table)} ADD COLUMN ${columnSql(column, flavour)}`);
}

export async function alterColumn(
  database: Asked,
  table: TableId,
  change: Exclude<ColumnChange, { readonly add: ColumnDefinition }>,
  flavour: Flavour,
): Promise<void> {
  const what =
    'drop' in change
      ? `DROP COLUMN ${quoteIdent(change.drop.name)}`
      : `MODIFY COLUMN ${columnSql(change.alter, flavour)}`;
  await database.query(`ALTER TABLE ${quoteTable(table)} ${what}`);
}

function columnSql({ name, kind, nullable, default: fallback }: ColumnDefinition, flavour: Flavour): string {
  const plain = typeFor(kind, flavour);
  if (plain === undefined) throw new Error(`${flavour.title} has no type for ${JSON.stringify(kind)}`);
  const type = fallback === undefined ? plain : flavour.typeWithDefault(plain);
  // A timestamp that is not told to be NULL gets defaults of its own, and the first one moves with every update.
  const parts = [quoteIdent(name), type, nullable === true ? 'NULL' : 'NOT NULL'];
  if (fallback !== undefined) parts.push('DEFAULT', flavour.newDefaultSql(defaultSql(fallback, kind), type));
  else if (nullable === true) parts.push('DEFAULT NULL');
  return parts.join(' ');
}

function defaultSql(value: NonNullable<ColumnDefinition['default']>, kind: Kind): string {
  if (typeof value === 'string') return quoteLiteral(value);
  if (typeof value !== 'object') return String(Number(value));
  const now = `current_timestamp(${'digits' in kind ? kind.digits : 6})`;
  return value.hoursAgo === 0 ? now : `(${now} - INTERVAL ${value.hoursAgo} HOUR)`;
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

/** The server keeps its own estimates up to date. */
export async function analyze(): Promise<void> {}
