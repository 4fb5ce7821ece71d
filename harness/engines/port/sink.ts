import type { Table, TableId } from '#model/catalog.ts';
import type { SinkState } from '#model/cause.ts';
import type { EventColumn } from '#model/change-event.ts';
import type { Database } from '#model/pipeline.ts';
import type { Offsets, TopicPartition } from '#model/position.ts';
import type { DatabaseServer } from '#model/stack.ts';
import type { Key, Text } from '#model/values.ts';
import type { PassOverPort } from './pass-over.ts';

/** What every sink row carries beside the source's columns. */
interface Bookkeeping {
  /** `c`, `u` or `r`, as the event had it. */
  readonly op: string;
  readonly lsn: bigint | undefined;
  /** Commit time at the source, in ms since the epoch. */
  readonly capturedAtMs: number | undefined;
  /** When the applier got the event, in ms since the epoch. */
  readonly receivedAtMs: number;
  /** All changes of the row up to this LSN are in it; only where rows are guarded. Never lowered. */
  readonly guard?: bigint | undefined;
}

/** One row to be written: the columns it sets, key included, in the database's input text. */
export interface RowWrite extends Bookkeeping {
  readonly key: readonly string[];
  readonly values: Readonly<Record<string, Text>>;
}

/** A key by its columns' values, in key order. */
export interface RowKey {
  readonly columns: readonly string[];
  readonly values: readonly Text[];
}

/** What one table's events amount to, carried out in this order. Each list holds a key once, but for `inserts`. */
export interface Segment {
  /** All rows go first; with a guard, those whose own guard lies above it stay. */
  readonly truncate?: { readonly guard?: bigint | undefined };
  readonly deletes: readonly RowKey[];
  /** Change every row that has the key; no row, no change. */
  readonly updates: readonly RowWrite[];
  /** Insert, or change the row that has the key. Columns that are not set keep their value. */
  readonly upserts: readonly RowWrite[];
  /** Insert blindly. */
  readonly inserts: readonly RowWrite[];
  /** LSNs of accepted deletes: nothing at or below may bring the key back. */
  readonly tombstones: ReadonlyMap<Key, bigint>;
}

export interface SinkColumn {
  readonly name: string;
  /** The type without its length or precision: a cast to it alters no value; assignment to the column checks it. */
  readonly castType: string;
  /** The type with its length or precision. */
  readonly type: string;
  readonly generated: boolean;
}

export interface SinkTable {
  readonly id: TableId;
  readonly columns: ReadonlyMap<string, SinkColumn>;
  readonly key: readonly string[];
}

/** A run of offsets of one partition: `from` inclusive, `next` exclusive. */
export interface OffsetRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly next: bigint;
}

/** A key whose guard is asked for, and the LSN from which on the guard matters. */
export interface GuardQuestion extends RowKey {
  readonly id: Key;
  readonly lsn: bigint;
}

export interface Guards {
  /** Keys whose row or tombstone has a guard at or above the LSN asked for. */
  readonly keys: ReadonlyMap<Key, bigint>;
  /** LSN of the table's last truncate. */
  readonly table: bigint | undefined;
}

/** One transaction of the sink. */
export interface SinkTransaction {
  /** Excludes every other transaction of this consumer that calls it, until this one ends. */
  lock(): Promise<void>;
  /** The consumer's positions, and which offsets of the ranges have been applied although they lie above them. */
  seen(ranges: readonly OffsetRange[]): Promise<{ positions: Offsets; applied: readonly OffsetRange[] }>;
  /** Remembers the ranges as applied and moves the positions to their ends; forgets what lies far below. */
  remember(ranges: readonly OffsetRange[]): Promise<void>;
  /** `ask` is told the highest guard of the table: keys about which it asks at or below it are looked up. */
  guards(table: SinkTable, ask: (highest: bigint) => readonly GuardQuestion[]): Promise<Guards>;
  write(table: SinkTable, segment: Segment): Promise<void>;
}

/** Why a statement failed, as far as the applier must tell the cases apart. */
export type SinkFailure = 'data' | 'unavailable' | 'other';

/** A database that an applier writes. */
export interface Sink extends AsyncDisposable {
  /** Makes the tables for positions, dedup entries and tombstones. */
  prepare(): Promise<void>;
  /** The table as the catalog has it; asked again after {@link forget}. Undefined where there is none. */
  table(id: TableId, guarded: boolean): Promise<SinkTable | undefined>;
  /** Drops what is known of a table, e.g. after a statement failed on it. */
  forget(id: TableId): void;
  addColumns(id: TableId, columns: readonly EventColumn[]): Promise<void>;
  /** Makes columns as wide as the events' where that is simple. True where anything was changed. */
  widen(table: SinkTable, columns: readonly EventColumn[]): Promise<boolean>;
  transaction<T>(work: (transaction: SinkTransaction) => Promise<T>): Promise<T>;
  positions(): Promise<ReadonlyMap<TopicPartition, bigint>>;
  /** Deletes what was remembered of this consumer; the tables are there since {@link prepare}. */
  forgetConsumer(): Promise<void>;
  failureOf(error: unknown): SinkFailure;
}

export interface OpenSinkOptions {
  readonly url: string;
  /** Under which positions and dedup entries are kept. */
  readonly consumer: string;
  /** Dedup entries kept below a partition's position, in records. */
  readonly dedupKept?: bigint;
  /** How long a deleted key is remembered, in ms. */
  readonly tombstonesKeptMs?: number;
  /** See {@link SourcePort.widePositions}. */
  readonly widePositions?: boolean;
}

export interface SinkConfigOptions {
  readonly server: DatabaseServer;
  readonly database: string;
  readonly topics: readonly string[];
  /** The source is of another engine: its tables are those of the sink's default schema. */
  readonly foreign?: boolean;
}

export interface SinkTableOptions {
  /** False leaves out the primary key, so that replayed inserts show; its columns are then indexed, not unique. */
  readonly keyed: boolean;
  /** False leaves out the bookkeeping columns, which nobody but the built-in applier writes. */
  readonly bookkeeping?: boolean;
  /** See {@link SourcePort.widePositions}. */
  readonly widePositions?: boolean;
}

/** A column that has another type at the sink, because the sink lacks the source's. */
export interface Substituted {
  readonly column: string;
  readonly type: string;
}

type Asked = Pick<Database, 'query'>;

/** What a database of this engine is as a sink: its tables are made, written, and asked what was written to them. */
export interface SinkPort {
  /** Opens the database for an applier. */
  open(options: OpenSinkOptions): Sink;
  /** Configuration of Debezium's JDBC sink connector: upsert by the record's key, deletes on, basic schema evolution. */
  connectorConfig(options: SinkConfigOptions): Record<string, string>;
  /**
   * SQL for what the built-in applier remembers to drop events that come again: of each topic and partition the runs of offsets that
   * it has applied, as `topic`, `partition_id`, `runs`, `first_offset` and `last_offset`.
   */
  readonly dedupState: string;
  /** Whether a JDBC URL is of a driver for this engine. */
  isJdbcUrl(url: string): boolean;
  /** Somebody's JDBC URL with the lab's host, port and database; the lab's own where theirs is of no driver for this engine. */
  jdbcUrl(theirs: string | undefined, server: DatabaseServer, database: string): string;
  /**
   * Makes the types that the source's tables use. What could not be made, by the name by which columns have it, with the
   * server's words.
   */
  copyTypes(source: Asked, sink: Asked, tables: readonly Table[]): Promise<ReadonlyMap<string, string>>;
  /** Makes the sink's table for a source table; returns the columns whose type the sink lacks. Harmless where it exists. */
  createTable(sink: Asked, table: Table, options: SinkTableOptions): Promise<readonly Substituted[]>;
  /** The columns that an INSERT into a table must name. */
  demandedColumns(sink: Asked, table: TableId): Promise<readonly string[]>;
  /** Takes off a sink's tables what only holds between rows: foreign keys, exclusions, unique sets beside the key. */
  dropSpanning(sink: Asked): Promise<void>;
  /** Leaves a database as it was made. */
  empty(sink: Asked): Promise<void>;
  /** Keeps the connector's placeholder for a value that it does not know out of a table: an update leaves the column as it is. */
  keepUnchangedValues(sink: Asked, table: Table): Promise<void>;
  /** Lets the sink note every write of a table, so that what happened to a row between two looks can be told. */
  noteEffects(sink: Asked, table: Table): Promise<void>;
  /** The positions that each row was written with, 0 for a delete, in the order of the writes, as far as they are known. */
  effectsOf(sink: Asked, table: TableId, keys: readonly Key[]): Promise<ReadonlyMap<Key, readonly bigint[]>>;
  readonly passOver: PassOverPort;
  /** What the catalog has of tables, constraints and triggers. */
  state(sink: Asked): Promise<SinkState>;
}
