import type { EventRef } from '#model/finding.ts';

/** Whether after an event of this operation there is no row. */
export function isRemoval(op: string | undefined): boolean {
  return op === 'delete' || op === 'truncate';
}

/** The events of a row in the log's order, as far as they are remembered. */
type Events = readonly { readonly ref: EventRef }[];

/**
 * Whether a row that is at the sink must have come back since the sink was seen without it, when the row's last change was
 * that of `goneLsn`: no event since then makes a row. One that was created again, and whose next delete had no effect, has
 * not come back.
 */
export function isBack(events: Events, goneLsn: bigint | undefined): boolean {
  if (goneLsn === undefined) return false;
  const lsns = events.map(({ ref }) => ref.lsn ?? 0n);
  // What happened since is known only where it is remembered from then on.
  if (!lsns.some((lsn) => lsn <= goneLsn)) return false;
  return events.every(({ ref }, place) => isRemoval(ref.op) || (lsns[place] ?? 0n) <= goneLsn);
}

/**
 * Whether a row that is at the sink must have come back after the sink deleted it, by what the sink itself noted: the LSNs
 * that it was written with, 0 where it was deleted, in order. A sink may replace a row by deleting it and writing the next
 * version: then what comes behind the delete is newer than what was there before.
 */
export function cameBack(noted: readonly bigint[], events: Events): boolean {
  const last = noted.lastIndexOf(0n);
  if (last === -1) return false;
  const before = newest(noted.slice(0, last));
  const after = newest(noted.slice(last + 1));
  if (before !== 0n) return after <= before;
  if (after !== 0n) return false;
  // It noted nothing but deletes, as its rows do not say which change they are from: each of the log's must have been made.
  const deletes = new Set(events.flatMap(({ ref }) => (isRemoval(ref.op) ? [ref.lsn ?? 0n] : [])));
  return noted.length >= deletes.size;
}

function newest(lsns: readonly bigint[]): bigint {
  let max = 0n;
  for (const lsn of lsns) if (lsn > max) max = lsn;
  return max;
}
