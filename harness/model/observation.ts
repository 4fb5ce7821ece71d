import type { Table, TableId } from './catalog.ts';
import type { AnomalyCounts, EventRef, Finding, Hop } from './finding.ts';
import type { Lag, TopicPartition } from './position.ts';
import type { Key, Row } from './values.ts';
import type { Verdict } from './verdict.ts';

/** What the log is known to hold of one key. */
export interface LogState {
  readonly last: EventRef;
  /** LSN of the key's newest change; a snapshot read is no change. */
  readonly changeLsn?: bigint;
  /** The source's transaction of that change. */
  readonly changeTxn?: string;
  /** The row as the last event has it, in canonical text, as far as it is known. */
  readonly image?: Row;
  /** Columns whose value the last event left out, because the change left it as it was. */
  readonly unchanged?: readonly string[];
  /** Columns that the last event does not have at all, though no event has them, or an earlier one had. */
  readonly omitted?: readonly string[];
  /** The key of its records, where that does not name the row, and how many rows of the table have had records with it. */
  readonly recordKey?: { readonly values: Row; readonly rows: number };
  /** The record is below the log's start: expired or deleted. */
  readonly expired: boolean;
  /** The consumer's position lay above the record when it was looked at. */
  readonly consumed: boolean;
  /** The consumer jumped over the record: it was gone before it got there. */
  readonly skipped: boolean;
  /** The same of an earlier record of the key. */
  readonly skippedEarlier: boolean;
  /** Of the columns that the last event left out as unchanged, those whose value a record had that the consumer jumped over. */
  readonly skippedValues?: readonly string[];
}

/** The three states of one key at one cut, and what else judging needs. Pure data. */
export interface KeyObservation {
  readonly key: Key;
  /** The compared columns only, like the rows of the sink. */
  readonly source?: Row;
  /** The rows are versions of a row, of which the sink keeps all. */
  readonly version?: boolean;
  /** How many rows the source has of it: more than one only for a table without a key. */
  readonly sourceCopies?: number;
  /** Compared columns and the sink's `_cdc_` columns. */
  readonly sink: readonly Row[];
  /** For each row of the sink the LSN that it says it is from. */
  readonly sinkLsn?: readonly (bigint | undefined)[];
  readonly log?: LogState;
  /** The ledger's last word on the key: absent where no writer touched it. */
  readonly ledger?: { readonly kind: 'insert' | 'update' | 'delete'; readonly captured: boolean };
  /** Earlier versions of the row, oldest first, as far as known, in canonical text. */
  readonly versions: readonly Row[];
  /** Of a row that the source has not: the sink is known to have been without it once it had what the log holds of it. */
  readonly returned?: boolean;
  /** An earlier look saw the sink right while this very change was the key's last. */
  readonly appliedBefore?: boolean;
  /**
   * The newest change of the key that the sink is known to have had before it got its present row, which is that of an
   * older one. Absent where none is known, or where the log itself has the older change behind the newer one.
   */
  readonly overtook?: EventRef;
  /** Another source table whose rows are in the same table of the sink, and which has a row of this key in its place. */
  readonly collides?: TableId;
  /** Of a row of a table without a key: how many events of the log make such a row. */
  readonly rowEvents?: number;
  /** Records that may hold a change of the row and that the verifier could not read: the first, and how many they are. */
  readonly undecoded?: {
    readonly partition: TopicPartition;
    readonly offset: bigint;
    readonly why: string;
    readonly count: number;
    /** The consumer is past all of them. */
    readonly consumed: boolean;
    /** One of them may be newer than the last event of the row that could be read. */
    readonly newer?: boolean;
  };
}

/** What is wrong with a change that is kept in objects. Pure data. */
export type VersionObservation =
  /** It is there more than once; some of the objects that have it. */
  | {
      readonly wrong: 'repeated';
      readonly event: EventRef;
      readonly copies: number;
      readonly objects: readonly string[];
    }
  /** A reader comes by it behind a newer change of the same row. */
  | {
      readonly wrong: 'behind';
      readonly event: EventRef;
      readonly newer: EventRef;
      readonly objects: readonly string[];
    }
  /** The log has it, the consumer is past it, and no object has it. */
  | { readonly wrong: 'missing'; readonly event: EventRef };

export interface TableObservation {
  readonly source: Table;
  /** Absent where the sink has no such table. */
  readonly sink?: Table;
  readonly sourceRows: number;
  readonly sinkRows: number;
  /** Only keys that differ or are in flight; all others are equal. */
  readonly keys: readonly KeyObservation[];
  /** How many keys were compared. */
  readonly compared: number;
  /** Columns that are new at the source, and of which the sink cannot know yet. */
  readonly pendingColumns?: ReadonlySet<string>;
}

export interface TableVerdict {
  readonly table: TableId;
  readonly verdict: Verdict;
  readonly sourceRows: number;
  readonly sinkRows: number;
  readonly inFlight: number;
  readonly counts: AnomalyCounts;
}

/** What one check, continuous or final, says of one variant. */
export interface VariantVerdict {
  readonly variant: string;
  readonly verdict: Verdict;
  readonly tables: readonly TableVerdict[];
  readonly counts: AnomalyCounts;
  readonly inFlight: number;
  /** Transactions of which the consumer has applied a part, as far as its position tells; absent where nobody looked. */
  readonly partialTransactions?: number;
  readonly lag: Lag;
  /** The first findings of each class, up to a limit; `counts` has all. */
  readonly findings: readonly Finding[];
  /** Why it could not be judged, or why it has stalled. */
  readonly reason?: string;
  /** Columns whose values are compared although the two sides write them differently: one sentence each. */
  readonly notes?: readonly string[];
  /** The source's position when its rows were read, in its own form: the check has seen no change that lies above. */
  readonly cutLsn?: string;
}

/** Why nothing moves, and where. */
export interface Stall {
  readonly hop: Extract<Hop, 'source-to-log' | 'log-to-sink'>;
  /** The source connector has failed as well: what it has not captured is late, not lost. */
  readonly uncaptured?: true;
  /** What was seen: an error, or for how long nothing moved. */
  readonly reason: string;
}

/** A check's positions by topic partition: offsets of the next record. */
type PositionsOf = Readonly<Record<TopicPartition, bigint>>;

/**
 * What a check of every row saw of one variant, and all that its judgement is made from. In this order: the cut, then for
 * each table its columns, the keys that differ and its rows, then the invariants, the transactions and the end; `unjudged` anywhere before the end.
 */
export type Fact =
  | {
      readonly type: 'cut';
      /** The source's engine, by its name, which writes the positions; absent in observations of older versions. */
      readonly engine?: string;
      /** The source's position when its rows were read, in its own form. */
      readonly cutLsn: string;
      /** The log's first offsets, its ends, and what the variant had applied. */
      readonly starts: PositionsOf;
      readonly ends: PositionsOf;
      readonly applied: PositionsOf;
      /** The number of the ledger's last operation then; 0 for none. */
      readonly ledgerSeq: number;
      /** Why the variant did not drain. */
      readonly stalled?: Stall;
    }
  /** The table as both catalogs have it; the sink may have none. `notes` are for a report: how its types are compared. */
  | { readonly type: 'columns'; readonly source: Table; readonly sink?: Table; readonly notes?: readonly string[] }
  /** A key whose rows differ; all others are equal. */
  | { readonly type: 'key'; readonly table: TableId; readonly state: KeyObservation }
  /** The table has been compared to its end. */
  | { readonly type: 'rows'; readonly table: TableId; readonly sourceRows: number; readonly sinkRows: number }
  /** A change that a sink which keeps all of them has not just once, in its place. */
  | { readonly type: 'version'; readonly table: TableId; readonly key: Key; readonly state: VersionObservation }
  /** What the sink said of an invariant: how often it is violated, the first violations, or why the query failed. */
  | {
      readonly type: 'invariant';
      readonly id: string;
      readonly text: string;
      readonly count: number;
      readonly violations: readonly string[];
      readonly failure?: string;
    }
  /** A transaction of which some rows never got their change, while others have it. */
  | {
      readonly type: 'transaction';
      readonly txn: string;
      /** All rows that it changed, and those that no later one has changed and whose change the sink has. */
      readonly rows: number;
      readonly present: number;
      readonly missing: readonly { readonly table: TableId; readonly key: Key }[];
    }
  /** Why nothing can be said of the variant, or of one table of it; the others are judged then. */
  | { readonly type: 'unjudged'; readonly reason: string; readonly table?: TableId }
  | {
      readonly type: 'end';
      readonly lag: Lag;
      /** Transactions of which the consumer had applied a part, by its position. */
      readonly partialTransactions?: number;
    };
