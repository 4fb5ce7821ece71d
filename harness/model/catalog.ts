/** A column as the source's (or the sink's) catalog describes it. */
export interface Column {
  readonly name: string;
  /** The engine's own full type name, e.g. `numeric(12,2)`, `timestamp with time zone`, `text[]`. */
  readonly type: string;
  /** What a domain is made over, with its length or precision; absent for every other type. */
  readonly base?: string;
  readonly nullable: boolean;
  /** Computed by the database; never written. */
  readonly generated: boolean;
  /** SQL over the table's own columns that is read in the column's stead; where rows are compared as a mapping says. */
  readonly expression?: string;
}

export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  /** Column names of the primary key in key order; empty for a table without one. */
  readonly key: readonly string[];
  /** Of a table without a primary key, the columns of its first unique index: what Debezium takes for the key of its events. */
  readonly unique?: UniqueKey;
  /** SQL of a row source that is read in the table's stead, e.g. a subquery of its live rows. */
  readonly from?: string;
}

export interface UniqueKey {
  readonly columns: readonly string[];
  /** Rows with NULL in it, or outside a partial index, may have the same values: it then names no row. */
  readonly namesRows: boolean;
}

/** `schema.name`: how a table is named everywhere outside SQL. Quote with the engine's function before use in SQL. */
export type TableId = string;

export function tableId(table: Pick<Table, 'schema' | 'name'>): TableId {
  return `${table.schema}.${table.name}`;
}
