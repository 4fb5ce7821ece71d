import type { EventRef } from '#model/finding.ts';
import type { OperationKind, Outcome } from '#model/operation.ts';
import type { Offsets, TopicPartition } from '#model/position.ts';

/** The ledger's last word on a key. */
export interface LedgerWord {
  readonly txn: string;
  readonly kind: OperationKind;
  readonly outcome: Outcome;
  /** How often that transaction changed the row. */
  readonly changes: number;
  /** When its outcome was known, ms since the epoch. */
  readonly at: number;
}

/** What the log holds of a key, without its rows. */
export interface KeyLog {
  /** The last record, repeated ones included. */
  readonly last: EventRef;
  /** The last change that was new when it was seen: its LSN lies above all before it. Snapshot reads are no changes. */
  readonly change?: { readonly lsn: bigint; readonly txn?: string; readonly changes: number };
  /** In each partition that has events of the key, the offset of the last. */
  readonly offsets: Iterable<readonly [TopicPartition, bigint]>;
}

export interface KeyMoment {
  /** An operation on the key began, ended or was under way while source and sink were read. */
  readonly changing: boolean;
  readonly word?: LedgerWord;
  /** From a reader that had seen all that the log held once the sink had been read. */
  readonly log?: KeyLog;
  /** Read before the sink's rows. */
  readonly applied: Offsets;
  readonly atSource: boolean;
  /** The reader has missed no record of the table. */
  readonly logComplete: boolean;
}

/** Why a key cannot be judged yet. */
export type Unsettled = 'changing' | 'not-captured' | 'silent' | 'being-replayed' | 'not-applied' | 'unknown';

/**
 * Why a key may still be in flight, or undefined where its three states can be compared: the source has not changed since
 * its last operation, the log holds every change of that operation's transaction to the row and nothing of it repeats an
 * older one, and the consumer is past all of them. The sink may have applied any record that the log held when it was
 * read, so a record above the consumer's known position always unsettles the key.
 */
export function unsettled(moment: KeyMoment): Unsettled | undefined {
  const { changing, word, log, applied, atSource, logComplete } = moment;
  if (changing) return 'changing';
  if (log === undefined) {
    if (word !== undefined) return 'not-captured';
    // Older than the log, or written by someone without a ledger and not captured yet.
    if (atSource) return 'silent';
    return logComplete ? undefined : 'unknown';
  }
  for (const [partition, offset] of log.offsets) if (offset >= (applied.get(partition) ?? 0n)) return 'not-applied';
  if (isReplay(log)) return 'being-replayed';
  // Two changes of one transaction can be in the log one after the other: the first alone is not the source's state.
  if (word !== undefined && (log.change?.txn !== word.txn || log.change.changes < word.changes)) return 'not-captured';
  return undefined;
}

/** True where the last record repeats a change older than another that the log has: the newer will be repeated too. */
function isReplay({ last, change }: KeyLog): boolean {
  if (last.op === 'read' || change === undefined) return false;
  return last.lsn !== undefined && last.lsn < change.lsn;
}
