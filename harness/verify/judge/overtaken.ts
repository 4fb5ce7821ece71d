import type { EventRef } from '#model/finding.ts';

/**
 * The newest change of a key whose effect the sink had before its present row, which names an older change: effects in
 * another order than the log's. `events` are the key's events in the log's order, `sinkLsn` is the LSN that the present
 * row names, and `before` the LSNs that the row was seen to name, in order where there is one; those behind the last
 * `sinkLsn` among them are not looked at.
 *
 * A job that writes past the log names no change. Where the log itself has the older change again behind the newer one,
 * as after a restart of the connector, an applier that keeps the log's order writes it again: that is no proof.
 */
export function overtaken(
  events: readonly { readonly ref: EventRef }[],
  sinkLsn: bigint | undefined,
  before: readonly bigint[],
): EventRef | undefined {
  if (sinkLsn === undefined) return undefined;
  const end = before.lastIndexOf(sinkLsn);
  let newest = sinkLsn;
  for (const lsn of end === -1 ? before : before.slice(0, end)) if (lsn > newest) newest = lsn;
  if (newest === sinkLsn) return undefined;
  // The position of a snapshot's read is no change of the row.
  const changes = events.filter(({ ref }) => ref.op !== 'read');
  const older = changes.findLastIndex(({ ref }) => ref.lsn === sinkLsn);
  const newer = changes.findIndex(({ ref }) => ref.lsn === newest);
  return older !== -1 && older < newer ? changes[newer]?.ref : undefined;
}
