import type { Anomaly } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { StepVariantResult } from '#model/run-event.ts';
import type { Expectation, FailureMode } from '#model/scenario.ts';
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

/** Whether a variant converged as soon as it was expected to. */
export function inTime(expected: Expectation, convergedMs: number | undefined): boolean {
  if (expected.kind !== 'converges' || expected.withinMs === undefined) return true;
  return (convergedMs ?? Number.POSITIVE_INFINITY) <= expected.withinMs;
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

/**
 * What a variant showed while the lab itself was in trouble: nothing that could be held for or against it. What was seen
 * stays, to be read.
 */
export function undecided(seen: VariantVerdict, disturbed: readonly string[]): VariantVerdict {
  if (disturbed.length === 0) return seen;
  const reasons = [
    `the lab was disturbed (${disturbed.join('; ')})`,
    ...(seen.reason === undefined ? [] : [seen.reason]),
  ];
  return { ...seen, verdict: 'UNKNOWN', reason: reasons.join('; ') };
}

/**
 * Why a control that fails although nothing was broken makes everybody's result doubtful; undefined where it does not: what
 * went wrong before the log, or in it, went wrong for all alike, and is the source connector's.
 */
export function controlFailed({ variant, verdict, counts, findings, reason }: VariantVerdict): string | undefined {
  if (verdict !== 'FAIL') return undefined;
  const others = findings.filter(({ hop }) => hop === 'log-to-sink' || hop === 'log');
  if (others.length === 0) return undefined;
  const shown = Object.entries(counts).flatMap(([anomaly, count]) => (count > 0 ? [`${anomaly} ${count}`] : []));
  return `${variant}, the lab's own applier, failed too although nothing was broken: ${reason ?? shown.join(', ')}`;
}

/** The exit status of a run that came to its end. */
export function exitOf(verdict: Verdict): 0 | 1 | 3 {
  return verdict === 'PASS' ? 0 : verdict === 'UNKNOWN' ? 3 : 1;
}

/** A mode as it is expected to show itself at sinks of an engine. */
export function atSink(mode: FailureMode, engine: string | undefined): FailureMode {
  const steps = mode.steps.map((step) => ({
    ...step,
    expect: { ...step.expect, ...step.expectAtSink?.[engine ?? ''] },
  }));
  return { ...mode, steps };
}
