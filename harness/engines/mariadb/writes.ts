import type { Change, ChangedTable, Delete, Insert, Moment, RawSql, Update, Value } from '#model/change.ts';
import type { Text } from '#model/values.ts';
import { literalsFor, Unstorable } from './input-text.ts';
import { quoteIdent, quoteTable } from './quote.ts';

/** The statement that makes a change. Values are bound. */
export function writeSql(change: Change): RawSql {
  switch (change.change) {
    case 'insert':
      return insertSql(change);
    case 'update':
      return updateSql(change);
    case 'delete':
      return deleteSql(change);
    case 'truncate':
      return { sql: `TRUNCATE TABLE ${quoteTable(change.table.name)}`, params: [] };
  }
}

type Params = unknown[];
type ChangedColumn = ChangedTable['columns'][number];
type Typed = Required<Pick<ChangedColumn, 'name' | 'type'>>;

const SPATIAL = /^(geometry|point|linestring|polygon|multi\w+|geom(etry)?collection)$/i;
const literals = new WeakMap<object, (text: Text) => string>();

/** A text as a literal of a column whose type is known; undefined where the column cannot hold it. */
export function literalOf(column: Typed, text: Text): string | undefined {
  try {
    return literal(column, text);
  } catch (error) {
    if (error instanceof Unstorable) return undefined;
    throw error;
  }
}

/** Throws {@link Unstorable}. */
function literal(column: Typed, text: Text): string {
  // Shapes are read as bytes, which their columns take back.
  if (text !== null && SPATIAL.test(column.type)) return `x'${text.replace(/^\\x/, '')}'`;
  let make = literals.get(column);
  if (make === undefined) {
    make = literalsFor(column);
    literals.set(column, make);
  }
  return make(text);
}

/** A value of a column: of one of a known type a literal, of any other a bound value. */
type ToSql = (name: string, value: Value) => string;

function toSql({ columns }: ChangedTable, params: Params): ToSql {
  return (name, value) => {
    const column = columns.find((one) => one.name === name);
    const text = typeof value === 'string' || value === null;
    if (text && isTyped(column)) return literal(column, value);
    if (typeof value !== 'string' || column?.kind.kind !== 'bytes') return valueSql(value, params);
    params.push(bytesOf(value));
    return '?';
  };
}

function isTyped(column: ChangedColumn | undefined): column is ChangedColumn & Typed {
  return column?.type !== undefined;
}

/** A moment is each statement's own: neither server has one of the transaction. */
function valueSql(value: Value, params: Params): string {
  if (isMoment(value)) {
    if (value.hoursAgo === 0) return 'now(6)';
    params.push(value.hoursAgo);
    return 'now(6) - INTERVAL ? HOUR';
  }
  params.push(typeof value === 'string' ? instantText(value) : value);
  return '?';
}

/** Bytes are given as `\x` and hex digits. */
function bytesOf(value: string): string | Uint8Array {
  const hex = /^\\x((?:[0-9a-f]{2})*)$/i.exec(value)?.[1];
  return hex === undefined ? value : Buffer.from(hex, 'hex');
}

/** ISO 8601 with its `Z`, which the server need not read; the session's zone is UTC. */
function instantText(value: string): string {
  return value.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?)Z$/, '$1 $2');
}

function insertSql({ table, columns, rows }: Insert): RawSql {
  const params: Params = [];
  const sql = toSql(table, params);
  const values = rows.map((row) => `(${row.map((value, index) => sql(columns[index] ?? '', value)).join(', ')})`);
  const names = columns.map(quoteIdent).join(', ');
  return { sql: `INSERT INTO ${quoteTable(table.name)} (${names}) VALUES ${values.join(', ')}`, params };
}

function updateSql({ table, set, where }: Update): RawSql {
  const params: Params = [];
  const sql = toSql(table, params);
  const sets = Object.entries(set).map(([column, value]) => {
    const name = quoteIdent(column);
    if (typeof value === 'object' && value !== null && 'add' in value) {
      params.push(value.add);
      return `${name} = ${name} + ?`;
    }
    return `${name} = ${sql(column, value)}`;
  });
  return { sql: `UPDATE ${quoteTable(table.name)} SET ${sets.join(', ')} WHERE ${whereSql(where, sql)}`, params };
}

function deleteSql({ table, where }: Delete): RawSql {
  const params: Params = [];
  return {
    sql: `DELETE FROM ${quoteTable(table.name)} WHERE ${whereSql(where, toSql(table, params))}`,
    params,
  };
}

function whereSql(where: Update['where'], sql: ToSql): string {
  return Object.entries(where)
    .map(([column, value]) => `${quoteIdent(column)} = ${sql(column, value)}`)
    .join(' AND ');
}

function isMoment(value: unknown): value is Moment {
  return typeof value === 'object' && value !== null && 'hoursAgo' in value;
}
