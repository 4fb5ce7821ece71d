import type { TableId } from './catalog.ts';
import type { Key } from './values.ts';

export type OperationKind = 'insert' | 'update' | 'delete';

/** `indeterminate`: the connection broke between COMMIT and its answer, so nobody knows. */
export type Outcome = 'ok' | 'failed' | 'indeterminate';

/** The id of a transaction that ended before anybody knew it: nothing in the log can be told to be of it. */
export const UNKNOWN_TXN = '';

/** One row written by one transaction of the workload, as it stands in the ledger. */
export interface Operation {
  /** Rises by one for each operation of a run's mode, in the order in which their outcomes became known. */
  readonly seq: number;
  /**
   * Rises by one in the order in which the generator made them, so that one seed gives an operation always the same number.
   * Absent where no generator of the lab's made it.
   */
  readonly number?: number;
  /** The source's transaction id, as Debezium's events carry it (`source.txId`); or {@link UNKNOWN_TXN}. */
  readonly txn: string;
  readonly table: TableId;
  readonly key: Key;
  readonly kind: OperationKind;
  readonly outcome: Outcome;
  /** When the outcome was known, in ms since the epoch. */
  readonly at: number;
}
