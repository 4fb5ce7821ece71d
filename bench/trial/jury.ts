import type { Anomaly, Finding, Hop } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';

/** What must be found of one planting; two things where one follows from the other. */
export interface Expected {
  readonly anomaly: Anomaly;
  readonly hop: Hop;
  readonly table?: string;
  readonly key?: string;
  /** The columns that must be named. */
  readonly columns?: readonly string[];
}

/** One planting: damage of one kind in one place at one sink. */
export interface Planting {
  readonly variant: string;
  readonly anomaly: Anomaly;
  readonly hop: Hop;
  readonly expected: readonly Expected[];
  /** By `Date.now()`; undefined until it is there. */
  plantedAt?: number;
  reportedAt?: number;
  /** By `Date.now()`: checks that began before may still show it. */
  healedAt?: number;
}

interface FalseAlarm {
  readonly variant: string;
  readonly finding: Finding;
  readonly kind: string;
}

/** Holds what checks report against what is planted. */
export interface Jury {
  readonly plantings: readonly Planting[];
  readonly alarms: readonly FalseAlarm[];
  readonly checks: number;
  /** Why checks could not judge: verdicts UNKNOWN. */
  readonly unjudged: readonly string[];
  /** To be said before the damage is done, so that no check can find it too soon. */
  expect(planting: Planting): void;
  take(check: {
    readonly kind: string;
    readonly startedAt: number;
    readonly variants: readonly VariantVerdict[];
  }): void;
}

export function createJury(): Jury {
  const plantings: Planting[] = [];
  const alarms: FalseAlarm[] = [];
  const unjudged: string[] = [];
  const alarmed = new Set<string>();
  let checks = 0;

  const takeVariant = (kind: string, startedAt: number, { variant, verdict, findings, reason }: VariantVerdict) => {
    if (verdict === 'UNKNOWN') unjudged.push(`${variant}: ${reason}`);
    const active = plantings.filter(
      (one) => one.variant === variant && (one.healedAt === undefined || startedAt <= one.healedAt),
    );
    const left = new Set(findings);
    for (const planting of active) {
      const matches = planting.expected.map((expected) => findings.find((finding) => isMeant(expected, finding)));
      for (const finding of matches) if (finding !== undefined) left.delete(finding);
      if (planting.healedAt === undefined && matches.every((finding) => finding !== undefined))
        planting.reportedAt ??= Date.now();
    }
    for (const finding of left) {
      const name = signature(variant, finding);
      if (alarmed.has(name)) continue;
      alarmed.add(name);
      alarms.push({ variant, finding, kind });
    }
  };

  return {
    plantings,
    alarms,
    unjudged,
    get checks() {
      return checks;
    },
    expect: (planting) => void plantings.push(planting),
    take({ kind, startedAt, variants }) {
      checks++;
      for (const verdict of variants) takeVariant(kind, startedAt, verdict);
    },
  };
}

function isMeant(expected: Expected, { anomaly, hop, table, key, column, differs }: Finding): boolean {
  if (anomaly !== expected.anomaly || hop !== expected.hop) return false;
  if (table !== expected.table || key !== expected.key) return false;
  if (expected.columns === undefined) return true;
  const named = differs?.map((one) => one.column) ?? (column === undefined ? [] : [column]);
  return named.toSorted().join() === expected.columns.toSorted().join();
}

export function signature(variant: string, { anomaly, hop, table, key, column, differs }: Finding): string {
  const columns = differs?.map((one) => one.column) ?? (column === undefined ? [] : [column]);
  return [variant, anomaly, hop, table, key, columns.join('+')].filter((part) => part !== undefined).join(' ');
}
