import type { Row } from './values.ts';

/**
 * What must hold of the data as a whole, at the source and at every sink that has applied all of it: a sum, a balance, a
 * reference. Checked at the end of a step.
 */
export interface Invariant {
  readonly id: string;
  /** What holds, in one sentence without its full stop. */
  readonly text: string;
  /** A query in the SQL of both databases. Without `violations`, each of its rows is a violation. */
  readonly sql: string;
  /** Says of the query's rows, in the text of the database's driver, what is violated: a sentence each. */
  readonly violations?: (rows: readonly Row[]) => readonly string[];
}
