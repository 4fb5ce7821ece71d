import type { Kind } from './kind.ts';

/** A moment as the database's own clock has it: so many hours before the transaction's time. */
export interface Moment {
  readonly hoursAgo: number;
}

/** The transaction's time: the same one wherever a transaction writes it. */
export const NOW: Moment = { hoursAgo: 0 };

/**
 * A value to be written. Texts are for every kind but numbers and booleans, and for numbers that JavaScript would round:
 * an instant as ISO 8601 has it in UTC (`2024-01-15T12:00:00Z`), JSON as a document.
 */
export type Value = string | number | boolean | null | Moment;

/** What a column has, and so much more. */
interface Sum {
  readonly add: number;
}

/** A column of a table that is written to. */
interface ChangedColumn {
  readonly name: string;
  readonly kind: Kind;
  /** The engine's own type, where the table is one of somebody's: it says more than the kind. */
  readonly type?: string;
  /** Counted up by the database where no value is given. */
  readonly identity?: boolean;
}

/** The table that a change is made to: its name, with the schema where that is not the engine's own, and its columns. */
export interface ChangedTable {
  readonly name: string;
  readonly columns: readonly ChangedColumn[];
}

/** Rows are the ones that have all of these values. */
type Where = Readonly<Record<string, string | number | boolean>>;

/** New rows, each with a value for every column that is named. Other columns get their default. */
export interface Insert {
  readonly change: 'insert';
  readonly table: ChangedTable;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

export interface Update {
  readonly change: 'update';
  readonly table: ChangedTable;
  readonly set: Readonly<Record<string, Value | Sum>>;
  readonly where: Where;
}

export interface Delete {
  readonly change: 'delete';
  readonly table: ChangedTable;
  readonly where: Where;
}

/** Empties a table at once, without a word of its rows in the log. */
interface Truncate {
  readonly change: 'truncate';
  readonly table: ChangedTable;
}

/** What is written, in no engine's words: one statement of a transaction, which an engine puts into its own SQL. */
export type Change = Insert | Update | Delete | Truncate;

/** A statement in the SQL of the engine that will run it. */
export interface RawSql {
  readonly sql: string;
  readonly params: readonly unknown[];
}
