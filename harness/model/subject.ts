import type { Replaced } from './pipeline.ts';

/** What is known of somebody's own pipeline before it runs. */
export interface SubjectNotes {
  /** The pipeline file as it was named on the command line. */
  readonly file: string;
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
}
