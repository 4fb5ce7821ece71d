import { ANOMALIES, type Anomaly, type AnomalyCounts, type Finding } from '#model/finding.ts';
import type { Fact, Stall, TableVerdict, VariantVerdict } from '#model/observation.ts';
import type { Lag } from '#model/position.ts';
import { worst } from '#model/verdict.ts';
import { FINDINGS_MAX, type TableFigures, type Tally, tableVerdict } from './tally.ts';

export interface VariantResult {
  readonly variant: string;
  readonly tables: readonly { readonly tally: Tally; readonly figures: TableFigures }[];
  readonly lag: Lag;
  readonly stalled?: Stall;
  readonly invariants?: readonly InvariantFact[];
  /** Why tables are not among those that were compared. */
  readonly incomparable?: readonly string[];
}

type InvariantFact = Extract<Fact, { readonly type: 'invariant' }>;

/** Puts a variant's tables together. Its verdict is the worst of theirs; a stalled variant has failed whatever they say. */
export function judgeVariant(result: VariantResult): VariantVerdict {
  const { variant, tables, lag, stalled, invariants = [], incomparable = [] } = result;
  const verdicts: TableVerdict[] = tables.map(({ tally, figures }) => tableVerdict(tally, figures));
  const stall = stalled === undefined ? [] : [stallFinding(stalled, lag)];
  const inFlight = verdicts.reduce((total, verdict) => total + verdict.inFlight, 0);
  // Of rows that are still to come, no sum can be right.
  const judged = inFlight > 0 || stalled !== undefined ? [] : invariants;
  const violated = judged.filter(({ count }) => count > 0).map(invariantFinding);
  const failed = judged.find(({ failure }) => failure !== undefined);
  const findings = [...stall, ...violated, ...tables.flatMap(({ tally }) => tally.findings)];
  const own = {
    ...(stall.length > 0 ? { stalled: 1 } : {}),
    ...(violated.length > 0 ? { invariant: violated.length } : {}),
  };
  const verdict = worst([
    ...verdicts.map((table) => table.verdict),
    ...(stall.length + violated.length > 0 ? (['FAIL'] as const) : []),
    ...(failed === undefined && incomparable.length === 0 ? [] : (['UNKNOWN'] as const)),
  ]);
  const unknown = [
    ...incomparable,
    ...(failed === undefined ? [] : [`the invariant ${failed.id} could not be checked: ${failed.failure}`]),
  ];
  const reason = stalled?.reason ?? (unknown.length === 0 ? undefined : unknown.join('; '));
  return {
    variant,
    verdict,
    tables: verdicts,
    counts: sum([...verdicts.map((table) => table.counts), own]),
    inFlight,
    lag,
    findings: firstOfEach(findings),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** A variant that could not be judged: never a PASS, however little is known. */
export function unjudged(variant: string, reason: string, lag: Lag = { records: 0, ms: 0 }): VariantVerdict {
  return { variant, verdict: 'UNKNOWN', tables: [], counts: {}, inFlight: 0, lag, findings: [], reason };
}

function invariantFinding({ text, count, violations }: InvariantFact): Finding {
  const [first] = violations;
  const times = count === 1 ? 'once' : `${count} times`;
  return {
    anomaly: 'invariant',
    hop: 'log-to-sink',
    detail: `violated ${times}: ${text}${first === undefined ? '' : `; first: ${first}`}.`,
  };
}

function stallFinding({ hop, reason }: Stall, lag: Lag): Finding {
  const where = hop === 'source-to-log' ? 'capture has stopped' : 'the consumer has stopped';
  const records = lag.records === 1 ? '1 record' : `${lag.records} records`;
  const waiting = lag.records === 0 ? '' : ` with ${records} waiting, the oldest for ${(lag.ms / 1000).toFixed(1)} s`;
  return {
    anomaly: 'stalled',
    hop,
    detail: `${where}${waiting}: ${reason}`,
  };
}

function sum(all: readonly AnomalyCounts[]): AnomalyCounts {
  const total: Partial<Record<Anomaly, number>> = {};
  for (const counts of all)
    for (const anomaly of ANOMALIES) {
      const count = counts[anomaly] ?? 0;
      if (count > 0) total[anomaly] = (total[anomaly] ?? 0) + count;
    }
  return total;
}

function firstOfEach(findings: readonly Finding[]): Finding[] {
  const kept = new Map<Anomaly, number>();
  return findings.filter(({ anomaly }) => {
    const count = (kept.get(anomaly) ?? 0) + 1;
    kept.set(anomaly, count);
    return count <= FINDINGS_MAX;
  });
}
