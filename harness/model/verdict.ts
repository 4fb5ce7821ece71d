import { VERDICTS, type Verdict } from '#contracts/words.ts';

export { VERDICTS, type Verdict };

/** The worst of several verdicts; PASS for none. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  let index = 0;
  for (const verdict of verdicts) index = Math.max(index, VERDICTS.indexOf(verdict));
  return VERDICTS[index] ?? 'UNKNOWN';
}
