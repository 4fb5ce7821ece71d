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

/** Rows of all remembered transactions, and of one: a bulk load is not remembered row by row. */
const ROWS_MAX = 50_000;
const ROWS_OF_ONE_MAX = 1000;

interface Entry {
  /** Undefined once there are too many. */
  rows: Map<string, TransactionRow> | undefined;
  /** In each partition the offsets of the first and the last change, each as it was first delivered. */
  readonly spread: Map<TopicPartition, { readonly first: bigint; last: bigint }>;
  /** Changes already counted, so that one delivered again is told from a new one. */
  readonly lsns: Set<bigint>;
}

export function createTransactions(): Transactions {
  const entries = new Map<string, Entry>();
  let rows = 0;

  const forgetOldest = (): void => {
    for (const [txn, entry] of entries) {
      if (rows <= ROWS_MAX || entries.size === 1) return;
      rows -= entry.lsns.size;
      entries.delete(txn);
    }
  };

  return {
    add(event, key, ref) {
      // A read of a snapshot carries the transaction that was the last when it was taken, not the one that wrote the row.
      if (event.txn === undefined || event.lsn === undefined || event.op === 'read' || event.op === 'truncate') return;
      let entry = entries.get(event.txn);
      if (entry === undefined) {
        entry = { rows: new Map(), spread: new Map(), lsns: new Set() };
        entries.set(event.txn, entry);
      }
      if (entry.lsns.has(event.lsn)) return;
      entry.lsns.add(event.lsn);
      rows++;
      const partition = topicPartition(event.topic, event.partition);
      const known = entry.spread.get(partition);
      if (known === undefined) entry.spread.set(partition, { first: event.offset, last: event.offset });
      else known.last = event.offset;
      entry.rows?.set(`${event.table} ${key}`, { table: event.table, key, event: ref });
      if (entry.lsns.size > ROWS_OF_ONE_MAX) entry.rows = undefined;
      forgetOldest();
    },
    rows: (txn) => [...(entries.get(txn)?.rows?.values() ?? [])],
    inPart(applied) {
      let count = 0;
      for (const { spread, lsns } of entries.values()) if (lsns.size > 1 && isSplit(spread, applied)) count++;
      return count;
    },
  };
}

function isSplit(spread: Entry['spread'], applied: Offsets): boolean {
  let some = false;
  let whole = true;
  for (const [partition, { first, last }] of spread) {
    const position = applied.get(partition) ?? 0n;
    if (first < position) some = true;
    if (last >= position) whole = false;
  }
  return some && !whole;
}
