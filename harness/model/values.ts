/** A value in its canonical text form, or NULL. Two values of one type are equal exactly when their canonical texts are. */
export type Text = string | null;

/** A row in canonical text, by column name. Columns that begin with `_cdc_` are bookkeeping and never compared. */
export type Row = Readonly<Record<string, Text>>;

/**
 * A row's key as one string: the JSON array of the key columns' canonical texts in key order, e.g. `["17"]` or
 * `["eu","9"]`. Made by {@link keyOf}, so that ledger, log and tables name a row alike.
 */
export type Key = string;

export function keyOf(columns: readonly string[], row: Row): Key {
  return JSON.stringify(columns.map((name) => row[name] ?? null));
}

/** The key of a row in a table without a primary key: it names none. */
export const KEYLESS: Key = '[]';

const CDC_PREFIX = '_cdc_';

/** The bookkeeping column with the LSN of the change that a row of the sink is from. */
export const LSN_COLUMN = '_cdc_lsn';

export function isBookkeeping(column: string): boolean {
  return column.startsWith(CDC_PREFIX);
}
