import type { Change, ChangedTable, Delete, Insert, Moment, RawSql, Update, Value } from '#model/change.ts';
import type { Kind } from '#model/kind.ts';
import { typeName } from './kinds.ts';
import { quoteIdent, quoteTable } from './quote.ts';

/** The statement that makes a change. Values are bound; PostgreSQL takes their types from the columns they go to. */
export function writeSql(change: Change): RawSql {
  switch (change.change) {
    case 'insert':
      return insertSql(change);
    case 'update':
      return updateSql(change);
    case 'delete':
      return deleteSql(change);
    case 'truncate':
      return { sql: `TRUNCATE ${quoteTable(change.table.name)}`, params: [] };
  }
}

/** Values bound so far; each is named by its place. */
function binding(): { readonly params: unknown[]; bind(value: unknown): string } {
  const params: unknown[] = [];
  return { params, bind: (value) => `$${params.push(value)}` };
}

type Bind = (value: unknown) => string;

function valueSql(value: Value, bind: Bind): string {
  if (!isMoment(value)) return bind(value);
  return value.hoursAgo === 0 ? 'now()' : `now() - ${bind(value.hoursAgo)} * interval '1 hour'`;
}

function insertSql(insert: Insert): RawSql {
  const table = quoteTable(insert.table.name);
  // A list of no columns is none that PostgreSQL reads.
  if (insert.columns.length === 0 && insert.rows.length === 1)
    return { sql: `INSERT INTO ${table} DEFAULT VALUES`, params: [] };
  const head = `INSERT INTO ${table} (${insert.columns.map(quoteIdent).join(', ')})${overriding(insert)}`;
  if (insert.rows.length > 1 && insert.columns.every((column, index) => isEven(insert, column, index)))
    return manyRows(head, insert);
  const { params, bind } = binding();
  const rows = insert.rows.map((row) => `(${row.map((value) => valueSql(value, bind)).join(', ')})`);
  return { sql: `${head} VALUES ${rows.join(', ')}`, params };
}

/** A column that is always counted up takes a value only where that is said. */
function overriding({ table, columns }: Insert): string {
  const counted = table.columns.some(({ name, identity }) => identity === true && columns.includes(name));
  return counted ? ' OVERRIDING SYSTEM VALUE' : '';
}

/** Whether a column's values can be bound as one array: they are all moments, or none is; and none is an array itself. */
function isEven({ table, rows }: Insert, column: string, index: number): boolean {
  const values = rows.flatMap((row) => row[index] ?? []);
  return kindOf(table, column).kind !== 'array' && new Set(values.map(isMoment)).size <= 1;
}

/** One array a column, whatever the number of rows: the statement's text, and the time to plan it, stay the same. */
function manyRows(head: string, { table, columns, rows }: Insert): RawSql {
  const { params, bind } = binding();
  const arrays: string[] = [];
  const selected: string[] = [];
  for (const [index, column] of columns.entries()) {
    const name = quoteIdent(column);
    const values = rows.map((row) => row[index] ?? null);
    const moments = values.some(isMoment);
    const type = moments ? 'double precision' : typeName(unbounded(kindOf(table, column)));
    arrays.push(`${bind(moments ? values.map(hoursOf) : values)}::${type}[]`);
    selected.push(moments ? `now() - ${name} * interval '1 hour'` : name);
  }
  const names = columns.map(quoteIdent).join(', ');
  return { sql: `${head} SELECT ${selected.join(', ')} FROM unnest(${arrays.join(', ')}) AS rows (${names})`, params };
}

function updateSql({ table, set, where }: Update): RawSql {
  const { params, bind } = binding();
  const sets = Object.entries(set).map(([column, value]) => {
    const name = quoteIdent(column);
    const sum = typeof value === 'object' && value !== null && 'add' in value;
    return `${name} = ${sum ? `${name} + ${bind(value.add)}` : valueSql(value, bind)}`;
  });
  return { sql: `UPDATE ${quoteTable(table.name)} SET ${sets.join(', ')} WHERE ${whereSql(where, bind)}`, params };
}

function deleteSql({ table, where }: Delete): RawSql {
  const { params, bind } = binding();
  return { sql: `DELETE FROM ${quoteTable(table.name)} WHERE ${whereSql(where, bind)}`, params };
}

function whereSql(where: Update['where'], bind: Bind): string {
  return Object.entries(where)
    .map(([column, value]) => `${quoteIdent(column)} = ${bind(value)}`)
    .join(' AND ');
}

function kindOf(table: ChangedTable, column: string): Kind {
  const found = table.columns.find(({ name }) => name === column);
  if (found === undefined) throw new Error(`${table.name} has no column ${column}`);
  return found.kind;
}

/** Without a length: a cast to a type with one would cut off, in silence, what the column then refuses. */
function unbounded(kind: Kind): Kind {
  switch (kind.kind) {
    case 'decimal':
    case 'text':
      return { kind: kind.kind };
    case 'bits':
      return { kind: 'other', type: 'bit varying' };
    default:
      return kind;
  }
}

function isMoment(value: unknown): value is Moment {
  return typeof value === 'object' && value !== null && 'hoursAgo' in value;
}

function hoursOf(value: Value): number | null {
  return isMoment(value) ? value.hoursAgo : null;
}
