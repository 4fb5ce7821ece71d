import type { TableId } from './catalog.ts';
import type { OperationKind } from './operation.ts';
import type { Key } from './values.ts';

/** A transaction as the source's log has it. */
export interface CommittedTransaction {
  readonly txn: string;
  /** Rows that it changed in tables that nobody captures. */
  readonly others: number;
  readonly writes: readonly { readonly table: TableId; readonly key: Key; readonly kind: OperationKind }[];
}

/** What was committed at the source, whoever wrote it. Disposing ends the reading. */
export interface ChangeFeed extends AsyncDisposable {
  /** All that was committed before the call and not read before, in the order of the commits. */
  read(): Promise<readonly CommittedTransaction[]>;
}
