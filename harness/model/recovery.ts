/** One step of a recovery, as it was found, and as it was left. */
export interface RecoveredStep {
  /** Stable, kebab-case: `repair-rows`. */
  readonly id: string;
  readonly title: string;
  /** Where it is done. */
  readonly at: string;
  /** What was looked at before, and what it showed. */
  readonly before: string;
  /** The commands and statements that do it; none where there is nothing to do. */
  readonly run: readonly string[];
  /** What is given up by it for good. */
  readonly loses?: string;
  /** `none`: nothing to do. `planned`: not done, since nothing was to be. `refused`: it gives something up that nobody has agreed to. */
  readonly outcome: 'none' | 'planned' | 'refused' | 'done';
  /** What was looked at afterwards, and what it showed. */
  readonly after?: string;
}

/** How source and target compare in the end. */
export interface RecoveryVerdict {
  readonly status: 'PASS' | 'FAIL' | 'NO_DATA';
  /** One sentence. */
  readonly says: string;
}

/** What a recovery found, and did. */
export interface RecoveryReport {
  readonly recovery: string;
  readonly applied: boolean;
  readonly steps: readonly RecoveredStep[];
  /** Absent where nothing was to be done, or the databases are not known. */
  readonly verdict?: RecoveryVerdict;
}
