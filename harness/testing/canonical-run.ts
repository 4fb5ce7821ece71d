import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '#setup/layout.mjs';
import { canonical } from '../../scenarios/01-canonical-reference/scenario.ts';
import { scenarioCommand } from './command.ts';

/** What the scenario shows with JSON with schemas, a line for each variant of a step. */
export const MATRIX_FILE = join(ROOT, 'scenarios/01-canonical-reference/matrix.txt');

const OPTIONAL: ReadonlySet<string> = new Set(
  canonical.modes.flatMap(({ steps }) => steps.filter(({ optional }) => optional === true).map(({ id }) => id)),
);

export interface VariantEntry {
  readonly expectation: { readonly must: readonly string[] };
  readonly met: boolean;
  readonly verdict: string;
  readonly anomalies: Readonly<Record<string, number>>;
}

export interface CanonicalReport {
  readonly verdict: string;
  readonly seed: number;
  readonly modes: readonly {
    readonly id: string;
    readonly fault: { readonly bit: boolean };
    readonly variants: Readonly<Record<string, VariantEntry>>;
    readonly steps: readonly { readonly id: string; readonly variants: Readonly<Record<string, VariantEntry>> }[];
  }[];
}

/** Runs it in a folder of its own and returns what it said and its report. */
export function runCanonical(reports: string, ...args: readonly string[]) {
  return scenarioCommand<CanonicalReport>(reports, 'canonical', '--seed', '11', ...args);
}

/**
 * What every variant showed in every step that every stack can bring about, of what does not depend on chance: its verdict and the
 * classes that are demanded.
 */
export function matrixOf(report: CanonicalReport): readonly string[] {
  return report.modes.flatMap((mode) =>
    mode.steps
      .filter(({ id }) => !OPTIONAL.has(id))
      .flatMap((step) =>
        Object.entries(step.variants).map(([variant, { verdict, met, anomalies, expectation }]) => {
          const shown = expectation.must.filter((anomaly) => anomalies[anomaly] !== undefined);
          return [mode.id, step.id, variant, verdict, met ? 'as expected' : 'not as expected', ...shown].join(' ');
        }),
      ),
  );
}

/** The lines of {@link MATRIX_FILE}. */
export function knownMatrix(): readonly string[] {
  return readFileSync(MATRIX_FILE, 'utf8').trimEnd().split('\n');
}

/** The same without the lab's JDBC sink connector, which cannot read records without a schema. */
export function withoutJdbcSink(): readonly string[] {
  return knownMatrix().filter((line) => !line.includes(' debezium-jdbc '));
}
