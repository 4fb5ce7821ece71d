import type { Moment } from './change.ts';
import type { Kind } from './kind.ts';

/** A column to be made. NOT NULL unless it is said to be nullable. */
export interface ColumnDefinition {
  readonly name: string;
  readonly kind: Kind;
  readonly nullable?: true;
  /** What a row gets that is inserted without the column. */
  readonly default?: string | number | boolean | Moment;
  /**
   * Holds values so long that an engine which can keep them apart from the row is to do so. PostgreSQL then leaves them
   * out of the log of an update that does not change them.
   */
  readonly wide?: true;
}

/** What DDL does to one column. A column that is altered gets the type and the default of its definition, or has none any more. */
export type ColumnChange =
  | { readonly add: ColumnDefinition }
  | { readonly alter: ColumnDefinition }
  | { readonly drop: ColumnDefinition };

interface ForeignKey {
  readonly columns: readonly string[];
  /** A table that is made before, by its name. */
  readonly table: string;
  /** Its columns, in the same order. */
  readonly references: readonly string[];
}

/** A table to be made, in no engine's words. */
export interface TableDefinition {
  /** With the schema where that is not the engine's own. */
  readonly name: string;
  readonly columns: readonly ColumnDefinition[];
  /** Columns of the primary key, in its order; none for a table without one. */
  readonly key: readonly string[];
  readonly foreign?: readonly ForeignKey[];
  /** The log is to have every old value of a row that is changed or deleted, and not its key alone. */
  readonly oldValues?: true;
  /** Columns of further indexes, which may hold a value more than once. */
  readonly indexes?: readonly (readonly string[])[];
}
