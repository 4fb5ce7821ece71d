import type { Table, TableId } from './catalog.ts';
import type { ColumnChange, ColumnDefinition } from './definition.ts';
import type { Lag, Offsets, TopicPartition, TopicRoute } from './position.ts';
import type { SchemaRegistry } from './registered-schema.ts';
import type { RegistryConverter } from './registry-converter.ts';
import type { End, NodeName, OwnPlugins } from './stack.ts';
import type { Key, Row, Text } from './values.ts';

/** A database seen through its connection pool. `engine` names the folder in engines/ that knows its SQL. */
export interface Database {
  readonly engine: string;
  readonly name: string;
  /** Connection URL with its password: never for logs or reports. */
  readonly url: string;
  /** Rows as the driver returns them; `params` are bound, never spliced. */
  query<T extends object = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

type RunState = 'running' | 'paused' | 'stopped' | 'failed';

export interface RunStatus {
  readonly state: RunState;
  /** The error of a failed connector, task or applier: its first line, and its trace if there is one. */
  readonly error?: string;
  readonly trace?: string;
}

/** The source connector. */
export interface Capture {
  readonly name: string;
  status(): Promise<RunStatus>;
  /** Stops and starts the task in an orderly way, which flushes its offsets. Resolves when it runs again. */
  restart(signal?: AbortSignal): Promise<void>;
  /** Has it start anew, where a task has failed too. Resolves when it runs; throws where it fails again. */
  restartFailed(signal?: AbortSignal): Promise<void>;
  /** Ends the task but keeps connector and offsets. */
  stop(signal?: AbortSignal): Promise<void>;
  resume(signal?: AbortSignal): Promise<void>;
  /** Resolves once the connector's task runs (after a worker came back, say). */
  awaitRunning(signal?: AbortSignal): Promise<void>;
  /** Makes it read the tables again, while it goes on streaming. */
  snapshotAgain(tables: readonly TableId[], signal?: AbortSignal): Promise<void>;
}

/** What became of the files of a source's log. */
export interface Purged {
  readonly removed: number;
  /** Files that were to be removed, and are still there. */
  readonly left: number;
}

/** What the log has of a changed row: every column, or the key and what was changed. */
export type RowImage = 'full' | 'minimal' | 'noblob';

/** The binary log of a pipeline's source, as far as a fault breaks it. All pipelines of a stack share it. */
export interface Binlog {
  /** Begins a new file; its name. */
  rotate(): Promise<string>;
  /** Removes the files before `file`, as far as nobody needs them: asked again, it removes the rest. */
  purge(file: string): Promise<Purged>;
  /** Holds for sessions that begin from now on. What was set before. */
  setRowImage(image: RowImage): Promise<RowImage>;
  /** Deletes the topic in which the connector keeps the tables' definitions. */
  deleteHistory(): Promise<void>;
}

/** Whose changes a cleanup removes: those of all tables of the database, or of the pipeline's own and not of the others. */
export type CleanedUp = 'all-tables' | 'own-tables';

/** Where one task of a connector runs. */
export interface TaskPlace {
  readonly connector: string;
  readonly task: number;
  readonly worker: NodeName;
  /** It is neither being moved nor started at the moment, and has not failed. */
  readonly running: boolean;
}

/** Who keeps a partition. Brokers have numbers: their places among the nodes of their service, from 1 on. */
export interface Replicas {
  readonly partition: TopicPartition;
  /** Undefined while there is none. */
  readonly leader: number | undefined;
  readonly all: readonly number[];
  /** Those that have all that was acknowledged. */
  readonly inSync: readonly number[];
}

/** How the brokers share a pipeline's topics. */
export interface Replication {
  partitions(): Promise<readonly Replicas[]>;
  /** Has each partition kept by these brokers, of which the first is the one that is to lead. */
  assign(replicas: ReadonlyMap<TopicPartition, readonly number[]>): Promise<void>;
  /** Asks for elections, in which those lead that are to. */
  elect(partitions: readonly TopicPartition[]): Promise<void>;
}

/** What the verifier's own reader knows of the log. It reads every partition from the beginning, on its own. */
export interface LogView {
  /** All records seen so far. */
  readonly records: number;
  /** Records seen that repeat an earlier event of the same row, or of a table without a key; snapshot reads never do. */
  readonly replayed: number;
  /** Snapshot reads (op `r`) seen. */
  readonly snapshotReads: number;
  /** How far the connector has come in the source's log: the highest LSN of an event seen. */
  readonly capturedLsn: bigint | undefined;
  /** Has this reader stand where it is until what is returned is called: who has seen a record knows it for good. */
  pause(): () => void;
  /** Offset of the next record this reader will see. */
  position(): Offsets;
  startOffsets(): Promise<Offsets>;
  endOffsets(): Promise<Offsets>;
  /**
   * Whether the last change of a row that the log shows is that of the source's transaction `txn`; of a table without a
   * primary key, whether it shows a change by it at all. Snapshot reads are no changes.
   */
  holds(table: TableId, key: Key, txn: string): boolean;
  /** Lag of a consumer that has applied everything below `applied`. */
  lag(applied: Offsets, ends: Offsets): Lag;
}

/** How events get into one sink: a pipeline configuration under test. */
export interface VariantSpec {
  readonly kind: 'builtin' | 'connect-sink' | 'command' | 'objects' | 'iceberg';
  readonly title: string;
  /** The lab's own applier beside somebody's subjects: what goes wrong for it too need not be theirs. */
  readonly control?: boolean;
  /** For `builtin`. */
  readonly mode?: 'insert' | 'upsert' | 'dedup';
  readonly schema?: 'evolve' | 'ignore' | 'strict';
  readonly errors?: 'stop' | 'dlq' | 'skip';
  readonly commit?: 'before' | 'after' | 'with';
  /** For `builtin`: bytes of records fetched and not yet applied at which it stops fetching; the applier's own if left out. */
  readonly maxInFlightBytes?: number;
  /** For `connect-sink`: properties of the connector over the lab's own. */
  readonly config?: Readonly<Record<string, string>>;
  /** For `connect-sink`: its owner's connectors in the lab's stead, as they are deployed: one, or one for each table, say. */
  readonly connectors?: readonly OwnConnector[];
  /** For `objects`: what they are, how they are named, and how long changes wait for others to share one with, in ms. */
  readonly objects?: { readonly format: ObjectFormat; readonly names: ObjectNames; readonly flushMs: number };
  /** For `iceberg`: how often changes are committed to the tables, in ms. */
  readonly iceberg?: { readonly commitMs: number };
  /** For `command`: the program. */
  readonly command?: CommandSpec;
  /** How the sink's tables and the source's belong together, where not by their names alone. */
  readonly pair?: PairTables;
  /** Holds its owner's words on the sink against the tables that were made there. */
  readonly checkSink?: CheckSink;
}

/** What objects of changes are: JSON Lines, or Parquet. */
export type ObjectFormat = 'jsonl' | 'parquet';

/**
 * How objects of changes get their names: by the offset of their first record, so that who writes again what is there writes over
 * it; by the time at which they are written; or by how many a list says there are already.
 */
export type ObjectNames = 'offsets' | 'times' | 'counted';

/** Objects of changes in place of a database, as whoever reads them back sees them. */
export interface ObjectsSink {
  /** What all of its objects' keys begin with, behind the name of their bucket: `bucket/folder/`. */
  readonly place: string;
  /** The objects of a folder of its own, in the order in which a reader comes by them. */
  list(signal?: AbortSignal): AsyncIterable<{ readonly key: string; readonly version: string }>;
  /** Undefined where there is no such object. */
  get(key: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** The table whose changes an object has, by the key of one that was listed. */
  tableOf(key: string): TableId;
  /** What a listed object holds as canonical texts, a row for each change; absent where objects are JSON Lines. Throws where it cannot be read. */
  rows?(key: string, body: Uint8Array): Promise<readonly Row[]>;
  /** The tables whose changes are written, as they were at the source when that began: so many columns a change has at least. */
  readonly tables: readonly Table[];
}

/** A connector's configuration, and where it stands. */
export interface ConnectorFile {
  /** As a person names it: a file, and the connector's name in it where it has several. */
  readonly file: string;
  readonly config: Readonly<Record<string, string>>;
}

/** Somebody's own connector, as they deploy it. */
export interface OwnConnector extends ConnectorFile {
  readonly name: string;
  /** Of a source: the database's name, where it stands in its configuration before those of tables. */
  readonly database?: string;
  /** Those of its converters that need a schema registry. */
  readonly converters?: readonly RegistryConverter[];
}

/** A program that consumes the topics, or writes the source. */
export interface CommandSpec {
  /** A shell's command line. */
  readonly run: string;
  /** Absolute path of the folder in which it runs. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Started again when it ends with a failure. */
  readonly restart: boolean;
}

/** What of a source table is compared with what of a sink. */
export interface TablePair {
  readonly source: Table;
  /** Absent where the sink has no such table. */
  readonly sink?: Table;
  /** Numbers are compared with their scale: 3.0 is not 3. */
  readonly exact?: boolean;
}

/** Undefined for a table that is not compared at all. */
export type PairTables = (source: Table, sink: ReadonlyMap<TableId, Table>) => TablePair | undefined;

/** Throws an OperatorError for tables of a sink that are not as they were said to be; `sources` are the captured tables. */
export type CheckSink = (sink: Database, sources: readonly Table[], sinks: readonly Table[]) => Promise<void>;

/** A property of a connector's configuration that cannot be here what it is where its owner deploys it. */
export interface Replaced {
  readonly connector: string;
  readonly property: string;
  /** Null where its owner has not set it. Passwords are masked. */
  readonly theirs: string | null;
  /** Null where it is left out. */
  readonly here: string | null;
}

/** A table that a source connector writes itself: its rows never come to rest. */
export interface ConnectorTable {
  readonly table: TableId;
  /** The property that names it, and the file in which it stands. */
  readonly property: string;
  readonly file: string;
}

/** A pipeline as its owner has built it, as far as it is not the lab's own. */
export interface Design {
  /** Source connectors; none for the lab's own. */
  readonly connectors: readonly OwnConnector[];
  /** Makes the sinks' tables; none for the lab's own, which are as the source's. */
  readonly sinkSql: readonly { readonly file: string; readonly sql: string }[];
  /** How long SQL files may take to set up a database. */
  readonly setUpLimitMs: number;
  readonly plugins: OwnPlugins;
  /** The source has something of the lab's own, which no connector may capture. */
  readonly hidden: boolean;
  /** The engines of source and sinks; the lab's default where they are left out. */
  readonly engines?: { readonly source: string; readonly sink: string };
  /** The source database's name, where it is part of what configurations and topics say; that of the pipeline otherwise. */
  readonly database?: string;
  /** Tables that its connectors write themselves. They are neither compared nor waited for. */
  readonly connectorTables?: readonly ConnectorTable[];
}

/** A running variant. */
export interface Variant {
  readonly name: string;
  readonly spec: VariantSpec;
  /** Where it writes objects, no query can be made of it. */
  readonly sink: Database;
  /** What is read in place of the sink; absent where that is a database. */
  readonly objects?: ObjectsSink;
  status(): Promise<RunStatus>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Has a consumer that has failed start anew. Absent where it cannot. */
  restartFailed?(): Promise<void>;
  /** SIGKILL to its own process, where it has one. */
  crash?(): Promise<void>;
  /** What has provably been applied. */
  applied(): Promise<Offsets>;
  /** Captured tables that it is not compared by, because another subject reads their topics and its connectors do not. */
  readonly unread?: readonly TableId[];
  /** Captured tables whose topics neither its connectors nor any other subject reads: they are lost here. */
  readonly lacking?: readonly TableId[];
  /** The end of what its program has put out, on one line; absent where it is none, undefined where it has said nothing. */
  lastWords?(): string | undefined;
  /** How often this consumer had to jump because the log no longer held its position, with the records skipped. */
  readonly jumps: readonly { readonly partition: string; readonly from: bigint; readonly to: bigint }[];
  /**
   * The LSNs that rows of the sink were written with, 0 where one was deleted, in the order of the writes, as far as they are known; absent where
   * the sink does not note them.
   */
  effects?(table: TableId, keys: readonly Key[]): Promise<ReadonlyMap<Key, readonly bigint[]>>;
  /** A job that writes rows it read at `position` straight into the sink, in this variant's own way. Rows written. */
  copyIn(table: Table, rows: readonly Row[], position: bigint): Promise<number>;
}

export interface JobRead {
  readonly rows: readonly Row[];
  /** Of the source's log. */
  readonly position: bigint;
}

/** One source database, its connector, its topics, and the variants that consume them: the subject of one failure mode. */
export interface Pipeline extends AsyncDisposable {
  readonly name: string;
  readonly source: Database;
  /** `schema.name` of a table at the source, which is in the engine's own schema where it is named without one. */
  tableId(name: string): TableId;
  /** Adds a column to a table of the source. */
  addColumn(table: TableId, column: ColumnDefinition): Promise<void>;
  /** Changes a column of a table of the source that is there. Absent where the source's engine has no such change here. */
  alterColumn?(table: TableId, change: Exclude<ColumnChange, { readonly add: ColumnDefinition }>): Promise<void>;
  /** Adds a column to the counterpart of a source table at a sink, as its owner would by hand. */
  addColumnAtSink(variant: Variant, table: TableId, column: ColumnDefinition): Promise<void>;

  /**
   * The smallest value of a column in a source table's counterpart at a sink, and when the lab's applier received that row
   * (`_cdc_received`), of rows that an event brought. Undefined where there is none.
   */
  firstAtSink(
    variant: Variant,
    table: TableId,
    column: string,
  ): Promise<{ readonly value: Text; readonly received: Text } | undefined>;
  /** Absent where the source has none. */
  readonly binlog?: Binlog;
  /**
   * Has the source remove the changes that it has captured, read or not: of every table of the database, or of the captured tables
   * alone. How many. Absent where its server keeps changes in its log alone.
   */
  cleanUpChanges?(of: CleanedUp): Promise<number>;
  /** The captured tables, as the source's catalog has them now; read again after DDL. */
  tables(): Promise<readonly Table[]>;
  readonly routes: readonly TopicRoute[];
  readonly capture: Capture;
  readonly log: LogView;
  readonly variants: ReadonlyMap<string, Variant>;
  /** Has the schemas of its records; absent where they need none. */
  readonly registry?: SchemaRegistry;
  readonly replication: Replication;
  /** The tasks of the pipeline's connectors: of the source's, or of those of its sinks. */
  tasks(end: End): Promise<readonly TaskPlace[]>;
  /** Sets configuration of the topics, e.g. `retention.ms`; a name left out goes back to the broker's default. */
  configureTopics(config: Readonly<Record<string, string>>): Promise<void>;
  /** Tables that no source connector captures, and why. */
  readonly uncaptured: readonly { readonly table: TableId; readonly why: string }[];
  /** What of the owner's connectors was replaced. */
  readonly replaced: readonly Replaced[];
  /** What of the sinks is not as a person would expect: sentences. */
  readonly unchecked?: readonly string[];
  /**
   * Rows as a job outside the pipeline reads them, at most `limit` in key order, with an LSN such that every change the
   * read did not see has a higher one.
   */
  jobRead(table: Table, limit: number): Promise<JobRead>;
}
