import type { Anomaly } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { StepVariantResult } from '#model/run-event.ts';
import type { Expectation } from '#model/scenario.ts';
import type { Verdict } from '#model/verdict.ts';

/** Whether a variant showed what it was expected to show. What could not be judged never has. */
export function meets(expected: Expectation, seen: VariantVerdict): boolean {
  if (seen.verdict === 'UNKNOWN') return false;
  switch (expected.kind) {
    case 'converges':
      return seen.verdict === 'PASS';
    case 'shows': {
      const found = Object.keys(seen.counts) as Anomaly[];
      // What is wrong with single rows breaks what holds of them together.
      const allowed = new Set<Anomaly>([...expected.must, ...expected.may, 'invariant']);
      return (
        expected.must.every((anomaly) => (seen.counts[anomaly] ?? 0) > 0) &&
        found.every((anomaly) => (seen.counts[anomaly] ?? 0) === 0 || allowed.has(anomaly))
      );
    }
  }
}

/**
 * The verdict of a step: PASS when the fault bit and each variant showed what it should. A fault that did not bite, a
 * variant that could not be judged, or one that was expected to break and did not, proves nothing: UNKNOWN. All else
 * that was not expected is a FAIL.
 */
export function stepVerdict(bit: boolean, results: Iterable<StepVariantResult>): Verdict {
  let verdict: Verdict = bit ? 'PASS' : 'UNKNOWN';
  for (const { expected, seen, met } of results) {
    if (met) continue;
    const inconclusive = seen.verdict === 'UNKNOWN' || (expected.kind === 'shows' && seen.verdict === 'PASS');
    if (!inconclusive) return 'FAIL';
    verdict = 'UNKNOWN';
  }
  return verdict;
}

/** The exit status of a run that came to its end. */
export function exitOf(verdict: Verdict): 0 | 1 | 3 {
  return verdict === 'PASS' ? 0 : verdict === 'UNKNOWN' ? 3 : 1;
}
