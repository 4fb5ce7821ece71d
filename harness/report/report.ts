import type { Cause } from '#model/cause.ts';
import type { Refusal } from '#model/fault.ts';
import type { Anomaly, AnomalyCounts, Hop, ToldFinding } from '#model/finding.ts';
import type { Verdict } from '#model/verdict.ts';

/** Version of the shape below; raised when a field changes its meaning or goes. See docs/report.md and schema.json. */
export const REPORT_SCHEMA = 'driftlab.report/2';

/** `judged`: it ended and has a verdict. `cut-short`: it began. `not-run`: it never began. */
type Progress = 'judged' | 'cut-short' | 'not-run';

export interface FaultReport {
  /** The mechanism, e.g. `kill-connect`; several joined by ` + ` in a mode with several steps. */
  readonly kind: string;
  /** Null where nobody could say, because the step did not end. */
  readonly bit: boolean | null;
  /** The number of the operation behind which it was injected: with the seed, it names a moment of the run. */
  readonly operation?: number;
  readonly evidence: { readonly text: string; readonly figures: Readonly<Record<string, number | string>> };
  /** Who refused it, and in which words; empty where nobody did, absent where that is no matter of the fault, and for several steps. */
  readonly refused?: readonly Refusal[];
}

/** What a variant showed while the fault was in. */
export interface DuringReport {
  /** In words: `late: 527 keys`, or the anomalies with their counts. */
  readonly seen: string;
  readonly verdict: Verdict;
  readonly anomalies: AnomalyCounts;
  readonly in_flight: number;
  /** Why it could not be judged, or why it has stalled. */
  readonly reason?: string;
}

export interface VariantReport {
  /** In words: `converges`, or the anomalies that must show. */
  readonly expected: string;
  readonly expectation: {
    readonly kind: 'converges' | 'shows';
    readonly must: readonly Anomaly[];
    readonly may: readonly Anomaly[];
  };
  /** In words: `converged`, or the anomalies with their counts. */
  readonly seen: string;
  /** While the fault was in, where that was looked at; absent for several steps. */
  readonly during?: DuringReport;
  /** What the verifier said of the variant, whatever was expected. */
  readonly verdict: Verdict;
  /** It showed what it was expected to show. */
  readonly met: boolean;
  readonly anomalies: AnomalyCounts;
  /** From the heal until the sink had applied everything; null where it never did. */
  readonly converged_ms: number | null;
  readonly in_flight: number;
  readonly lag: { readonly records: number; readonly ms: number };
  readonly tables: readonly TableReport[];
  /** The first findings of each class. */
  readonly examples: readonly ToldFinding[];
  /** Why it could not be judged, or why it has stalled. */
  readonly reason?: string;
  /** How columns are compared whose values the two sides write differently. */
  readonly notes?: readonly string[];
  /** Why, first cause first. */
  readonly causes: readonly Cause[];
}

export interface TableReport {
  readonly table: string;
  readonly verdict: Verdict;
  readonly source_rows: number;
  readonly sink_rows: number;
  readonly in_flight: number;
  readonly anomalies: AnomalyCounts;
}

export interface StepReport {
  readonly id: string;
  readonly title: string;
  readonly progress: Progress;
  readonly verdict: Verdict;
  readonly fault: FaultReport;
  readonly variants: Readonly<Record<string, VariantReport>>;
}

/** Times are ms since the start of the run. */
export interface LagSample {
  readonly at_ms: number;
  readonly transactions_per_second: number;
  readonly committed: number;
  readonly variants: Readonly<Record<string, { readonly records: number; readonly ms: number }>>;
}

export interface FaultTimes {
  readonly step: string;
  readonly kind: string;
  readonly injected_ms: number;
  /** Null where it was never healed. */
  readonly healed_ms: number | null;
}

/** A failure mode. What stands beside `steps` is the worst or the union of its steps. */
export interface ModeReport extends StepReport {
  readonly story: string;
  /** Names of the variants that take part, whether or not it came to them. */
  readonly planned: readonly string[];
  readonly started_ms: number | null;
  readonly duration_ms: number | null;
  readonly steps: readonly StepReport[];
  /** What the pipeline did to its source, whatever its sinks show: log that grows without bound, statements that are refused. */
  readonly causes: readonly Cause[];
  readonly lag: readonly LagSample[];
  readonly faults: readonly FaultTimes[];
}

/** A failure mode, or one step of it, that cannot be run with the engines, servers or tables of the run. */
export interface SkippedMode {
  readonly mode: string;
  /** Absent where the whole mode is skipped. */
  readonly step?: string;
  readonly why: string;
}

export interface NoteReport {
  readonly at_ms: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

/** What became of one subject under one fault. */
export interface SubjectCell {
  readonly fault: string;
  readonly subject: string;
  /** Null where it could not be judged. */
  readonly survived: boolean | null;
  readonly seen: string;
  /** Where what is wrong went wrong. */
  readonly hops: readonly Hop[];
  /** The same in words, with what happened there. */
  readonly went_wrong: readonly string[];
  /** From the heal until the sink had applied everything; null where it never did. */
  readonly converged_ms: number | null;
  /** Records of the log that repeated an earlier change. */
  readonly replayed: number;
  /** The longest time for which a record waited to be applied, as far as samples saw it. */
  readonly longest_stall_ms: number;
  /** What to change in the configuration or the code: sentences. */
  readonly change: readonly string[];
}

/** What a run says of somebody's own pipeline. */
export interface SubjectReport {
  readonly cells: readonly SubjectCell[];
  /** Properties of their connectors that could not be here what they are there. Null where it is not set. */
  readonly replaced: readonly {
    readonly connector: string;
    readonly property: string;
    readonly theirs: string | null;
    readonly here: string | null;
  }[];
  /** How columns are compared whose values the two sides write differently, with the subjects of which that is true. */
  readonly types: readonly string[];
  /** What was not checked, and why. */
  readonly unchecked: readonly string[];
  /** For each fault and slot, what the source must keep of its log once the connector has confirmed all that it can. */
  readonly source_log: readonly {
    readonly fault: string;
    readonly slot: string;
    /** Log that the source wrote meanwhile. */
    readonly written_bytes: number;
    /** From `restart_lsn`, and from `confirmed_flush_lsn`, to the end of the log. */
    readonly retained_bytes: number;
    readonly unconfirmed_bytes: number;
    /** It grows for as long as writers go on like this. */
    readonly unbounded: boolean;
  }[];
  /** Statements that the source refused because a publication publishes them. */
  readonly refused: readonly {
    readonly fault: string;
    readonly table: string;
    readonly operation: 'UPDATE' | 'DELETE';
    readonly publications: readonly string[];
    readonly count: number;
  }[];
}

/** Everything that a run showed: the content of report.json, and what every other format is written from. */
export interface Report {
  readonly schema: typeof REPORT_SCHEMA;
  readonly run: string;
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  readonly verdict: Verdict;
  /** Exit status: 0 as expected, 1 an expectation failed, 3 could not be judged, 130 interrupted. */
  readonly exit: number;
  /** Why the run ended early, if it did. */
  readonly reason?: string;
  /** ISO 8601, UTC. */
  readonly started_at: string;
  readonly duration_ms: number;
  /** From the start until every server answered; null where they never all did. */
  readonly boot_ms: number | null;
  readonly options: {
    readonly rate: number;
    readonly hold_ms: number;
    readonly variants: readonly string[];
    readonly modes: readonly string[];
  };
  readonly versions: Readonly<Record<string, string>>;
  /** The command that runs the same again, with the operations at which faults were injected that time does not decide. */
  readonly replay: string;
  readonly modes: readonly ModeReport[];
  /** Modes of which nothing was run, and steps of others; none of them is in `modes`. */
  readonly skipped: readonly SkippedMode[];
  readonly notes: readonly NoteReport[];
  /** Only of a run of somebody's own pipeline. */
  readonly subject?: SubjectReport;
}
