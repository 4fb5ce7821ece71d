import type { Anomaly, Hop } from './finding.ts';
import type { Replaced } from './pipeline.ts';

/** A property of a configuration that explains anomalies: which, and what to change. */
export interface Weakness {
  /** The subject it belongs to; all of them where it is left out. */
  readonly subject?: string;
  readonly anomalies: readonly Anomaly[];
  /** Where the anomalies arise; anywhere where it is left out. */
  readonly hops?: readonly Hop[];
  /** Only where the fault of the step is of this kind. */
  readonly fault?: string;
  /** Only where a finding's words match this regular expression. */
  readonly mentions?: string;
  /** One sentence: the property as it stands in their file, what follows from it, and what to change. */
  readonly says: string;
}

/** What is known of somebody's own pipeline before it runs. */
export interface SubjectNotes {
  /** The pipeline file as it was named on the command line. */
  readonly file: string;
  readonly weaknesses: readonly Weakness[];
  /** What is not checked, and why: one sentence each. */
  readonly unchecked: readonly string[];
}

/** Statements on a table that PostgreSQL refuses because a publication publishes them and no replica identity names the row. */
export interface RefusedWrites {
  /** As PostgreSQL names it, without its schema. */
  readonly table: string;
  readonly operation: 'UPDATE' | 'DELETE';
  /** Publications that publish it. */
  readonly publications: readonly string[];
  readonly count: number;
}

/** The same, with what became known when the pipeline was set up. */
export interface SubjectFacts {
  readonly replaced: readonly Replaced[];
  readonly unchecked: readonly string[];
  readonly weaknesses: readonly Weakness[];
}
