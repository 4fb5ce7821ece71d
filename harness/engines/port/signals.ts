import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';

type Asked = Pick<Database, 'query'>;

/** A row of a connector's signal table. */
export interface SignalRow {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/**
 * What a connector that is deployed already needs at its source before it carries one more table, and how it is asked for the rows
 * that are there. Statements are as a person may run them.
 */
export interface SignalsPort {
  /** Has a publication have one more table. */
  publishSql(publication: string, table: TableId): string;
  /** Makes a signal table; its columns and sizes are Debezium's. */
  createSql(table: TableId): string;
  /** Has Debezium do something: it reads the row in the log. */
  insertSql(table: TableId, row: SignalRow): string;
  /** The rows whose ids begin so, and how many chunks of a snapshot have been read altogether, as far as the table still has that. */
  read(database: Asked, table: TableId, prefix: string): Promise<{ rows: readonly SignalRow[]; chunks: number }>;
  /** The end of the log now: what was committed before lies before it. */
  position(database: Asked): Promise<bigint>;
  /** Gives the rights that a statement lacked. */
  grantSql(right: 'SELECT' | 'SELECT, INSERT' | 'owner', table: TableId, user: string, owner?: string): string;
  /** Has the log have the keys of rows that are changed or deleted. */
  identitySql(table: TableId): string;
}
