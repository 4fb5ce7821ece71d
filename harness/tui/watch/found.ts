import type { LabFinding, LabReport } from '#contracts/lab-report.ts';
import { toldFinding } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';

/** An anomaly that was found, in one variant. */
export interface Found {
  /** The same for the same thing wrong with the same key of the same variant. */
  readonly id: string;
  readonly variant: string;
  readonly finding: LabFinding;
}

/** A lab may be watched for days, and a class with thousands must not push out the only one of another. */
const KEPT_OF_CLASS_MAX = 40;

export function foundInReport({ variants }: LabReport): Found[] {
  return variants.flatMap(({ variant, examples }) => examples.map((finding) => foundOf(variant, finding)));
}

/** A check's event brings the findings that it is the first to have. */
export function foundInCheck(variants: readonly VariantVerdict[], at: number): Found[] {
  const found_at = new Date(at).toISOString();
  return variants.flatMap(({ variant, findings }) =>
    findings.map((finding) => foundOf(variant, { ...toldFinding(finding), found_at })),
  );
}

function foundOf(variant: string, finding: LabFinding): Found {
  const { anomaly, table, key, column } = finding;
  return { id: JSON.stringify([variant, anomaly, table, key, column]), variant, finding };
}

/** All that was found, newest first; what is found again keeps its place with its newest evidence. */
export function merged(known: readonly Found[], more: readonly Found[]): readonly Found[] {
  if (more.length === 0) return known;
  const byId = new Map(known.map((found) => [found.id, found]));
  for (const found of more) {
    const before = byId.get(found.id);
    const since = before?.finding.found_at ?? found.finding.found_at;
    byId.set(found.id, { ...found, finding: { ...found.finding, found_at: since } });
  }
  const ofClass = new Map<string, number>();
  return [...byId.values()]
    .sort((left, right) => order(right.finding.found_at, left.finding.found_at))
    .filter(({ variant, finding }) => {
      const name = JSON.stringify([variant, finding.anomaly]);
      const kept = (ofClass.get(name) ?? 0) + 1;
      ofClass.set(name, kept);
      return kept <= KEPT_OF_CLASS_MAX;
    });
}

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Whether the last check still counts anomalies of its class. A class whose count is nothing has been mended. */
export function stands({ variant, finding }: Found, report: LabReport | undefined): boolean {
  const counts = report?.variants.find((one) => one.variant === variant)?.anomalies;
  return counts === undefined || (counts[finding.anomaly] ?? 0) > 0;
}
