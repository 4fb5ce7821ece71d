import type { TableId } from '#model/catalog.ts';
import { ANOMALIES, type Anomaly, type AnomalyCounts, type Finding } from '#model/finding.ts';
import type { TableVerdict } from '#model/observation.ts';
import type { Verdict } from '#model/verdict.ts';
import { isHarmless } from './judge-key.ts';

/** Findings kept with their rows, of each class and table; the counts have all. */
export const FINDINGS_MAX = 20;

/** Duplicates are a warning, not a failure, below this part of the source's rows. */
const SURPLUS_WARN_MAX = 0.1;

/** Counts findings of one table as they come, and keeps the first of each class. */
export interface Tally {
  readonly counts: AnomalyCounts;
  readonly findings: readonly Finding[];
  /** All findings are duplicates whose copies equal the source's row. */
  readonly harmless: boolean;
  /** Rows of the sink beyond one for each of the source, among the duplicates. */
  readonly surplus: number;
  /** `surplus` is {@link surplusOf} the finding when it still had its rows. */
  add(finding: Finding, surplus?: number | undefined): void;
}

/** Rows of the sink beyond one, where they all equal the source's; undefined for a finding that is no such harmless duplicate. */
export function surplusOf(finding: Finding): number | undefined {
  return isHarmless(finding) ? (finding.copies ?? finding.sink?.length ?? 1) - 1 : undefined;
}

export function createTally(): Tally {
  const counts: Partial<Record<Anomaly, number>> = {};
  const findings: Finding[] = [];
  let harmless = true;
  let surplus = 0;
  return {
    counts,
    findings,
    get harmless() {
      return harmless;
    },
    get surplus() {
      return surplus;
    },
    add(finding, ...told) {
      const count = (counts[finding.anomaly] ?? 0) + 1;
      counts[finding.anomaly] = count;
      if (count <= FINDINGS_MAX) findings.push(finding);
      const beyond = told.length === 0 ? surplusOf(finding) : told[0];
      if (beyond === undefined) harmless = false;
      else surplus += beyond;
    },
  };
}

export interface TableFigures {
  readonly table: TableId;
  readonly sourceRows: number;
  readonly sinkRows: number;
  readonly inFlight: number;
  /** The consumer is further behind than the pipeline's usual delay. */
  readonly behind: boolean;
  /** Rows of which nobody can say whether they are right. */
  readonly undecided?: number;
}

/** The verdict on a table: what was found decides; without a finding, what could not be judged yet. */
export function tableVerdict(tally: Tally, figures: TableFigures): TableVerdict {
  const { table, sourceRows, sinkRows, inFlight } = figures;
  return { table, verdict: verdictOf(tally, figures), sourceRows, sinkRows, inFlight, counts: tally.counts };
}

function verdictOf(tally: Tally, { sourceRows, inFlight, behind, undecided = 0 }: TableFigures): Verdict {
  if (ANOMALIES.some((anomaly) => (tally.counts[anomaly] ?? 0) > 0))
    return tally.harmless && tally.surplus < SURPLUS_WARN_MAX * sourceRows ? 'WARN' : 'FAIL';
  if (undecided > 0) return 'UNKNOWN';
  return inFlight > 0 && behind ? 'SYNC_IN_PROGRESS' : 'PASS';
}
