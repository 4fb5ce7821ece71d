import type { RowKey, RowWrite, SinkColumn, SinkTable } from '#engines/port/sink.ts';
import { LSN_COLUMN } from '#model/values.ts';
import type { Load, LoadValue } from './client.ts';
import { LOADED, loadOf, placeOf } from './load.ts';
import { type Input, inCodePageOf, inputOf, isCodePaged, loadedValue } from './load-input.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';

/** The column in which `dedup` keeps a row's guard. */
export const GUARD_COLUMN = '_cdc_guard';

export interface SqlServerColumn extends SinkColumn {
  /** How its texts are compared; undefined where it holds none. */
  readonly collation?: string;
  /** Numbered by the server: an INSERT that names it must say so first. */
  readonly identity: boolean;
  /** An INSERT must name it. */
  readonly demanded: boolean;
}

export interface SqlServerTable extends SinkTable {
  readonly columns: ReadonlyMap<string, SqlServerColumn>;
}

/** Rows to be loaded, and the statements that take them, in their order. */
export interface Loaded {
  readonly load: Load;
  readonly statements: readonly string[];
  /** Asks for characters that would be lost; absent where none can be. It answers with the name of the first column. */
  readonly lost?: string;
}

interface Field {
  readonly column: string;
  readonly input: Input;
  readonly value: (row: RowWrite) => LoadValue;
}

/** Digits of the greatest position: 192 bits. Beyond a bigint's they are kept as a text of so many, which sorts as they do. */
const POSITION_DIGITS = 58;

/** A position as a column of this type keeps it. */
export function positionText(position: bigint, type: string): string {
  return /^(n?var)?char/i.test(type) ? String(position).padStart(POSITION_DIGITS, '0') : String(position);
}

/** A position that a sink has kept; what is blank lies below all of them. */
export function positionOf(text: string | null): bigint {
  const digits = (text ?? '').trim();
  return digits === '' ? -1n : BigInt(digits);
}

const stamp = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

const BOOKKEEPING: readonly (readonly [column: string, text: (row: RowWrite, type: string) => string | null])[] = [
  ['_cdc_op', ({ op }) => op],
  [LSN_COLUMN, ({ lsn }, type) => (lsn === undefined ? null : positionText(lsn, type))],
  ['_cdc_captured_at', ({ capturedAtMs }) => stamp(capturedAtMs)],
  ['_cdc_received', ({ receivedAtMs }) => stamp(receivedAtMs)],
  [GUARD_COLUMN, ({ guard }, type) => (guard === undefined ? null : positionText(guard, type))],
];

/** The columns that the rows set and the table has. All rows of one load set the same columns: those of the first. */
function fieldsOf(table: SqlServerTable, rows: readonly RowWrite[]): Field[] {
  const data = Object.keys(rows[0]?.values ?? {}).flatMap((name): Field[] => {
    const column = table.columns.get(name);
    if (column === undefined || column.generated) return [];
    const input = inputOf(column);
    return [{ column: name, input, value: ({ values }) => loadedValue(input, values[name] ?? null) }];
  });
  const kept = BOOKKEEPING.flatMap(([name, text]): Field[] => {
    const column = table.columns.get(name);
    if (column === undefined) return [];
    const input = inputOf(column);
    return [{ column: name, input, value: (row) => loadedValue(input, text(row, column.type)) }];
  });
  return [...data, ...kept];
}

function loading(
  table: SqlServerTable,
  fields: readonly Field[],
  rows: readonly RowWrite[],
): Omit<Loaded, 'statements'> {
  const values = rows.map((row) => fields.map(({ value }) => value(row)));
  const lost = lostSql(table, fields, values);
  const load = loadOf(
    fields.map(({ input }) => input.as),
    values,
  );
  return lost === undefined ? { load } : { load, lost };
}

const OUTSIDE_ASCII = /[^\0-\x7f]/;

/** A code page has few characters: the server writes a question mark for any other, and says nothing. */
function lostSql(
  table: SqlServerTable,
  fields: readonly Field[],
  rows: readonly (readonly LoadValue[])[],
): string | undefined {
  const asked = fields.flatMap(({ column }, index) => {
    const { collation, type = '' } = table.columns.get(column) ?? {};
    if (collation === undefined || !isCodePaged({ type })) return [];
    if (!rows.some((row) => OUTSIDE_ASCII.test(String(row[index] ?? '')))) return [];
    const kept = `CONVERT(nvarchar(max), CONVERT(varchar(max), ${inCodePageOf({ collation }, placeOf(index))}))`;
    return [
      `SELECT TOP (1) ${quoteLiteral(column)} AS lost FROM ${LOADED} AS i WHERE ${kept} COLLATE Latin1_General_100_BIN2 <> ${placeOf(index)}`,
    ];
  });
  return asked.length === 0 ? undefined : asked.join('\nUNION ALL\n');
}

/** The columns of the rows' key, which is the same in all of them. */
const keyOf = (rows: readonly RowWrite[]): readonly string[] => rows[0]?.key ?? [];

/** SQL for a loaded key column as the table's own type and collation have it: so its index is of use, and tells keys apart. */
function keyValue(table: SqlServerTable, name: string, place: string): string {
  const column = table.columns.get(name);
  if (column === undefined) return place;
  const value = inputOf(column).sql(place);
  if (column.collation === undefined) return value;
  // A text of `max` would be compared with the column's by a reading of all rows.
  const typed = /\(max\)$|^n?text$/i.test(column.type)
    ? value
    : `CONVERT(${keyType(column)}, ${inCodePageOf(column, place)})`;
  return `${typed} COLLATE ${column.collation}`;
}

/** In a code page a character may take several bytes: a key that the column has no room for must not be cut to another row's. */
function keyType({ type }: SqlServerColumn): string {
  return isCodePaged({ type }) ? 'varchar(8000)' : type;
}

/** The rows of `t` that have the key of `i`. */
function keyJoin(table: SqlServerTable, key: readonly string[], place: (column: string) => string): string {
  return key.map((name) => `t.${quoteIdent(name)} = ${keyValue(table, name, place(name))}`).join(' AND ');
}

/** What one column of a row is set to. A guard only rises. */
function assignment(column: string, value: string): string {
  const own = `t.${quoteIdent(column)}`;
  if (column !== GUARD_COLUMN) return `${own} = ${value}`;
  return `${own} = CASE WHEN ${own} IS NULL OR ${value} > ${own} THEN COALESCE(${value}, ${own}) ELSE ${own} END`;
}

const fieldSql = ({ input }: Field, index: number): string => input.sql(placeOf(index));

/** The gap in which a row is not yet is locked until the transaction ends, so that nobody else inserts it meanwhile. */
const LOCKS = 'WITH (UPDLOCK, HOLDLOCK)';

function insertSql(table: SqlServerTable, fields: readonly Field[], where = ''): string[] {
  const names = fields.map(({ column }) => quoteIdent(column)).join(', ');
  const id = quoteTable(table.id);
  const insert = `INSERT INTO ${id} (${names})\nSELECT ${fields.map(fieldSql).join(', ')} FROM ${LOADED} AS i${where}`;
  const numbered = fields.some(({ column }) => table.columns.get(column)?.identity === true);
  if (!numbered) return [insert];
  return [`SET IDENTITY_INSERT ${id} ON`, insert, `SET IDENTITY_INSERT ${id} OFF`];
}

/** None where the rows set nothing but their key. What the server has numbered stays as it is: an UPDATE must not name it. */
function updateSql(table: SqlServerTable, fields: readonly Field[], key: readonly string[], locks = ''): string[] {
  const sets = fields.flatMap((field, index) =>
    key.includes(field.column) || table.columns.get(field.column)?.identity === true
      ? []
      : [assignment(field.column, fieldSql(field, index))],
  );
  if (sets.length === 0) return [];
  return [
    `UPDATE t SET ${sets.join(', ')}\nFROM ${quoteTable(table.id)} AS t ${locks}\nINNER JOIN ${LOADED} AS i ON ${joinOf(table, fields, key)}`,
  ];
}

function joinOf(table: SqlServerTable, fields: readonly Field[], key: readonly string[]): string {
  return keyJoin(table, key, (name) => placeOf(fields.findIndex(({ column }) => column === name)));
}

export function inserts(table: SqlServerTable, rows: readonly RowWrite[]): Loaded {
  const fields = fieldsOf(table, rows);
  return { ...loading(table, fields, rows), statements: insertSql(table, fields) };
}

export function updates(table: SqlServerTable, rows: readonly RowWrite[]): Loaded {
  const fields = fieldsOf(table, rows);
  return { ...loading(table, fields, rows), statements: updateSql(table, fields, keyOf(rows)) };
}

/**
 * A row that exists keeps the columns that are not set; its guard only rises. Two statements and no MERGE, which takes no lock
 * on a row that is not there, and has faults of its own.
 */
export function upserts(table: SqlServerTable, rows: readonly RowWrite[]): Loaded {
  const fields = fieldsOf(table, rows);
  const key = keyOf(rows);
  const missing = `\nWHERE NOT EXISTS (SELECT 1 FROM ${quoteTable(table.id)} AS t ${LOCKS} WHERE ${joinOf(table, fields, key)})`;
  return {
    ...loading(table, fields, rows),
    statements: [...updateSql(table, fields, key, LOCKS), ...insertSql(table, fields, missing)],
  };
}

/** How keys' columns are loaded, behind what else there is: from `p{first}` on. */
export function keyInputs(table: SqlServerTable, columns: readonly string[]) {
  const inputs = columns.map((name) => inputOf(table.columns.get(name) ?? { name, type: 'nvarchar(max)' }));
  return {
    as: inputs.map(({ as }) => as),
    values: ({ values }: RowKey): LoadValue[] =>
      inputs.map((input, index) => loadedValue(input, values[index] ?? null)),
    join: (first: number): string => keyJoin(table, columns, (name) => placeOf(columns.indexOf(name) + first)),
  };
}

export function deletes(table: SqlServerTable, keys: readonly RowKey[]): Loaded {
  const { as, values, join } = keyInputs(table, keys[0]?.columns ?? []);
  return {
    load: loadOf(as, keys.map(values)),
    statements: [`DELETE t FROM ${quoteTable(table.id)} AS t INNER JOIN ${LOADED} AS i ON ${join(0)}`],
  };
}

/** No TRUNCATE: it demands the right to ALTER the table, and stops at a foreign key. */
export function truncateSql(table: SqlServerTable, guard: bigint | undefined): string {
  const name = quoteTable(table.id);
  const column = table.columns.get(GUARD_COLUMN);
  if (guard === undefined || column === undefined) return `DELETE FROM ${name}`;
  const own = quoteIdent(GUARD_COLUMN);
  return `DELETE FROM ${name} WHERE ${own} IS NULL OR ${own} <= ${positionSql(guard, column.type)}`;
}

export function positionSql(position: bigint, type: string): string {
  const text = positionText(position, type);
  return text.length === POSITION_DIGITS ? `'${text}'` : text;
}
