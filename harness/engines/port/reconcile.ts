import type { Text } from '#model/values.ts';

/** A column as one side's catalog describes it. */
export interface SideColumn {
  readonly name: string;
  /** The engine's full type name; a domain's base type. */
  readonly type: string;
  readonly nullable: boolean;
  /** Computed by the database; compared like any other, never written. */
  readonly generated: boolean;
  /**
   * Names the order in which the engine sorts the column. Two sides sort alike exactly when both name the same order;
   * undefined where the order is a matter of the one database (an enum's labels, a collation of its own).
   */
  readonly order: string | undefined;
}

/** A table as one side's catalog describes it. */
export interface SideTable {
  /** `schema.name`. */
  readonly id: string;
  readonly columns: readonly SideColumn[];
  /** Column names of the primary key, in its order; empty without one. */
  readonly key: readonly string[];
  /** Column lists of the ordered indexes that serve ranges. */
  readonly indexes: readonly (readonly string[])[];
  /** The planner's guess of the number of rows. A table without statistics has one, too. */
  readonly estimatedRows: number;
  /** False where rows lie scattered in respect of the key and are too many to be fetched one by one through its index. */
  readonly clustered: boolean;
}

/** How rows are hashed: the engine's own functions, or a canonical text per type that every engine can compute. */
export type Hashing = 'row-hash' | 'canonical-text';

/**
 * The text as which both sides write a value where they do not share an engine's own forms. Numbers have it by value, without
 * zeros behind a fraction; times as counts since 2000-01-01 in UTC; texts as their bytes in UTF-8.
 */
export type CommonForm =
  | 'integer'
  | 'decimal'
  | 'float'
  /** As the 64 bits of IEEE 754, where one of the engines writes no shortest digits of a float. */
  | 'float-bits'
  | 'text'
  /** Without the blanks at its end, which have no meaning in a `char(n)`. */
  | 'padded-text'
  | 'bytes'
  | 'bits'
  | 'uuid'
  | 'timestamp'
  | 'date'
  | 'time';

/** A column of one side together with its counterpart. */
export interface ColumnPlan {
  /** How reports name it: the source's name. */
  readonly name: string;
  readonly source: SideColumn;
  readonly target: SideColumn;
  /** A type as which both sides' values are compared, if the person asked for one. */
  readonly as?: string;
  /** Set for all columns of a table or for none: both sides then write these forms, and add up the rows' hashes. */
  readonly form?: CommonForm;
}

/**
 * What names a row in packed entries, in 8 bytes: an integer key itself; a hash of the key; or a hash of the whole row,
 * where rows have no key and are counted.
 */
export type Identity = 'integer' | 'key-hash' | 'row';

/** Everything an engine needs to write its statements for one table. Both sides get the same plan but for `side`. */
export interface TablePlan {
  readonly side: 'source' | 'target';
  readonly table: SideTable;
  readonly hashing: Hashing;
  readonly identity: Identity;
  readonly key: readonly ColumnPlan[];
  /** All compared columns, the key's first. */
  readonly columns: readonly ColumnPlan[];
  /** A condition in SQL on this side's columns. */
  readonly where?: string;
}

export type KeyTuple = readonly string[];

/** A piece of a table: the keys from `from` up to but without `to` (open where absent), or one partition of many by hash. */
export type Cell =
  | { readonly kind: 'range'; readonly from?: KeyTuple; readonly to?: KeyTuple }
  | { readonly kind: 'partition'; readonly index: number; readonly of: number };

export interface CellDigest {
  readonly rows: number;
  /** Equal texts mean equal contents; empty for no rows. */
  readonly digest: string;
}

/** A row looked at in full. */
export interface FullRow {
  readonly id: bigint;
  /** Equal exactly where all compared columns are. */
  readonly hash: string;
  /** By the plan's columns: the text that is compared. */
  readonly compared: readonly Text[];
  /** By the plan's columns: the text that is shown and written. */
  readonly shown: readonly Text[];
}

/** Bytes of one packed entry: 8 of identity, 8 of the row's hash. */
export const ENTRY_BYTES = 16;

/** Statements on one table of one side. Each call is one short statement, unless said otherwise. */
export interface TableReader {
  count(): Promise<number>;
  /** Smallest and largest of a key of one integer column; undefined for an empty table. */
  integerBounds(): Promise<{ readonly min: bigint; readonly max: bigint } | undefined>;
  /** Distinct keys in ascending order from about `wanted` random places of the table. Fewer or none for a small one. */
  sampleKeys(wanted: number): Promise<KeyTuple[]>;
  /** Every `every`-th key inside a range, exactly, in ascending order. */
  everyNthKey(cell: Cell, every: number): Promise<KeyTuple[]>;
  /** Hashes of ranges, in their order. */
  digests(cells: readonly Cell[]): Promise<CellDigest[]>;
  /** Hashes of all `of` partitions: one reading of the whole table. */
  sweep(of: number): Promise<CellDigest[]>;
  /** Packed entries of each cell, {@link ENTRY_BYTES} a row, ranges in key order. */
  entries(cells: readonly Cell[]): Promise<Uint8Array[]>;
  /** The rows inside `cells` that have one of the identities. */
  rows(cells: readonly Cell[], ids: readonly bigint[]): Promise<FullRow[]>;
  /** Statements that would turn `before` into `after` on this side, in this engine's SQL. */
  repair(change: { readonly before?: FullRow; readonly after?: FullRow }): string;
}

/** One side's database. Disposing ends its connections and whatever runs on them. */
export interface Side extends AsyncDisposable {
  readonly engine: string;
  readonly version: string;
  /** Two sides with equal fingerprints compute equal row hashes of equal values. Absent where an engine has no row hash. */
  readonly fingerprint?: string;
  /** How a repair begins: what a session must run first for its statements to mean what they say, and `BEGIN` in its words. */
  readonly repairBegins?: string;
  /** Bytes read from and written to the server so far. */
  bytesMoved(): number;
  /** Throws an OperatorError (exit 1) for a table that does not exist or cannot be read. */
  describe(table: string, where?: string): Promise<SideTable>;
  reader(plan: TablePlan): TableReader;
}

export interface ConnectOptions {
  /** Most connections at once. */
  readonly connections: number;
  readonly signal?: AbortSignal;
}

export interface ReconcileEngine {
  readonly name: string;
  /** Throws an OperatorError (exit 1) without a password in it. */
  connect(url: string, options: ConnectOptions): Promise<Side>;
  /**
   * How two columns of this engine go together: `equal` values of one type; `converted`, compared as a third type or as
   * text; `different` kinds of value, which nobody should expect to agree. Absent where columns always go together by kind.
   */
  pairing?(source: SideColumn, target: SideColumn): 'equal' | 'converted' | 'different';
  /** Its SQL writes no shortest digits of a float: floats beside it have the form `float-bits`. */
  readonly floatsAsBits?: true;
}
