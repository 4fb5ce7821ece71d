import { kindFromEvent, widerThan } from '#engines/event-kinds.ts';
import type { SinkTableOptions, Substituted } from '#engines/port/sink.ts';
import { type Column, type Table, type TableId, tableId } from '#model/catalog.ts';
import type { EventColumn } from '#model/change-event.ts';
import type { Database } from '#model/pipeline.ts';
import { LSN_COLUMN } from '#model/values.ts';
import type { Flavour } from './flavour.ts';
import { literalsFor } from './input-text.ts';
import { kindOf, typeFor } from './kinds.ts';
import { quoteIdent, quoteTable } from './quote.ts';

/** The type of a column that holds positions of a source's log. */
export function positionType(wide = false): string {
  return wide ? 'decimal(65,0)' : 'bigint(20)';
}

/** Columns that every sink table has beside the source's. */
const BOOKKEEPING_COLUMNS = [
  ['_cdc_op', 'varchar(1)'],
  [LSN_COLUMN, 'bigint(20)'],
  ['_cdc_captured_at', 'datetime(6)'],
  ['_cdc_received', 'datetime(6)'],
] as const;

/** Bytes of an index's row. */
const INDEX_BYTES = 3072;
/** More than any number or time takes in one. */
const PLAIN_BYTES = 40;
const CHARACTER_BYTES = 4;
/** Bytes of a row beside its long texts are 65,535; the rest is for columns that are no texts. */
const ROW_BYTES = 60_000;
/** Of the engine's own types those that take and give texts. */
const TEXT_LIKE: ReadonlySet<string> = new Set(['inet4', 'inet6']);

interface Made {
  readonly type: string;
  readonly substituted?: true;
}

function sinkType({ type }: Pick<Column, 'type'>): Made {
  const { kind } = kindOf({ type });
  if (kind === 'other' && !TEXT_LIKE.has(type)) return { type: 'longtext', substituted: true };
  // A moment is kept in UTC: a `timestamp` begins in 1970, and ends in 2038.
  if (kind === 'instant') return { type: type.replace('timestamp', 'datetime') };
  // A text of the source's character set may have more bytes in this one.
  return { type: type.endsWith('text') ? 'longtext' : type };
}

/** The type of an indexed column: one that is as long as `bytes` allow, where the column's own is longer. */
function indexedType(type: string, bytes: number): string {
  const kind = kindOf({ type });
  if (kind.kind === 'text') {
    const characters = Math.floor(bytes / CHARACTER_BYTES);
    return (kind.length ?? Number.POSITIVE_INFINITY) > characters ? `varchar(${characters})` : type;
  }
  if (kind.kind === 'bytes') return (kind.length ?? Number.POSITIVE_INFINITY) > bytes ? `varbinary(${bytes})` : type;
  return type;
}

const isLong = (type: string): boolean => ['text', 'bytes'].includes(kindOf({ type }).kind);

function rowBytes(type: string): number {
  const kind = kindOf({ type });
  if (kind.kind === 'text') return (kind.length ?? 0) * CHARACTER_BYTES;
  return kind.kind === 'bytes' ? (kind.length ?? 0) : 0;
}

/** A table's columns as they are at the sink. */
export function sinkColumns(
  columns: readonly Column[],
  indexed: readonly string[],
): readonly { readonly name: string; readonly type: string }[] {
  const made = columns.map((column) => ({
    name: column.name,
    type: sinkType(column).type,
    inIndex: indexed.includes(column.name),
  }));
  const long = made.filter(({ type, inIndex }) => inIndex && isLong(type)).length;
  const bytes = Math.floor((INDEX_BYTES - PLAIN_BYTES * (indexed.length - long)) / Math.max(1, long));
  const short = made.map(({ name, type, inIndex }) => ({
    name,
    type: inIndex ? indexedType(type, bytes) : type,
    inIndex,
  }));
  if (short.reduce((sum, { type }) => sum + rowBytes(type), 0) <= ROW_BYTES) return short;
  return short.map(({ name, type, inIndex }) => ({ name, type: inIndex ? type : besideRow(type) }));
}

/** The type of a column whose values the row only points to. */
function besideRow(type: string): string {
  if (rowBytes(type) === 0) return type;
  return kindOf({ type }).kind === 'text' ? 'longtext' : 'longblob';
}

/** The statement that makes the sink's table for a source table; see {@link createSinkTable}. */
export function createTableSql(
  table: Table,
  { keyed, widePositions, bookkeeping = true }: SinkTableOptions,
  { texts }: Flavour,
): string {
  const unique = table.key.length > 0 ? { columns: table.key, namesRows: true } : table.unique;
  const indexed = unique?.columns ?? [];
  const lines = sinkColumns(table.columns, indexed).map(({ name, type }) => {
    const named = unique?.namesRows === true && indexed.includes(name);
    return `${quoteIdent(name)} ${type}${named ? ' NOT NULL' : ' NULL'}`;
  });
  for (const [name, type] of bookkeeping ? BOOKKEEPING_COLUMNS : [])
    lines.push(`${quoteIdent(name)} ${name === LSN_COLUMN ? positionType(widePositions) : type} NULL`);
  const key = indexed.map(quoteIdent).join(', ');
  if (keyed && unique?.namesRows === true) lines.push(`PRIMARY KEY (${key})`);
  else if (key !== '') lines.push(`${keyed ? 'UNIQUE ' : ''}KEY (${key})`);
  return `CREATE TABLE IF NOT EXISTS ${quoteTable(tableId(table))} (${lines.join(', ')}) ENGINE = InnoDB ${texts}`;
}

/**
 * Makes the sink's table for a source table. Only key columns are NOT NULL: an event need not carry every column, so a row
 * that the sink lacks can only be made in part. Generated and auto-increment are only the source's: values arrive. Without a
 * primary key it has the unique index by which Debezium keys the events, so that they can be written by key. A key of texts
 * is as long as an index can be; a longer value is refused. A type of which no value can be written as text becomes a text,
 * and is returned. Does nothing where the table exists.
 */
export async function createSinkTable(
  database: Pick<Database, 'query'>,
  table: Table,
  options: SinkTableOptions,
  flavour: Flavour,
): Promise<readonly Substituted[]> {
  await database.query(createTableSql(table, options, flavour));
  return table.columns.flatMap((column) =>
    sinkType(column).substituted === true ? [{ column: column.name, type: column.type }] : [],
  );
}

/**
 * `ADD COLUMN` for a column known only from an event. With the source's default, so that rows which no event has
 * touched since hold it too, as they do at the source; NOT NULL only together with a default.
 */
export function addColumnSql(id: TableId, column: EventColumn, flavour: Flavour): string {
  const { name, optional, default: fallback = null } = column;
  const { type } = sinkType({ type: typeFor(kindFromEvent(column), flavour) ?? 'longtext' });
  const rest =
    fallback === null
      ? ' NULL'
      : `${optional ? ' NULL' : ' NOT NULL'} DEFAULT ${flavour.newDefaultSql(literalsFor({ name, type })(fallback), type)}`;
  return `ALTER TABLE ${quoteTable(id)} ${flavour.addColumn} ${quoteIdent(name)} ${type}${rest}`;
}

/** See {@link widerThan}; undefined where the column need not be wider, or cannot simply be. */
export function widerType(sinkType: string, column: EventColumn, flavour: Flavour): string | undefined {
  const kind = widerThan(kindOf({ type: sinkType }), column);
  return kind === undefined ? undefined : typeFor(kind, flavour);
}
