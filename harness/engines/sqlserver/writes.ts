import type { Change, ChangedTable, Insert, Moment, RawSql, Update, Value } from '#model/change.ts';
import { literalsFor, Unstorable } from './input-text.ts';
import { typeFor } from './kinds.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';

/** Rows of one `VALUES`; the server takes no more. */
const ROWS_MAX = 1000;

/**
 * The statements that make a change, one batch. Values are literals: a bound text would be an nvarchar beside any column, and a
 * batch has at most 2,100 parameters. Throws {@link Unstorable}.
 */
export function writeSql(change: Change): RawSql {
  switch (change.change) {
    case 'insert':
      return { sql: insertSql(change), params: [] };
    case 'update':
      return { sql: updateSql(change), params: [] };
    case 'delete':
      return {
        sql: `DELETE FROM ${quoteTable(change.table.name)} WHERE ${whereSql(change.table, change.where)}`,
        params: [],
      };
    case 'truncate':
      // Refused (4711) for a table that is captured.
      return { sql: `TRUNCATE TABLE ${quoteTable(change.table.name)}`, params: [] };
  }
}

type ChangedColumn = ChangedTable['columns'][number];

/** A text as a literal of a column whose type is known; undefined where the column cannot hold it. */
export function literalOf(
  column: Pick<ChangedColumn, 'name'> & { type: string },
  text: string | null,
): string | undefined {
  try {
    return literalsFor(column)(text);
  } catch (error) {
    if (error instanceof Unstorable) return undefined;
    throw error;
  }
}

function columnOf({ columns }: ChangedTable, name: string): ChangedColumn | undefined {
  return columns.find((column) => column.name === name);
}

function valueSql(table: ChangedTable, name: string, value: Value): string {
  if (value === null) return 'NULL';
  if (isMoment(value)) return momentSql(value);
  const column = columnOf(table, name);
  const type = column?.type ?? (column === undefined ? undefined : typeFor(column.kind));
  if (type !== undefined) return literalsFor({ name, type })(typeof value === 'string' ? value : String(value));
  return typeof value === 'string' ? quoteLiteral(value) : String(Number(value));
}

/** In UTC, as a datetime2: as a datetimeoffset it has the offset 0. A moment is each statement's own. */
export function momentSql({ hoursAgo }: Moment): string {
  return hoursAgo === 0 ? 'SYSUTCDATETIME()' : `DATEADD(hour, ${-hoursAgo}, SYSUTCDATETIME())`;
}

/** Several statements where there are more rows than one takes. A counted column is only given values where that is said. */
function insertSql({ table, columns, rows }: Insert): string {
  const into = `INSERT INTO ${quoteTable(table.name)} (${columns.map(quoteIdent).join(', ')}) VALUES`;
  const values = rows.map(
    (row) => `(${row.map((value, index) => valueSql(table, columns[index] ?? '', value)).join(', ')})`,
  );
  const statements: string[] = [];
  for (let start = 0; start < values.length; start += ROWS_MAX)
    statements.push(`${into} ${values.slice(start, start + ROWS_MAX).join(', ')}`);
  if (!columns.some((name) => columnOf(table, name)?.identity === true)) return statements.join(';\n');
  const counted = `SET IDENTITY_INSERT ${quoteTable(table.name)}`;
  return [`${counted} ON`, ...statements, `${counted} OFF`].join(';\n');
}

/**
 * How many rows there are, then the change of those that have other values. A row that has the new values already is left
 * alone: whether the server would log it is a matter of its settings.
 */
function updateSql({ table, set, where }: Update): string {
  const sets = Object.entries(set).map(([column, value]) => {
    const name = quoteIdent(column);
    const to = isSum(value) ? `${name} + ${value.add}` : valueSql(table, column, value);
    return { sql: `${name} = ${to}`, old: comparable(table, column, name), to: comparable(table, column, to) };
  });
  const found = whereSql(table, where);
  const differs = `EXISTS (SELECT ${sets.map(({ old }) => old).join(', ')} EXCEPT SELECT ${sets.map(({ to }) => to).join(', ')})`;
  const name = quoteTable(table.name);
  return [
    `SELECT COUNT_BIG(*) AS found FROM ${name} WITH (UPDLOCK) WHERE ${found}`,
    `UPDATE ${name} SET ${sets.map(({ sql }) => sql).join(', ')} WHERE ${found} AND ${differs}`,
  ].join(';\n');
}

const COMPARED_AS_THEY_ARE: ReadonlySet<string> = new Set([
  ...['integer', 'decimal', 'float', 'boolean', 'instant', 'local-timestamp', 'local-time', 'date', 'uuid', 'year'],
]);

/**
 * Other values by their bytes: a collation takes some that differ for equal, and not every type can be compared. The server takes
 * bytes for equal that differ in zeros at their end.
 */
function comparable(table: ChangedTable, name: string, sql: string): string {
  const column = columnOf(table, name);
  if (column?.kind.kind === 'bytes')
    return sql === 'NULL' ? 'NULL, NULL' : `CONVERT(varbinary(max), ${sql}), DATALENGTH(${sql})`;
  if (sql === 'NULL' || (column !== undefined && COMPARED_AS_THEY_ARE.has(column.kind.kind))) return sql;
  return `CONVERT(varbinary(max), CONVERT(nvarchar(max), ${sql}))`;
}

function whereSql(table: ChangedTable, where: Update['where']): string {
  return Object.entries(where)
    .map(([column, value]) => `${quoteIdent(column)} = ${valueSql(table, column, value)}`)
    .join(' AND ');
}

function isMoment(value: unknown): value is Moment {
  return typeof value === 'object' && value !== null && 'hoursAgo' in value;
}

function isSum(value: unknown): value is { readonly add: number } {
  return typeof value === 'object' && value !== null && 'add' in value;
}
