import type { Column, Table, TableId } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import type { Key, Row } from '#model/values.ts';

/** A source column and the sink's column of the same name. */
export interface ColumnPair {
  readonly source: Column;
  readonly sink: Column;
  /** Values of other spellings differ: 3.0 is not 3. */
  readonly exact?: boolean;
  /**
   * The kind as which the values are compared, by the text of `model/kind.ts`; only where the two sides are of different
   * engines. The other side's column is then given in the terms of the engine that reads.
   */
  readonly as?: Kind;
}

/** What to read of one table on one side, so that both sides' texts can be compared. */
export interface ReadPlan {
  readonly side: 'source' | 'sink';
  /** The table as this side's catalog has it. */
  readonly table: Table;
  /** The columns that name a row; all compared columns where the source has no primary key. */
  readonly key: readonly ColumnPair[];
  /** The columns that are compared, in the source's order. */
  readonly columns: readonly ColumnPair[];
  /** The sink's own columns (`_cdc_…`) to be read beside them. */
  readonly bookkeeping: readonly string[];
}

/** A row as it is read: texts that are compared as they are, and parsed only where two differ. */
export interface KeyedRow {
  readonly key: Key;
  /** The canonical texts of the plan's columns as a JSON array. */
  readonly row: string;
  /** The texts of the plan's bookkeeping columns as a JSON array; absent without any. */
  readonly bookkeeping?: string;
}

export interface CatalogFilter {
  readonly schemas?: readonly string[];
  readonly tables?: readonly TableId[];
}

/** Keys that part a table's rows into equal pieces. */
interface Steps {
  readonly keys: readonly Key[];
  /** The rows end before the limit: what lies behind the last key is the last piece. */
  readonly ended: boolean;
}

/** One consistent view of a database: every read sees the same moment. Disposing ends it. */
export interface ReadView extends AsyncDisposable {
  /** The log's position when the view was opened: it holds no change that lies above. */
  readonly position: bigint;
  readCatalog(filter?: CatalogFilter): Promise<Table[]>;
  /** The exact number of rows, or the planner's estimate for a table too large to be counted often. */
  count(table: Table, options?: { readonly exact?: boolean }): Promise<number>;
  /** Up to `limit` rows of a query, with the texts of the database for all values. A query that fails ends nothing else. */
  select(sql: string, limit: number): Promise<Row[]>;
  /** All rows, ordered by the bytes of their keys' texts in UTF-8. Memory is bounded by a batch. */
  stream(plan: ReadPlan): AsyncIterable<readonly KeyedRow[]>;
  /** The rows that have one of the keys. */
  byKeys(plan: ReadPlan, keys: readonly Key[]): Promise<KeyedRow[]>;
  /** Every `every`-th key of up to `limit` rows behind `after`, in the key's own order. Only where {@link ComparePort.ordersAlike}, as are the next two. */
  everyNthKey(plan: ReadPlan, after: Key | undefined, every: number, limit: number): Promise<Steps>;
  /**
   * What the rows between one key and the next of `bounds` come to, behind the first up to and with the last; undefined
   * is an open end. `alike`: the other side's {@link fingerprint} is the same. Between engines as `row-digest.ts` has it.
   */
  digests(plan: ReadPlan, bounds: readonly (Key | undefined)[], alike: boolean): Promise<string[]>;
  /** Two servers with equal fingerprints compute equal hashes of equal values by functions of their own. */
  fingerprint(): Promise<string>;
  /** All rows behind `after` up to and with `upTo`, in the key's own order; an open end where one is undefined. */
  range(plan: ReadPlan, after: Key | undefined, upTo: Key | undefined): Promise<KeyedRow[]>;
}

/** How values of this engine's databases are read so that they can be compared. */
export interface ComparePort {
  readCatalog(database: Pick<Database, 'query'>, filter?: CatalogFilter): Promise<Table[]>;
  /** `moment` is another one's, whose snapshot the view shares ({@link Moment.snapshot}); only where the engine has a {@link BulkPort}. */
  openReadView(database: Database, signal?: AbortSignal, moment?: string): Promise<ReadView>;
  /**
   * True where both databases order and compare this key column alike, so that ranges of it can be compared. Of a pair
   * between engines each is asked, for the pair in its own terms: integers and bytes have one order everywhere.
   */
  ordersAlike(pair: ColumnPair): boolean;
  /** True where the text any client writes for a value of this column is the canonical one. */
  hasOneSpelling(column: Column): boolean;
  /**
   * The canonical form of rows given in texts that the database accepts as input. Columns unknown to it are dropped. `as`
   * has the kinds of columns that are compared with another engine's.
   */
  canonicalRows(
    database: Pick<Database, 'query'>,
    table: Table,
    rows: readonly Row[],
    options?: { readonly exact?: boolean; readonly as?: ReadonlyMap<string, Kind> },
  ): Promise<Row[]>;
  /** One sentence where the two columns' values are equal in spite of other spellings; undefined where they are not. */
  typeNote(pair: ColumnPair): string | undefined;
}
