import type { TableId } from '#model/catalog.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { EventRef } from '#model/finding.ts';
import { type Offsets, type TopicPartition, topicPartition } from '#model/position.ts';
import type { Key } from '#model/values.ts';

/** A row that a transaction of the source changed, with the event of its last change there. */
export interface TransactionRow {
  readonly table: TableId;
  readonly key: Key;
  readonly event: EventRef;
}

/** What the log shows of the source's last transactions. Fed record by record. */
export interface Transactions {
  add(event: ChangeEvent, key: Key, ref: EventRef): void;
  /** The rows of a transaction; empty where it is unknown, or so long ago or so large that it was forgotten. */
  rows(txn: string): readonly TransactionRow[];
  /**
   * How many transactions a consumer at these offsets has applied in part only: it is past the first delivery of some of
   * their changes, and not past others'.
   */
  inPart(applied: Offsets): number;
}

/** Changes of all remembered transactions, and of one whose rows are remembered: a bulk load is not, row by row. */
const CHANGES_MAX = 50_000;
const CHANGES_OF_ONE_MAX = 1000;

/** A transaction's changes in one partition: the first and the last, each as it was first delivered. */
interface Spread {
  readonly partition: TopicPartition;
  readonly first: bigint;
  last: bigint;
  /** Of the last. They rise within a partition, so a change delivered again is told from a new one. */
  lsn: bigint;
}

interface Entry {
  /** In the order in which they came; undefined once there are too many. */
  rows: TransactionRow[] | undefined;
  readonly spread: Spread[];
  changes: number;
}

export function createTransactions(): Transactions {
  const entries = new Map<string, Entry>();
  let changes = 0;

  const forgetOldest = (): void => {
    for (const [txn, entry] of entries) {
      if (changes <= CHANGES_MAX || entries.size === 1) return;
      changes -= entry.changes;
      entries.delete(txn);
    }
  };

  return {
    add(event, key, ref) {
      // A read of a snapshot carries the transaction that was the last when it was taken, not the one that wrote the row.
      if (event.txn === undefined || event.lsn === undefined || event.op === 'read' || event.op === 'truncate') return;
      let entry = entries.get(event.txn);
      if (entry === undefined) {
        entry = { rows: [], spread: [], changes: 0 };
        entries.set(event.txn, entry);
      }
      const partition = topicPartition(event.topic, event.partition);
      const known = entry.spread.find((one) => one.partition === partition);
      if (known === undefined)
        entry.spread.push({ partition, first: event.offset, last: event.offset, lsn: event.lsn });
      else {
        if (event.lsn <= known.lsn) return;
        known.last = event.offset;
        known.lsn = event.lsn;
      }
      changes++;
      if (++entry.changes > CHANGES_OF_ONE_MAX) entry.rows = undefined;
      entry.rows?.push({ table: event.table, key, event: ref });
      forgetOldest();
    },
    rows(txn) {
      const last = new Map<string, TransactionRow>();
      for (const row of entries.get(txn)?.rows ?? []) last.set(`${row.table} ${row.key}`, row);
      return [...last.values()];
    },
    inPart(applied) {
      let count = 0;
      for (const entry of entries.values()) if (entry.changes > 1 && isSplit(entry.spread, applied)) count++;
      return count;
    },
  };
}

function isSplit(spread: readonly Spread[], applied: Offsets): boolean {
  let some = false;
  let whole = true;
  for (const { partition, first, last } of spread) {
    const position = applied.get(partition) ?? 0n;
    if (first < position) some = true;
    if (last >= position) whole = false;
  }
  return some && !whole;
}
