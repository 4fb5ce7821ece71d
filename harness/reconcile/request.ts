import type { Hashing } from '#engines/port/reconcile.ts';

/** One pair of tables to compare. Column names are the source's. */
export interface TableRequest {
  readonly source: string;
  readonly target: string;
  /** Names rows of a table without a primary key. */
  readonly key?: readonly string[];
  /** Only these (and the key) are compared. */
  readonly columns?: readonly string[];
  readonly excludeColumns: readonly string[];
  readonly where?: string;
  /** The target's own condition, where its columns have other names. */
  readonly whereTarget?: string;
  /** The target's names of columns that are called otherwise there. */
  readonly mapColumns: Readonly<Record<string, string>>;
  /** Types as which columns are compared, in the engines' SQL. */
  readonly mapTypes: Readonly<Record<string, string>>;
}

/** What is to be compared and how: one run of the tool. */
export interface ReconcileRequest {
  /** URLs with their passwords: never for logs or reports. */
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly tables: readonly TableRequest[];
  /** False: only row counts. */
  readonly validateChecksums: boolean;
  readonly ignoredPrefixes: readonly string[];
  readonly settleMs: number;
  /** Connections to each side. */
  readonly jobs: number;
  /** How many differing keys of a kind the report shows. */
  readonly details: number;
  readonly hashing: Hashing | 'auto';
  /** Where the statements go that would repair the target. */
  readonly repairFile?: string;
}
