import type { RowKey, RowWrite, SinkColumn, SinkTable } from '#engines/port/sink.ts';
import { LSN_COLUMN, type Text } from '#model/values.ts';
import { GUARD_COLUMN } from './ddl.ts';
import { quoteIdent, quoteTable } from './quote.ts';

/** One statement with its arrays as PostgreSQL array literals. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly string[];
}

interface Field {
  readonly column: string;
  /** The array parameter's element type. */
  readonly element: string;
  /** It is a position of the source's log. */
  readonly position?: true;
  /** From the unnested `i.pN` to the column's value. */
  readonly value: (name: string) => string;
  readonly of: (row: RowWrite) => Text;
}

const EPOCH = `timestamptz '1970-01-01Z'`;

function milliseconds(name: string): string {
  return `${EPOCH} + ${name} * interval '1 millisecond'`;
}

const plain = (name: string): string => name;
const integerText = (value: bigint | number | undefined): Text => (value === undefined ? null : String(value));

const BOOKKEEPING: readonly Field[] = [
  { column: '_cdc_op', element: 'text', value: plain, of: (row) => row.op },
  { column: LSN_COLUMN, element: 'bigint', position: true, value: plain, of: (row) => integerText(row.lsn) },
  { column: '_cdc_captured_at', element: 'bigint', value: milliseconds, of: (row) => integerText(row.capturedAtMs) },
  { column: '_cdc_received', element: 'bigint', value: milliseconds, of: (row) => integerText(row.receivedAtMs) },
  { column: GUARD_COLUMN, element: 'bigint', position: true, value: plain, of: (row) => integerText(row.guard) },
];

/**
 * Types of which an array's elements are read as a single value of them is: the array then needs no text in between, which
 * makes some 3 µs a row. All others go through text: arrays themselves would be flattened, and what a user's own type
 * does is not known here.
 */
const READ_AS_ELEMENTS: ReadonlySet<string> = new Set([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'real',
  'double precision',
  'boolean',
  'text',
  'uuid',
  'date',
  'timestamp without time zone',
  'timestamp with time zone',
]);

/** The type of an array parameter's elements, and the cast that makes the column's type of one. */
function elementOf(castType: string): { readonly element: string; readonly cast: string } {
  return READ_AS_ELEMENTS.has(castType) ? { element: castType, cast: '' } : { element: 'text', cast: `::${castType}` };
}

function dataField(column: SinkColumn): Field {
  const { name, castType } = column;
  const adapt = ADAPTERS.find((adapter) => adapter.type.test(castType))?.adapt;
  const { element, cast } = elementOf(castType);
  return {
    column: name,
    element,
    value: (parameter) => `${parameter}${cast}`,
    of: (row) => {
      const text = row.values[name] ?? null;
      return adapt === undefined || text === null ? text : adapt(text);
    },
  };
}

/** Where the event's type says too little to choose the text, the sink's column does. */
const ADAPTERS: readonly { readonly type: RegExp; readonly adapt: (text: string) => string }[] = [
  // Debezium sends a bit(1) as a boolean.
  { type: /^"?bit/, adapt: (text) => (text === 't' ? '1' : text === 'f' ? '0' : text) },
  // Debezium's default for hstore is JSON.
  { type: /(^|\.)hstore$/, adapt: hstoreText },
];

function hstoreText(text: string): string {
  if (!text.startsWith('{')) return text;
  const quoted = (part: string): string => `"${part.replace(ESCAPED, '\\$&')}"`;
  const pairs = Object.entries(JSON.parse(text) as Record<string, string | null>);
  return pairs.map(([key, value]) => `${quoted(key)}=>${value === null ? 'NULL' : quoted(value)}`).join(', ');
}

/** An array literal. Every element is quoted, so that no text is taken for NULL or a brace. */
export function arrayLiteral(values: readonly Text[]): string {
  let literal = '{';
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as Text;
    if (index > 0) literal += ',';
    if (value === null) literal += 'NULL';
    else literal += NEEDS_ESCAPE.test(value) ? `"${value.replace(ESCAPED, '\\$&')}"` : `"${value}"`;
  }
  return `${literal}}`;
}

const NEEDS_ESCAPE = /["\\]/;
const ESCAPED = /["\\]/g;

/** The type in which a table keeps positions of the source's log: `bigint`, or `numeric` for an engine whose are wider. */
export function positionTypeOf({ columns }: SinkTable): string {
  return (columns.get(GUARD_COLUMN) ?? columns.get(LSN_COLUMN))?.castType === 'numeric' ? 'numeric' : 'bigint';
}

/**
 * The columns that the rows set and the table has. All rows of one statement set the same columns: those of the first.
 */
function fieldsOf(table: SinkTable, rows: readonly RowWrite[]): { readonly data: Field[]; readonly all: Field[] } {
  const data: Field[] = [];
  for (const name in rows[0]?.values) {
    const column = table.columns.get(name);
    if (column !== undefined && !column.generated) data.push(dataField(column));
  }
  const kept = BOOKKEEPING.filter((field) => table.columns.has(field.column));
  const element = positionTypeOf(table);
  return { data, all: [...data, ...kept.map((field) => (field.position ? { ...field, element } : field))] };
}

function unnested(fields: readonly Field[]): string {
  const arrays = fields.map((field, index) => `$${index + 1}::${field.element}[]`);
  const names = fields.map((_, index) => `p${index}`);
  return `unnest(${arrays.join(', ')}) AS i(${names.join(', ')})`;
}

function values(fields: readonly Field[]): string {
  return fields.map((field, index) => field.value(`i.p${index}`)).join(', ');
}

function columns(fields: readonly Field[]): string {
  return fields.map((field) => quoteIdent(field.column)).join(', ');
}

function params(fields: readonly Field[], rows: readonly RowWrite[]): string[] {
  return fields.map((field) => arrayLiteral(rows.map(field.of)));
}

export function insertStatement(table: SinkTable, rows: readonly RowWrite[]): Statement {
  const { all } = fieldsOf(table, rows);
  const sql = `INSERT INTO ${quoteTable(table.id)} (${columns(all)}) OVERRIDING SYSTEM VALUE SELECT ${values(all)} FROM ${unnested(all)}`;
  return { sql, params: params(all, rows) };
}

/** A row that exists keeps the columns that are not set; its guard only rises. */
export function upsertStatement(table: SinkTable, rows: readonly RowWrite[]): Statement {
  const { data, all } = fieldsOf(table, rows);
  const key = rows[0]?.key ?? [];
  const name = quoteTable(table.id);
  // Something must be set, even where rows are nothing but keys.
  const changed = all.filter((field) => !key.includes(field.column));
  const sets = (changed.length === 0 ? all : changed).map(
    ({ column }) => `${quoteIdent(column)} = ${newValue(column, `excluded.${quoteIdent(column)}`)}`,
  );
  const insert = `INSERT INTO ${name} AS t (${columns(all)}) OVERRIDING SYSTEM VALUE SELECT ${values(all)} FROM`;
  const conflict = `ON CONFLICT (${key.map(quoteIdent).join(', ')}) DO UPDATE SET ${sets.join(', ')}`;
  if (!leavesOut(table, data)) {
    return { sql: `${insert} ${unnested(all)} ${conflict}`, params: params(all, rows) };
  }
  // INSERT … ON CONFLICT checks NOT NULL before it looks for the conflict, so a row that leaves columns out is first
  // taken for an update of the row that is there.
  const sql = `WITH i AS MATERIALIZED (SELECT * FROM ${unnested(all)}), u AS (${updateSql(table, key, all, 'i')} RETURNING ${key.map((column) => `i.p${indexOf(all, column)}`).join(', ')})
${insert} i WHERE NOT EXISTS (SELECT FROM u WHERE ${key.map((column) => `u.p${indexOf(all, column)} = i.p${indexOf(all, column)}`).join(' AND ')}) ${conflict}`;
  return { sql, params: params(all, rows) };
}

function leavesOut(table: SinkTable, data: readonly Field[]): boolean {
  const set = new Set(data.map((field) => field.column));
  for (const column of table.columns.values()) {
    if (!column.generated && !column.name.startsWith('_cdc_') && !set.has(column.name)) return true;
  }
  return false;
}

export function updateStatement(table: SinkTable, rows: readonly RowWrite[]): Statement {
  const { all } = fieldsOf(table, rows);
  return { sql: updateSql(table, rows[0]?.key ?? [], all, unnested(all)), params: params(all, rows) };
}

function updateSql(table: SinkTable, key: readonly string[], all: readonly Field[], from: string): string {
  const sets = all.flatMap((field, index) =>
    key.includes(field.column)
      ? []
      : [`${quoteIdent(field.column)} = ${newValue(field.column, field.value(`i.p${index}`))}`],
  );
  const where = key.map((column) => {
    const index = indexOf(all, column);
    return `t.${quoteIdent(column)} = ${all[index]?.value(`i.p${index}`)}`;
  });
  return `UPDATE ${quoteTable(table.id)} AS t SET ${sets.join(', ')} FROM ${from} WHERE ${where.join(' AND ')}`;
}

function newValue(column: string, value: string): string {
  return column === GUARD_COLUMN ? `greatest(t.${quoteIdent(column)}, ${value})` : value;
}

function indexOf(fields: readonly Field[], column: string): number {
  return fields.findIndex((field) => field.column === column);
}

/** The key's columns as unnested parameters that start at `$first`. */
export function keyInput(table: SinkTable, keys: readonly RowKey[], first = 1) {
  const names = keys[0]?.columns ?? [];
  const elements = names.map((name) => elementOf(table.columns.get(name)?.castType ?? 'text'));
  return {
    arrays: elements.map(({ element }, index) => `$${first + index}::${element}[]`),
    names: names.map((_, index) => `k${index}`),
    join: names.map((name, index) => `t.${quoteIdent(name)} = i.k${index}${elements[index]?.cast}`).join(' AND '),
    params: names.map((_, index) => arrayLiteral(keys.map((key) => key.values[index] ?? null))),
  };
}

export function deleteStatement(table: SinkTable, keys: readonly RowKey[]): Statement {
  const input = keyInput(table, keys);
  return {
    sql: `DELETE FROM ${quoteTable(table.id)} AS t USING unnest(${input.arrays.join(', ')}) AS i(${input.names.join(', ')}) WHERE ${input.join}`,
    params: input.params,
  };
}

export function truncateStatement(table: SinkTable, guard: bigint | undefined): Statement {
  const name = quoteTable(table.id);
  if (guard === undefined || !table.columns.has(GUARD_COLUMN)) return { sql: `TRUNCATE ${name}`, params: [] };
  const column = quoteIdent(GUARD_COLUMN);
  return {
    sql: `DELETE FROM ${name} WHERE ${column} IS NULL OR ${column} <= $1::${positionTypeOf(table)}`,
    params: [String(guard)],
  };
}
