import type { KeyObservation } from '#model/observation.ts';

/**
 * Whether a record that the verifier could not read may hold what it knows nothing of: the row's last change, or all that
 * the log has of it.
 */
export function isUndecided({ undecoded, ledger, log }: KeyObservation): boolean {
  return undecoded !== undefined && (ledger?.captured === false || log === undefined);
}

/** Why rows of a table are not judged. */
export function whyUndecided(table: string, rows: number, undecoded: NonNullable<KeyObservation['undecoded']>): string {
  const { partition, offset, why, count } = undecoded;
  const [which, whose] = rows === 1 ? ['1 row', 'its'] : [`${rows} rows`, 'their'];
  const more = count === 1 ? '' : `; nor can ${count - 1} more`;
  return `${which} of ${table} cannot be judged: the record in ${partition} at offset ${offset}, which may hold ${whose} change, cannot be decoded (${why})${more}`;
}
