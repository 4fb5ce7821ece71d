import type { TableId } from '#model/catalog.ts';
import { type Operation, UNKNOWN_TXN } from '#model/operation.ts';
import { createRowMap } from '#model/rows.ts';
import type { Key } from '#model/values.ts';
import type { LedgerWord } from '#verify/judge/settled.ts';

/** What the verifier asks of the ledger. Satisfied by the ledger of the writers, and by one read back from its file. */
export interface LedgerView {
  /** In the order in which their outcome became known, each with a `seq` one higher; the oldest may have been dropped. */
  readonly operations: readonly Operation[];
  mark(): number;
  /** Of a ledger that is told by another: has it know everything that was committed before the call. */
  refresh?(): Promise<void>;
  /** Whether an operation on the row began or ended after the mark, or was under way at it. */
  touchedSince(mark: number, table: TableId, key: Key): boolean;
  /** Rows with an operation that is under way, or that began or ended after the mark. */
  rowsTouchedSince(mark: number): Iterable<{ readonly table: TableId; readonly key: Key }>;
}

/** The last word on each key, kept up to date with a ledger that grows. */
export interface LedgerWords {
  word(table: TableId, key: Key): LedgerWord | undefined;
  forget(table: TableId, key: Key): void;
}

export function ledgerWords(ledger: LedgerView): LedgerWords {
  const words = createRowMap<LedgerWord>();
  /** The last operation that was read, by its number. */
  let read = 0;
  const upToDate = () => {
    const { operations } = ledger;
    const first = operations[0]?.seq ?? 1;
    for (let index = Math.max(0, read + 1 - first); index < operations.length; index++) {
      const operation = operations[index];
      if (operation === undefined) continue;
      read = operation.seq;
      if (operation.outcome === 'failed') continue;
      const { table, key, txn, kind, outcome, at } = operation;
      // It may have taken effect, and what it wrote cannot be recognised: of the row the ledger knows nothing any more.
      if (txn === UNKNOWN_TXN) {
        words.delete(table, key);
        continue;
      }
      const before = words.get(table, key);
      words.set(table, key, { txn, kind, outcome, at, changes: before?.txn === txn ? before.changes + 1 : 1 });
    }
    return words;
  };
  return {
    word: (table, key) => upToDate().get(table, key),
    forget: (table, key) => upToDate().delete(table, key),
  };
}
