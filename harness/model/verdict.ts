/** The result of a verification. Ordered from best to worst by {@link worst}. */
export type Verdict = 'PASS' | 'WARN' | 'SYNC_IN_PROGRESS' | 'UNKNOWN' | 'FAIL';

export const VERDICTS: readonly Verdict[] = ['PASS', 'WARN', 'SYNC_IN_PROGRESS', 'UNKNOWN', 'FAIL'];

/** The worst of several verdicts; PASS for none. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  let index = 0;
  for (const verdict of verdicts) index = Math.max(index, VERDICTS.indexOf(verdict));
  return VERDICTS[index] ?? 'UNKNOWN';
}
