import type { LabOutcome } from '#contracts/lab-fault.ts';
import { meets } from '#engine/expectation.ts';
import { ANOMALIES, type Anomaly, type AnomalyCounts } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { StepVariantResult } from '#model/run-event.ts';
import type { Expectation } from '#model/scenario.ts';
import { anomaliesText, expectationText, seenText } from '#report/words.ts';

/** The higher count of each class: what a variant is known to have had, by whichever check saw more of it. */
export function higher(left: AnomalyCounts, right: AnomalyCounts): AnomalyCounts {
  const counts: Partial<Record<Anomaly, number>> = {};
  for (const anomaly of ANOMALIES) {
    const count = Math.max(left[anomaly] ?? 0, right[anomaly] ?? 0);
    if (count > 0) counts[anomaly] = count;
  }
  return counts;
}

/** What has been added to `before`. */
function added(before: AnomalyCounts, after: AnomalyCounts): AnomalyCounts {
  const counts: Partial<Record<Anomaly, number>> = {};
  for (const anomaly of ANOMALIES) {
    const more = (after[anomaly] ?? 0) - (before[anomaly] ?? 0);
    if (more > 0) counts[anomaly] = more;
  }
  return counts;
}

function none(counts: AnomalyCounts): boolean {
  return ANOMALIES.every((anomaly) => (counts[anomaly] ?? 0) === 0);
}

/**
 * Whether a variant showed what a fault should make it show, over what it `carried` from earlier ones. Undefined where
 * nothing can be said: a damaged row that live writes touch changes the class of its damage without any new fault, so a
 * damaged variant that is wrong in more ways than before proves nothing against it. Nor can it of a variant of which
 * the step expects nothing.
 */
export function metOver(
  carried: AnomalyCounts,
  expected: Expectation | undefined,
  seen: VariantVerdict,
): boolean | undefined {
  if (expected === undefined) return undefined;
  if (none(carried) || seen.verdict === 'PASS' || seen.verdict === 'UNKNOWN') return meets(expected, seen);
  const more = added(carried, seen.counts);
  if (expected.kind === 'shows') return expected.must.every((anomaly) => (more[anomaly] ?? 0) > 0) ? true : undefined;
  return none(more) ? true : undefined;
}

export function outcomeOf(
  { seen, convergedMs }: Pick<StepVariantResult, 'seen' | 'convergedMs'>,
  carried: AnomalyCounts,
  expected: Expectation | undefined,
): LabOutcome {
  const met = metOver(carried, expected, seen);
  const more = added(carried, seen.counts);
  const before = none(carried) ? '' : ` (already there: ${anomaliesText(carried)})`;
  const text =
    none(carried) || seen.verdict === 'UNKNOWN'
      ? seenText(seen.verdict, seen.counts, seen.reason)
      : none(more)
        ? 'nothing new'
        : `${anomaliesText(more)} more`;
  return {
    status: seen.verdict,
    expected: expected === undefined ? 'nothing' : expectationText(expected),
    seen: `${text}${before}`,
    met: met ?? null,
    anomalies: seen.counts,
    carried,
    converged_ms: convergedMs === undefined ? null : Math.round(convergedMs),
  };
}
