import type { Piece } from '#engines/port/bulk.ts';
import type { PlannedTable } from '../plan.ts';

/** Rows of one piece, or of one transaction where a table is not read in pieces. */
export const BATCH_ROWS = 10_000;

/** How rows get from one moment of a source to the target. */
export interface Transfer extends AsyncDisposable {
  /** The position of the source's log that belongs to the moment. */
  readonly position: bigint;
  /** The moment as the source names it for other connections; absent where only one can read it. */
  readonly snapshot?: string;
  /** Rows that a table has, or about as many. */
  expected(table: PlannedTable): Promise<number>;
  /** The pieces in which a table is carried. */
  pieces(table: PlannedTable): AsyncIterable<Piece>;
  /** One of the workers that carry pieces at the same time. */
  openWorker(): Promise<TransferWorker>;
}

interface TransferWorker extends AsyncDisposable {
  /** Carries a piece; `onRows` is told of rows that are committed at the target. */
  carry(table: PlannedTable, piece: Piece, onRows: (rows: number) => Promise<void>): Promise<void>;
}
