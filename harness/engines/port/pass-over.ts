import type { TableId } from '#model/catalog.ts';
import type { OperationKind } from '#model/operation.ts';
import type { Database } from '#model/pipeline.ts';

/** A table whose rows are named by a column of whole numbers. */
export interface PassedTable {
  readonly table: TableId;
  readonly column: string;
}

/**
 * A sink that passes over what is done to some of its rows, as if whoever writes it had left the change out: what a verifier
 * is to find.
 */
export interface PassOverPort {
  /** The changes that the engine can keep from having an effect. */
  readonly kinds: ReadonlySet<OperationKind>;
  /** Why it cannot keep others from it; absent where there are none. */
  readonly whyNot?: string;
  /** Readies tables for it. */
  prepare(sink: Pick<Database, 'query'>, tables: readonly PassedTable[]): Promise<void>;
  /** Passes over what is done to a row from now on. */
  begin(sink: Pick<Database, 'query'>, table: TableId, row: number): Promise<void>;
  end(sink: Pick<Database, 'query'>, table: TableId, row: number): Promise<void>;
}
