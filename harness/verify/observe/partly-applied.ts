import type { MissingRow, TransactionObservation } from '#verify/judge/judge-transaction.ts';
import type { LogHistory } from './log-history.ts';
import type { TransactionRow } from './transactions.ts';

/**
 * The transactions that are at a sink in part only, from the rows that miss their change. `isThere` says of another row
 * of theirs whether it is settled and as its transaction left it.
 */
export function partlyApplied(
  log: LogHistory,
  missing: readonly MissingRow[],
  isThere: (row: TransactionRow) => boolean,
): readonly TransactionObservation[] {
  const byTransaction = Map.groupBy(missing, ({ event }) => event.txn ?? '');
  return [...byTransaction].flatMap(([txn, missed]) => {
    const rows = log.transactions.rows(txn);
    const present = rows.filter(isThere).length;
    return present === 0 ? [] : [{ txn, present, missing: missed, rows: rows.length }];
  });
}
