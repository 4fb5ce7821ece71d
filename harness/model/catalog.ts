/** A column as the source's (or the sink's) catalog describes it. */
export interface Column {
  readonly name: string;
  /** The engine's own full type name, e.g. `numeric(12,2)`, `timestamp with time zone`, `text[]`. */
  readonly type: string;
  readonly nullable: boolean;
  /** Computed by the database; never written. */
  readonly generated: boolean;
}

export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  /** Column names of the primary key in key order; empty for a table without one. */
  readonly key: readonly string[];
}

/** `schema.name`: how a table is named everywhere outside SQL. Quote with the engine's function before use in SQL. */
export type TableId = string;

export function tableId(table: Pick<Table, 'schema' | 'name'>): TableId {
  return `${table.schema}.${table.name}`;
}
