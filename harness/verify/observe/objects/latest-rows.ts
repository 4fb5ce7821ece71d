import { type Key, keyOf, type Row } from '#model/values.ts';
import type { StoredChange } from './stored-changes.ts';

/** A row as its last change left it. */
export interface LatestRow {
  readonly row: Row;
  readonly bookkeeping: Row;
}

/**
 * The table as the changes leave it, by the key's columns: the change with the highest offset decides, whatever the objects' order;
 * a column that it does not have is as it was before it. `lsnOf` reads a position of the source's log.
 */
export function latestRows(
  changes: readonly StoredChange[],
  key: readonly string[],
  lsnOf: (change: StoredChange) => bigint | undefined,
): ReadonlyMap<Key, LatestRow> {
  const rows = new Map<Key, LatestRow & { readonly change: StoredChange }>();
  let emptied: bigint | undefined;
  for (const change of changes.toSorted(byPlace)) {
    if (change.op === 't') {
      const lsn = lsnOf(change);
      if (lsn !== undefined && (emptied === undefined || lsn > emptied)) emptied = lsn;
      continue;
    }
    const id = keyOf(key, change.row);
    if (change.op === 'd') rows.delete(id);
    else {
      const { row, bookkeeping } = change;
      rows.set(id, { row: { ...rows.get(id)?.row, ...row }, bookkeeping, change });
    }
  }
  if (emptied === undefined) return rows;
  // A TRUNCATE is in one partition, and is about the rows of all.
  return new Map([...rows].filter(([, { change }]) => (lsnOf(change) ?? 0n) > (emptied ?? 0n)));
}

function byPlace(left: StoredChange, right: StoredChange): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  if (left.partition !== right.partition) return left.partition - right.partition;
  if (left.offset === right.offset) return 0;
  return left.offset < right.offset ? -1 : 1;
}
