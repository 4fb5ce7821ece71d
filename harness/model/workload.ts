import type { TableId } from './catalog.ts';
import type { Change, RawSql, Value } from './change.ts';
import type { TableDefinition } from './definition.ts';
import type { OperationKind } from './operation.ts';
import type { CommandSpec, Database } from './pipeline.ts';
import type { Surveyor } from './shape.ts';
import type { Key } from './values.ts';

export interface RowRef {
  readonly table: TableId;
  readonly key: Key;
}

/** One statement of a transaction, as a change that any engine can make or in one engine's SQL, and what it writes. */
export type Statement = (Change | RawSql) & {
  /** The rows this statement writes: one operation of the ledger each. */
  readonly writes: readonly (RowRef & { readonly kind: OperationKind })[];
};

/** One transaction: its statements in order, committed together. */
export interface Transaction {
  readonly statements: readonly Statement[];
  /** Rows that must exist and stay while it runs, beside those it writes (parents of foreign keys). */
  readonly reads: readonly RowRef[];
  /** Rolled back on purpose: none of it may ever be seen downstream. */
  readonly rollback?: boolean;
}

/** Makes transactions, each valid if all before it were carried out. The same seed makes the same sequence. */
export interface Generator {
  next(): Transaction;
  /** Transactions that insert `rows` rows in all, whose business time lies years back. */
  backfill(rows: number): readonly Transaction[];
  /** Told that a transaction has left no trace: because it failed, and why, or because it was rolled back on purpose. */
  failed?(transaction: Transaction, why?: string): void;
  /** A transaction that empties a table with TRUNCATE; undefined where none could be. */
  truncate?(table: TableId | undefined): Transaction | undefined;
  /** Told by a fault that something changed, e.g. that a column now exists. Unknown words are an error. */
  tell(word: string): void;
}

/** How long what sets a database up may take, what ends it, and who is told of it meanwhile. */
export interface SetUpWatch {
  readonly signal: AbortSignal;
  readonly limitMs: number;
  readonly onWait?: (wait: {
    readonly what: string;
    readonly waitedMs: number;
    readonly limitMs: number;
    readonly saw: string;
  }) => void;
}

/** How a database is made ready for a workload that says what it needs in no engine's words. */
export interface Installer {
  /** Makes tables, each after those that its foreign keys refer to. */
  createTables(database: Pick<Database, 'query'>, tables: readonly TableDefinition[]): Promise<void>;
  /** Inserts rows of these columns, in their order. */
  insertRows(
    database: Pick<Database, 'query'>,
    table: TableDefinition,
    columns: readonly string[],
    rows: readonly (readonly Value[])[],
  ): Promise<void>;
  /** Has the planner look at what the tables hold. */
  analyze(database: Pick<Database, 'query'>): Promise<void>;
}

/** What is written to the source. Knows its own schema; nothing else does. */
export interface Workload {
  readonly name: string;
  /** Creates and fills the tables in an empty database. The same seed fills them alike. */
  install(database: Database, seed: number, installer: Installer, watch?: Omit<SetUpWatch, 'limitMs'>): Promise<void>;
  /**
   * Continues from what {@link install} left with the same seed. Tables that are named without a schema are in
   * `defaultSchema`, and so they are called in what was written.
   */
  generator(seed: number, defaultSchema: string): Generator;
  /** The same of a workload that must look at the database first; it holds what {@link install} left. */
  openGenerator?(seed: number, source: Database, surveyor: Surveyor): Promise<Generator>;
  /** A program that writes in the generator's stead; the ledger then comes from the source's own log. */
  readonly command?: CommandSpec;
}

/** What a statement did; -1 where the database does not say. */
export interface Written {
  /** Rows that it was about. */
  readonly found: number;
  /** Those that it wrote: MariaDB leaves a row alone that has the new values already, and its log says nothing of it. */
  readonly changed: number;
}

/** What is known of a transaction once it has committed. */
interface Committed {
  /** Its id as the log's events carry it; undefined where it was told when it began, or is only told later. */
  readonly transaction: string | undefined;
  /** Its id where nobody knows it before the log has been read. Rejects where the log does not come to it within a limit. */
  readonly named?: Promise<string>;
}

/** One connection of a writer. After an error in the middle of a transaction, `rollback` makes it usable again. */
export interface WriterSession {
  /** Begins a transaction. Its id as the log's events carry it, where the database gives it one so early. */
  begin(): Promise<string | undefined>;
  run(statement: Change | RawSql): Promise<Written>;
  commit(): Promise<Committed>;
  rollback(): Promise<void>;
  /** Whether an error is the server's answer to a statement, and not what a client makes of a broken connection. */
  isRefusal(error: unknown): error is Error;
  close(): Promise<void>;
}

/** A source as it is to a program that writes to it. */
export interface ProgramHost {
  /** Whether a statement of somebody else's may still change something; one that waits for a lock may not. */
  isWritten(database: Pick<Database, 'query'>): Promise<boolean>;
  /** Environment by which this engine's own programs and libraries find the database. */
  environment(database: Pick<Database, 'url' | 'name'>): Readonly<Record<string, string>>;
}
