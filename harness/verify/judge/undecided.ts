import type { KeyObservation, LogState } from '#model/observation.ts';
import { isRemoval } from './came-back.ts';
import { equal } from './rows.ts';

/**
 * Whether a record that the verifier could not read may hold what it knows nothing of: the row's last change, or all that
 * the log has of it. Somebody without a ledger may have changed the row after its last event that could be read: then the
 * source's row is not what that event shows.
 */
export function isUndecided(observation: KeyObservation): boolean {
  const { undecoded, ledger, log } = observation;
  if (undecoded === undefined) return false;
  if (log === undefined || ledger?.captured === false) return true;
  return undecoded.newer === true && !showsSource(observation, log);
}

/** Whether the last event shows the row as the source has it. */
function showsSource({ source, ledger }: KeyObservation, { last, image }: LogState): boolean {
  if (source === undefined || isRemoval(last.op)) return source === undefined && isRemoval(last.op);
  return image === undefined ? ledger?.captured === true : equal(source, image);
}

/** Why rows of a table are not judged. */
export function whyUndecided(table: string, rows: number, undecoded: NonNullable<KeyObservation['undecoded']>): string {
  const { partition, offset, why, count } = undecoded;
  const [which, whose] = rows === 1 ? ['1 row', 'its'] : [`${rows} rows`, 'their'];
  const more = count === 1 ? '' : `; nor can ${count - 1} more`;
  return `${which} of ${table} cannot be judged: the record in ${partition} at offset ${offset}, which may hold ${whose} change, cannot be decoded (${why})${more}`;
}
