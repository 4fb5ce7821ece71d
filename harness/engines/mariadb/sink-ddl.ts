import type { SinkTableOptions, Substituted } from '#engines/port/sink.ts';
import { type Column, type Table, type TableId, tableId } from '#model/catalog.ts';
import type { EventColumn } from '#model/change-event.ts';
import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import { LSN_COLUMN } from '#model/values.ts';
import { literalsFor } from './input-text.ts';
import { kindOf, typeFor } from './kinds.ts';
import { quoteIdent, quoteTable } from './quote.ts';

/** Texts are told apart by every character: by case, by accents, and by blanks at their end. */
export const TEXTS = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin';

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
/** Of MariaDB's own types those that take and give texts. */
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
export function createTableSql(table: Table, { keyed, widePositions }: SinkTableOptions): string {
  const unique = table.key.length > 0 ? { columns: table.key, namesRows: true } : table.unique;
  const indexed = unique?.columns ?? [];
  const lines = sinkColumns(table.columns, indexed).map(({ name, type }) => {
    const named = unique?.namesRows === true && indexed.includes(name);
    return `${quoteIdent(name)} ${type}${named ? ' NOT NULL' : ' NULL'}`;
  });
  for (const [name, type] of BOOKKEEPING_COLUMNS)
    lines.push(`${quoteIdent(name)} ${name === LSN_COLUMN ? positionType(widePositions) : type} NULL`);
  const key = indexed.map(quoteIdent).join(', ');
  if (keyed && unique?.namesRows === true) lines.push(`PRIMARY KEY (${key})`);
  else if (key !== '') lines.push(`${keyed ? 'UNIQUE ' : ''}KEY (${key})`);
  return `CREATE TABLE IF NOT EXISTS ${quoteTable(tableId(table))} (${lines.join(', ')}) ENGINE = InnoDB ${TEXTS}`;
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
): Promise<readonly Substituted[]> {
  await database.query(createTableSql(table, options));
  return table.columns.flatMap((column) =>
    sinkType(column).substituted === true ? [{ column: column.name, type: column.type }] : [],
  );
}

const STAMP: Kind = { kind: 'local-timestamp', digits: 6 };
const TIME: Kind = { kind: 'local-time', digits: 6 };
const DATE: Kind = { kind: 'date' };
const SPAN: Kind = { kind: 'duration' };

const BY_SEMANTIC: Readonly<Record<string, Kind>> = {
  'io.debezium.data.VariableScaleDecimal': { kind: 'decimal' },
  'io.debezium.data.Uuid': { kind: 'uuid' },
  'io.debezium.time.Date': DATE,
  'io.debezium.time.IsoDate': DATE,
  'io.debezium.time.Year': { kind: 'year' },
  'io.debezium.time.Time': TIME,
  'io.debezium.time.MicroTime': TIME,
  'io.debezium.time.NanoTime': TIME,
  'io.debezium.time.Timestamp': STAMP,
  'io.debezium.time.MicroTimestamp': STAMP,
  'io.debezium.time.NanoTimestamp': STAMP,
  'io.debezium.time.IsoTimestamp': STAMP,
  'io.debezium.time.ZonedTimestamp': { kind: 'instant', digits: 6 },
  'io.debezium.time.MicroDuration': SPAN,
  'io.debezium.time.NanoDuration': SPAN,
  'io.debezium.time.Interval': SPAN,
  'org.apache.kafka.connect.data.Date': DATE,
  'org.apache.kafka.connect.data.Time': TIME,
  'org.apache.kafka.connect.data.Timestamp': STAMP,
};

const INTEGER_BITS: Readonly<Record<string, 8 | 16 | 32 | 64>> = { int8: 8, int16: 16, int32: 32, int64: 64 };
const DECIMAL = 'org.apache.kafka.connect.data.Decimal';

function decimalFromEvent({ parameters = {} }: EventColumn): Extract<Kind, { kind: 'decimal' }> {
  const precision = parameters['connect.decimal.precision'];
  return precision === undefined
    ? { kind: 'decimal' }
    : { kind: 'decimal', precision: Number(precision), scale: Number(parameters.scale ?? 0) };
}

/** What a column holds that is known only from an event. Text where the event says too little. */
function kindFromEvent(column: EventColumn): Kind {
  const { semantic, connectType, parameters = {} } = column;
  if (semantic === DECIMAL) return decimalFromEvent(column);
  if (semantic === 'io.debezium.data.Bits') return { kind: 'bits', length: Number(parameters.length ?? 64) };
  const named = BY_SEMANTIC[semantic ?? ''];
  if (named !== undefined) return named;
  const bits = INTEGER_BITS[connectType];
  if (bits !== undefined) return { kind: 'integer', bits };
  switch (connectType) {
    case 'float':
      return { kind: 'float', bits: 32 };
    case 'double':
      return { kind: 'float', bits: 64 };
    case 'boolean':
    case 'bytes':
      return { kind: connectType };
    default:
      return { kind: 'text' };
  }
}

/**
 * `ADD COLUMN` for a column known only from an event. With the source's default, so that rows which no event has
 * touched since hold it too, as they do at the source; NOT NULL only together with a default.
 */
export function addColumnSql(id: TableId, column: EventColumn): string {
  const { name, optional, default: fallback = null } = column;
  const { type } = sinkType({ type: typeFor(kindFromEvent(column)) ?? 'longtext' });
  const rest =
    fallback === null
      ? ' NULL'
      : `${optional ? ' NULL' : ' NOT NULL'} DEFAULT ${literalsFor({ name, type })(fallback)}`;
  return `ALTER TABLE ${quoteTable(id)} ADD COLUMN IF NOT EXISTS ${quoteIdent(name)} ${type}${rest}`;
}

/**
 * The wider type that a sink column must get to hold what the event's column can; undefined where it holds it, or where
 * the change is not a simple widening. An event has no integers of one or three bytes, and none without a sign: what it
 * sends for such a column says nothing of a wider one.
 */
export function widerType(sinkType: string, column: EventColumn): string | undefined {
  const kind = kindOf({ type: sinkType });
  if (column.semantic === DECIMAL) return widerDecimal(kind, column);
  if (column.semantic !== undefined) return undefined;
  if (kind.kind === 'float') return kind.bits === 32 && column.connectType === 'double' ? 'double' : undefined;
  const bits = INTEGER_BITS[column.connectType];
  if (bits === undefined || bits <= bitsSent(kind)) return undefined;
  return typeFor({ kind: 'integer', bits });
}

/** How many bits the integers have as which Debezium sends a column's. */
function bitsSent(kind: Kind): number {
  if (kind.kind === 'boolean') return 16;
  if (kind.kind !== 'integer') return Number.POSITIVE_INFINITY;
  const needed = kind.bits + (kind.unsigned === true ? 1 : 0);
  return needed <= 16 ? 16 : needed <= 32 ? 32 : 64;
}

function widerDecimal(now: Kind, column: EventColumn): string | undefined {
  const wanted = decimalFromEvent(column);
  if (now.kind !== 'decimal' || wanted.precision === undefined) return undefined;
  const [nowScale, scale] = [now.scale ?? 0, wanted.scale ?? 0];
  const whole = Math.max((now.precision ?? 0) - nowScale, wanted.precision - scale);
  const wide = Math.max(nowScale, scale);
  // Neither part is ever shorter than it is now.
  return whole + wide === now.precision
    ? undefined
    : typeFor({ kind: 'decimal', precision: whole + wide, scale: wide });
}
