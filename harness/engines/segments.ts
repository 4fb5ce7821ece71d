import type { RowWrite, Segment } from './port/sink.ts';

/** What a sink keeps of the records and deletes that it has applied, where nobody says otherwise. */
export const DEDUP_KEPT = 100_000n;
export const TOMBSTONES_KEPT_MS = 24 * 3600 * 1000;
/** Transactions between two prunings of that. */
export const PRUNE_EVERY = 64;

/** The highest guard that a segment leaves behind. */
export function highestGuard({ truncate, upserts, tombstones }: Segment): bigint | undefined {
  let highest = truncate?.guard;
  const raise = (guard: bigint | undefined): void => {
    if (guard !== undefined && (highest === undefined || guard > highest)) highest = guard;
  };
  for (const { guard } of upserts) raise(guard);
  for (const lsn of tombstones.values()) raise(lsn);
  return highest;
}

/** Rows grouped by the columns that they set: one statement each. */
export function alike(rows: readonly RowWrite[]): Iterable<readonly RowWrite[]> {
  const groups = new Map<string, RowWrite[]>();
  let last: RowWrite[] | undefined;
  for (const row of rows) {
    // In general the columns of one row are those of the row before: one look at their names is cheaper than a text.
    if (last === undefined || !sameNames(last[0]?.values, row.values)) {
      const shape = JSON.stringify(Object.keys(row.values));
      last = groups.get(shape) ?? [];
      groups.set(shape, last);
    }
    last.push(row);
  }
  return groups.values();
}

function sameNames(a: RowWrite['values'] = {}, b: RowWrite['values']): boolean {
  const names = Object.keys(a);
  const others = Object.keys(b);
  return names.length === others.length && names.every((name, index) => name === others[index]);
}
