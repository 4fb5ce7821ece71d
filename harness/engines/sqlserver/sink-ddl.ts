import { kindFromEvent, widerThan } from '#engines/event-kinds.ts';
import type { SinkTableOptions, Substituted } from '#engines/port/sink.ts';
import { type Column, type Table, type TableId, tableId } from '#model/catalog.ts';
import type { EventColumn } from '#model/change-event.ts';
import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import { LSN_COLUMN } from '#model/values.ts';
import { literalsFor } from './input-text.ts';
import { kindOf, textless, typeFor } from './kinds.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';

/** Texts are told apart by case and by accents. Blanks at their end have no meaning in any comparison of SQL Server's. */
const TEXTS = 'COLLATE Latin1_General_100_BIN2';

/** Digits of the largest position of a log: see {@link SourcePort.widePositions}. */
const POSITION_DIGITS = 58;

/** The type of a column that holds positions: numbers, or where they are wide their digits, all of one length, as texts. */
export function positionType(wide = false): string {
  return wide ? `char(${POSITION_DIGITS}) COLLATE Latin1_General_BIN2` : 'bigint';
}

/** A position as a value of a column of {@link positionType}; wide ones begin with zeros, so that they sort as numbers do. */
export function positionText(position: bigint, wide = false): string {
  return wide ? String(position).padStart(POSITION_DIGITS, '0') : String(position);
}

/** Columns that every sink table has beside the source's. */
const BOOKKEEPING_COLUMNS = [
  ['_cdc_op', 'varchar(1)'],
  [LSN_COLUMN, 'bigint'],
  ['_cdc_captured_at', 'datetime2(6)'],
  ['_cdc_received', 'datetime2(6)'],
] as const;

/** Bytes of a clustered index's row, and of any other's. */
const INDEX_BYTES = { clustered: 900, other: 1700 };
/** More than any number or time takes in one. */
const PLAIN_BYTES = 20;

interface Made {
  readonly type: string;
  readonly substituted?: true;
}

/** What a column is at the sink. A type of the server's own code, and one of somebody's, is a text there. */
function sinkType(column: Pick<Column, 'type' | 'base'>): Made {
  const kind = kindOf(column);
  if (textless(column)) return { type: 'nvarchar(max)', substituted: true };
  if (kind.kind === 'other')
    return column.type === 'xml' ? { type: 'xml' } : { type: 'nvarchar(max)', substituted: true };
  // Counted by the server, a rowversion takes no value; and what was of another code page may not fit into this one's.
  const made = typeFor(kind) ?? 'nvarchar(max)';
  if (column.base === undefined && kind.kind !== 'text' && column.type !== 'rowversion') return { type: column.type };
  return { type: made };
}

function bytesOf(type: string): number {
  const kind = kindOf({ type });
  const { length = Number.POSITIVE_INFINITY } = 'length' in kind ? kind : {};
  if (kind.kind === 'text') return length * 2;
  return kind.kind === 'bytes' ? length : PLAIN_BYTES;
}

/** The type of an indexed column: one that is as long as an index can be, where the column's own is longer. */
function indexedType(type: string, bytes: number): string {
  if (bytesOf(type) <= bytes) return type;
  return type.startsWith('n') ? `nvarchar(${Math.floor(bytes / 2)})` : `varbinary(${bytes})`;
}

interface SinkTypes {
  readonly name: string;
  /** With its collation, where it is of texts. */
  readonly sql: string;
}

/** A table's columns as they are at the sink. */
function sinkColumns(columns: readonly Column[], indexed: readonly string[], bytes: number): readonly SinkTypes[] {
  const made = columns.map((column) => ({ name: column.name, type: sinkType(column).type }));
  const inIndex = made.filter(({ name }) => indexed.includes(name));
  const long = inIndex.filter(({ type }) => bytesOf(type) > PLAIN_BYTES);
  const share = Math.floor((bytes - PLAIN_BYTES * (inIndex.length - long.length)) / Math.max(1, long.length));
  return made.map(({ name, type }) => {
    const own = indexed.includes(name) ? indexedType(type, share) : type;
    return { name, sql: kindOf({ type: own }).kind === 'text' ? `${own} ${TEXTS}` : own };
  });
}

/** The statement that makes the sink's table for a source table; see {@link createSinkTable}. */
export function createSinkTableSql(
  table: Table,
  { keyed, widePositions, bookkeeping = true }: SinkTableOptions,
): string {
  const unique = table.key.length > 0 ? { columns: table.key, namesRows: true } : table.unique;
  const indexed = unique?.columns ?? [];
  const primary = keyed && unique?.namesRows === true;
  const lines = sinkColumns(table.columns, indexed, primary ? INDEX_BYTES.clustered : INDEX_BYTES.other).map(
    ({ name, sql }) =>
      `${quoteIdent(name)} ${sql} ${unique?.namesRows === true && indexed.includes(name) ? 'NOT NULL' : 'NULL'}`,
  );
  for (const [name, type] of bookkeeping ? BOOKKEEPING_COLUMNS : [])
    lines.push(`${quoteIdent(name)} ${name === LSN_COLUMN ? positionType(widePositions) : type} NULL`);
  const key = indexed.map(quoteIdent).join(', ');
  if (primary) lines.push(`PRIMARY KEY (${key})`);
  // A UNIQUE constraint would take two rows without a value for the same: only here a filter leaves those out.
  else if (key !== '') {
    const filter = keyed ? ` WHERE ${indexed.map((name) => `${quoteIdent(name)} IS NOT NULL`).join(' AND ')}` : '';
    lines.push(`INDEX [driftlab_key] ${keyed ? 'UNIQUE NONCLUSTERED ' : ''}(${key})${filter}`);
  }
  const name = quoteTable(tableId(table));
  return `IF OBJECT_ID(${quoteLiteral(name)}, N'U') IS NULL\n  CREATE TABLE ${name} (${lines.join(', ')})`;
}

export function schemaSql(schema: string): string {
  const made = quoteLiteral(`CREATE SCHEMA ${quoteIdent(schema)}`);
  return `IF SCHEMA_ID(${quoteLiteral(schema)}) IS NULL EXEC(${made})`;
}

/**
 * Makes the sink's table for a source table, and its schema. Only key columns are NOT NULL: an event need not carry every
 * column, so a row that the sink lacks can only be made in part. Computed and identity are only the source's: values arrive.
 * Without a primary key it has the unique index by which Debezium keys the events. A key of texts is as long as an index can
 * be; a longer value is refused. A type of which no value can be written as text becomes a text, and is returned. Does nothing
 * where the table exists.
 */
export async function createSinkTable(
  database: Pick<Database, 'query'>,
  table: Table,
  options: SinkTableOptions,
): Promise<readonly Substituted[]> {
  await database.query(schemaSql(table.schema));
  await database.query(createSinkTableSql(table, options));
  return table.columns.flatMap((column) =>
    sinkType(column).substituted === true ? [{ column: column.name, type: column.type }] : [],
  );
}

function typeFromEvent(kind: Kind): string {
  return typeFor(kind) ?? 'nvarchar(max)';
}

/**
 * `ADD` for a column known only from an event. With the source's default, so that rows which no event has touched since hold it
 * too, as they do at the source; NOT NULL only together with a default.
 */
export function addColumnSql(id: TableId, column: EventColumn): string {
  const { name, optional, default: fallback = null } = column;
  const type = typeFromEvent(kindFromEvent(column));
  const collated = kindOf({ type }).kind === 'text' ? `${type} ${TEXTS}` : type;
  const rest =
    fallback === null
      ? ' NULL'
      : `${optional ? ' NULL' : ' NOT NULL'} DEFAULT (${literalsFor({ name, type })(fallback)}) WITH VALUES`;
  const table = quoteTable(id);
  return `IF COL_LENGTH(${quoteLiteral(table)}, ${quoteLiteral(name)}) IS NULL\n  ALTER TABLE ${table} ADD ${quoteIdent(name)} ${collated}${rest}`;
}

/** See {@link widerThan}; undefined where the column need not be wider, or cannot simply be. */
export function widerType(sinkType: string, column: EventColumn): string | undefined {
  const kind = widerThan(kindOf({ type: sinkType }), column);
  return kind === undefined ? undefined : typeFor(kind);
}
