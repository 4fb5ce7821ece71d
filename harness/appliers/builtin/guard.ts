import type { GuardQuestion, Guards } from '#engines/port/sink.ts';
import type { Key } from '#model/values.ts';
import type { Staged } from './entries.ts';

/*
 * The guard of `dedup`. A key's guard g says: every change of the row with an LSN up to g is in the sink's row, or in
 * its absence. It is kept in the row (`_cdc_guard`), and beyond the row's death in its tombstone.
 *
 * A change (create, update, delete) is applied if its LSN lies above g, and becomes g. This is exact: changes of one key
 * have rising LSNs, since the row is locked from the first change of a transaction to its commit.
 *
 * A read of a snapshot that comes through the log is newer than every change that stands before it in its partition, so
 * it is applied unless its position lies below g (a job has since copied a newer row). It does not raise g to its
 * position: a transaction open when the snapshot was taken has written at lower LSNs and comes later, and replayed
 * changes that were applied before the read are still turned away by the g that the read left alone.
 *
 * A row copied past the log comes with an LSN below that of every change its read did not see (see jobRead), so it is
 * applied if that lies above g, and becomes g.
 */

/**
 * What must be known of the keys before the events can be judged: the least LSN that is to be held against each. Of a key
 * whose events all lie above the table's highest guard there is nothing to be known.
 */
export function guardQuestions(staged: readonly Staged[], highest: bigint): GuardQuestion[] {
  const questions = new Map<Key, GuardQuestion>();
  for (const { event, id } of staged) {
    if (event.op === 'truncate' || event.lsn === undefined || event.lsn > highest) continue;
    if (id === '[]') continue;
    const known = questions.get(id);
    if (known === undefined || event.lsn < known.lsn) {
      questions.set(id, { id, columns: Object.keys(event.key), values: Object.values(event.key), lsn: event.lsn });
    }
  }
  return [...questions.values()];
}

/** The events of one table that the guards let pass, in order. */
export function passGuards(staged: readonly Staged[], guards: Guards): Staged[] {
  const keys = new Map(guards.keys);
  let truncated = guards.table;
  return staged.filter(({ event, id }) => {
    const { lsn } = event;
    if (lsn === undefined) return true;
    if (event.op === 'truncate') {
      if (truncated !== undefined && lsn <= truncated) return false;
      truncated = lsn;
      return true;
    }
    if (id === '[]') return true;
    const guard = greater(keys.get(id), truncated);
    if (event.op === 'read') return guard === undefined || lsn >= guard;
    if (guard !== undefined && lsn <= guard) return false;
    keys.set(id, lsn);
    return true;
  });
}

function greater(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined) return b;
  return b === undefined || a > b ? a : b;
}
