import type { Change, Delete, Insert, Moment, RawSql, Update, Value } from '#model/change.ts';
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

/** A moment is each statement's own: MariaDB has none of the transaction. */
function valueSql(value: Value, params: Params): string {
  if (isMoment(value)) {
    if (value.hoursAgo === 0) return 'now(6)';
    params.push(value.hoursAgo);
    return 'now(6) - INTERVAL ? HOUR';
  }
  params.push(typeof value === 'string' ? instantText(value) : value);
  return '?';
}

/** ISO 8601 with its `Z`, which MariaDB does not read; the session's zone is UTC. */
function instantText(value: string): string {
  return value.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d+)?)Z$/, '$1 $2');
}

function insertSql({ table, columns, rows }: Insert): RawSql {
  const params: Params = [];
  const values = rows.map((row) => `(${row.map((value) => valueSql(value, params)).join(', ')})`);
  const names = columns.map(quoteIdent).join(', ');
  return { sql: `INSERT INTO ${quoteTable(table.name)} (${names}) VALUES ${values.join(', ')}`, params };
}

function updateSql({ table, set, where }: Update): RawSql {
  const params: Params = [];
  const sets = Object.entries(set).map(([column, value]) => {
    const name = quoteIdent(column);
    if (typeof value === 'object' && value !== null && 'add' in value) {
      params.push(value.add);
      return `${name} = ${name} + ?`;
    }
    return `${name} = ${valueSql(value, params)}`;
  });
  return { sql: `UPDATE ${quoteTable(table.name)} SET ${sets.join(', ')} WHERE ${whereSql(where, params)}`, params };
}

function deleteSql({ table, where }: Delete): RawSql {
  const params: Params = [];
  return { sql: `DELETE FROM ${quoteTable(table.name)} WHERE ${whereSql(where, params)}`, params };
}

function whereSql(where: Update['where'], params: Params): string {
  return Object.entries(where)
    .map(([column, value]) => {
      params.push(value);
      return `${quoteIdent(column)} = ?`;
    })
    .join(' AND ');
}

function isMoment(value: unknown): value is Moment {
  return typeof value === 'object' && value !== null && 'hoursAgo' in value;
}
