import type { RowKey, RowWrite, SinkColumn, SinkTable } from '#engines/port/sink.ts';
import { isBookkeeping, LSN_COLUMN } from '#model/values.ts';
import type { Flavour } from './flavour.ts';
import { literalsFor } from './input-text.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';

/** The column in which `dedup` keeps a row's guard. */
export const GUARD_COLUMN = '_cdc_guard';

export interface MariadbColumn extends SinkColumn {
  /** How its texts are compared; undefined where it holds none. */
  readonly collation?: { readonly name: string; readonly charset: string };
  /** An INSERT must name it. */
  readonly demanded: boolean;
  /** What stands behind its type in its definition. */
  readonly attributes: string;
}

export interface MariadbTable extends SinkTable {
  readonly flavour: Flavour;
  readonly columns: ReadonlyMap<string, MariadbColumn>;
  /** It has unique indexes beside its primary key. */
  readonly otherUnique: boolean;
}

interface Field {
  readonly column: string;
  /** The row's value as a literal of SQL. */
  readonly literal: (row: RowWrite) => string;
}

const number = (value: bigint | undefined): string => (value === undefined ? 'NULL' : String(value));

/** Milliseconds since the epoch, in UTC as are the sink's sessions. */
function moment(ms: number | undefined): string {
  return ms === undefined ? 'NULL' : `TIMESTAMP'${new Date(ms).toISOString().slice(0, -1).replace('T', ' ')}'`;
}

const BOOKKEEPING: readonly Field[] = [
  { column: '_cdc_op', literal: ({ op }) => quoteLiteral(op) },
  { column: LSN_COLUMN, literal: ({ lsn }) => number(lsn) },
  { column: '_cdc_captured_at', literal: ({ capturedAtMs }) => moment(capturedAtMs) },
  { column: '_cdc_received', literal: ({ receivedAtMs }) => moment(receivedAtMs) },
  { column: GUARD_COLUMN, literal: ({ guard }) => number(guard) },
];

/** The columns that the rows set and the table has. All rows of one statement set the same columns: those of the first. */
function fieldsOf(table: MariadbTable, rows: readonly RowWrite[]): Field[] {
  const data = Object.keys(rows[0]?.values ?? {}).flatMap((name): Field[] => {
    const column = table.columns.get(name);
    if (column === undefined || column.generated) return [];
    const literal = literalsFor(column);
    return [{ column: name, literal: ({ values }) => literal(values[name] ?? null) }];
  });
  return [...data, ...BOOKKEEPING.filter(({ column }) => table.columns.has(column))];
}

/** The columns of the rows' key, which is the same in all of them. */
const keyOf = (rows: readonly RowWrite[]): readonly string[] => rows[0]?.key ?? [];

/** Characters of one statement's rows: a server takes 16 MiB of a statement by default. */
const STATEMENT_CHARACTERS = 2 * 1024 * 1024;

/** Rows as they stand behind VALUES, in as many pieces as there must be statements. */
export function pieces<T>(rows: readonly T[], literals: (row: T) => string[], each = ''): string[] {
  const all: string[] = [];
  let some: string[] = [];
  let size = 0;
  for (const row of rows) {
    const text = `${each}(${literals(row).join(',')})`;
    if (size > 0 && size + text.length > STATEMENT_CHARACTERS) {
      all.push(some.join(','));
      [some, size] = [[], 0];
    }
    some.push(text);
    size += text.length;
  }
  if (size > 0) all.push(some.join(','));
  return all;
}

function rowPieces(fields: readonly Field[], rows: readonly RowWrite[], each = ''): string[] {
  return pieces(rows, (row) => fields.map(({ literal }) => literal(row)), each);
}

const names = (fields: readonly Field[]): string => fields.map(({ column }) => quoteIdent(column)).join(', ');

/** The rows of `t` that have the key of `i`, by the rules by which the table's own index tells keys apart. */
export function keyJoin(table: MariadbTable, key: readonly string[], place: (column: string) => number): string {
  const same = key.map((name) => {
    const { collation } = table.columns.get(name) ?? {};
    const value = `i.p${place(name)}`;
    if (collation === undefined) return `t.${quoteIdent(name)} = ${value}`;
    const text = collation.charset === 'utf8mb4' ? value : `CONVERT(${value} USING ${collation.charset})`;
    return `t.${quoteIdent(name)} = ${text} COLLATE ${collation.name}`;
  });
  return same.join(' AND ');
}

/** What one column of a row is set to. A guard only rises; GREATEST is NULL where one of its arguments is. */
function assignment(column: string, name: string, value: string): string {
  return column === GUARD_COLUMN
    ? `${name} = COALESCE(GREATEST(${name}, ${value}), ${name}, ${value})`
    : `${name} = ${value}`;
}

export function insertStatements(table: MariadbTable, rows: readonly RowWrite[]): string[] {
  const fields = fieldsOf(table, rows);
  const head = `INSERT INTO ${quoteTable(table.id)} (${names(fields)}) VALUES`;
  return rowPieces(fields, rows).map((piece) => `${head} ${piece}`);
}

/**
 * Whether one statement can insert rows or change those that are there. `ON DUPLICATE KEY UPDATE` takes a row for the same
 * that shares any unique value, so with other unique indexes it would change another row than the key's. And of rows that
 * leave columns out it demands what a new row needs, before it looks for the old one.
 */
export function upsertsAtOnce(table: MariadbTable, rows: readonly RowWrite[]): boolean {
  const set = new Set(Object.keys(rows[0]?.values ?? {}));
  // Which of them a row needs may have changed since the catalog was read.
  const leftOut = [...table.columns.values()].some(
    ({ name, generated }) => !generated && !isBookkeeping(name) && !set.has(name),
  );
  return !table.otherUnique && !leftOut;
}

/** A row that exists keeps the columns that are not set; its guard only rises. */
export function upsertStatements(table: MariadbTable, rows: readonly RowWrite[]): string[] {
  const { offered } = table.flavour;
  const fields = fieldsOf(table, rows);
  const key = keyOf(rows);
  // Something must be set, even where rows are nothing but keys.
  const changed = fields.filter(({ column }) => !key.includes(column));
  const sets = (changed.length === 0 ? fields : changed).map(({ column }) =>
    assignment(column, `${quoteTable(table.id)}.${quoteIdent(column)}`, offered.value(quoteIdent(column))),
  );
  return insertStatements(table, rows).map(
    (insert) => `${insert}${offered.alias} ON DUPLICATE KEY UPDATE ${sets.join(', ')}`,
  );
}

/** Which of the rows have no row of their key in the table, by their places. */
export function missingStatements(table: MariadbTable, rows: readonly RowWrite[]): string[] {
  const key = keyOf(rows);
  const literals = keyLiterals(table, key);
  const places = rows.map(({ values }, place) => ({ place, values: key.map((name) => values[name] ?? null) }));
  const join = keyJoin(table, key, (name) => key.indexOf(name) + 1);
  const { each, given } = table.flavour.rows;
  return pieces(places, ({ place, values }) => [`${place}`, ...literals({ columns: key, values })], each).map(
    (piece) =>
      `SELECT i.p0 FROM ${given(key.length + 1, piece)} LEFT JOIN ${quoteTable(table.id)} t ON ${join} WHERE t.${quoteIdent(key[0] ?? '')} IS NULL`,
  );
}

/** None where the rows set nothing but their key. */
export function updateStatements(table: MariadbTable, rows: readonly RowWrite[]): string[] {
  const fields = fieldsOf(table, rows);
  const key = keyOf(rows);
  const sets = fields.flatMap(({ column }, index) =>
    key.includes(column) ? [] : [assignment(column, `t.${quoteIdent(column)}`, `i.p${index}`)],
  );
  if (sets.length === 0) return [];
  const join = keyJoin(table, key, (name) => fields.findIndex(({ column }) => column === name));
  // The rows that are given are few: the table is looked up in by its key, whatever the statistics say.
  const { each, given } = table.flavour.rows;
  return rowPieces(fields, rows, each).map(
    (piece) =>
      `UPDATE ${given(fields.length, piece)} STRAIGHT_JOIN ${quoteTable(table.id)} t ON ${join} SET ${sets.join(', ')}`,
  );
}

/** The literals of keys' columns. */
export function keyLiterals(table: MariadbTable, columns: readonly string[]): (key: RowKey) => string[] {
  const literals = columns.map((name) => literalsFor(table.columns.get(name) ?? { name, type: 'longtext' }));
  return ({ values }) => literals.map((literal, index) => literal(values[index] ?? null));
}

export function deleteStatements(table: MariadbTable, keys: readonly RowKey[]): string[] {
  const columns = keys[0]?.columns ?? [];
  const join = keyJoin(table, columns, (name) => columns.indexOf(name));
  const { each, given } = table.flavour.rows;
  return pieces(keys, keyLiterals(table, columns), each).map(
    (piece) => `DELETE t FROM ${given(columns.length, piece)} STRAIGHT_JOIN ${quoteTable(table.id)} t ON ${join}`,
  );
}

/** No TRUNCATE: the server would commit the transaction. */
export function truncateStatement(table: MariadbTable, guard: bigint | undefined): string {
  const name = quoteTable(table.id);
  if (guard === undefined || !table.columns.has(GUARD_COLUMN)) return `DELETE FROM ${name}`;
  const column = quoteIdent(GUARD_COLUMN);
  return `DELETE FROM ${name} WHERE ${column} IS NULL OR ${column} <= ${guard}`;
}
