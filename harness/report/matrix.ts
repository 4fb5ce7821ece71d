import type { Verdict } from '#model/verdict.ts';
import type { Report, StepReport, VariantReport } from './report.ts';
import { anomaliesText, duration } from './words.ts';

/** `met`: as expected. `unmet`: not as expected. `unjudged`: nobody can say. `absent`: the variant has no part in it. */
export type Mark = 'met' | 'unmet' | 'unjudged' | 'absent';

export interface MatrixCell {
  readonly mark: Mark;
  readonly expected: string;
  readonly seen: string;
  /** While the fault was in, where that was looked at. */
  readonly during?: string;
  readonly variant?: VariantReport;
}

export interface MatrixRow {
  readonly mode: string;
  /** Where a mode has one step, its own title stands for both. */
  readonly step: StepReport;
  /** The row's name: the mode, and the step too where the mode has several. */
  readonly name: string;
  readonly title: string;
  /** False where the fault is known not to have bitten. */
  readonly bit: boolean | null;
  /** In the order of the matrix's columns. */
  readonly cells: readonly MatrixCell[];
}

/** Failure modes × variants. */
export interface Matrix {
  readonly variants: readonly string[];
  readonly rows: readonly MatrixRow[];
}

/** One row a step; one column a variant: those of the scenario, then those that single modes add. */
export function buildMatrix(report: Report): Matrix {
  const variants = [
    ...new Set([...report.options.variants, ...report.modes.flatMap((mode) => Object.keys(mode.variants))]),
  ];
  const rows = report.modes.flatMap((mode) =>
    mode.steps.map((step): MatrixRow => {
      const alone = mode.steps.length === 1;
      return {
        mode: mode.id,
        step,
        name: alone ? mode.id : `${mode.id} / ${step.id}`,
        title: step.title,
        bit: step.fault.bit,
        cells: variants.map((name) => cellOf(step, step.variants[name], mode.planned.includes(name))),
      };
    }),
  );
  return { variants, rows };
}

function cellOf(step: StepReport, variant: VariantReport | undefined, planned: boolean): MatrixCell {
  if (variant === undefined) {
    if (step.progress === 'judged' || !planned) return { mark: 'absent', expected: '', seen: '' };
    return { mark: 'unjudged', expected: '', seen: step.progress === 'not-run' ? 'not run' : 'cut short' };
  }
  return {
    mark: markOf({ ...variant, bit: step.fault.bit }),
    expected: expectedShort(variant),
    seen: seenShort(variant),
    ...(variant.during === undefined ? {} : { during: variant.during.seen }),
    variant,
  };
}

/** What was seen proves nothing where the fault had no effect or the variant could not be judged. */
export function markOf(seen: { readonly bit: boolean | null; readonly verdict: Verdict; readonly met: boolean }): Mark {
  if (seen.bit !== true || seen.verdict === 'UNKNOWN') return 'unjudged';
  return seen.met ? 'met' : 'unmet';
}

function expectedShort({ expectation, expected }: VariantReport): string {
  if (expectation.kind === 'converges') return expected.replace('converges within', 'within');
  return (expectation.must.length > 0 ? expectation.must : expectation.may).join(', ');
}

function seenShort(variant: VariantReport): string {
  const anomalies = anomaliesText(variant.anomalies);
  if (anomalies !== '') return anomalies;
  if (variant.verdict !== 'PASS') return variant.verdict === 'UNKNOWN' ? 'not judged' : variant.seen;
  return variant.converged_ms === null ? 'converged' : `converged ${duration(variant.converged_ms)}`;
}
