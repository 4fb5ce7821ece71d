import type { LogState } from '#model/observation.ts';
import type { Row } from '#model/values.ts';
import { equal } from './rows.ts';

/** Whether the log has the ledger's last operation on a key, which the transaction `txn` made. */
export function isCaptured(txn: string, source: Row | undefined, log: LogState | undefined): boolean {
  if (log === undefined) return false;
  if (log.changeTxn === txn) return true;
  // A snapshot may have read what the stream never had.
  return log.image !== undefined && source !== undefined && log.last.op === 'read' && equal(log.image, source);
}
