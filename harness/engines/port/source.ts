import type { SourceReader } from '#log/source-block.ts';
import type { ConnectSchema } from '#log/wire.ts';
import type { Table, TableId } from '#model/catalog.ts';
import type { SourceState } from '#model/cause.ts';
import type { ChangeFeed } from '#model/change-feed.ts';
import type { ColumnChange, ColumnDefinition } from '#model/definition.ts';
import type { Database, JobRead } from '#model/pipeline.ts';
import type { Surveyor } from '#model/shape.ts';
import type { SlotLag } from '#model/source-log.ts';
import type { DatabaseServer } from '#model/stack.ts';
import type { Key } from '#model/values.ts';
import type { Installer, ProgramHost, WriterSession } from '#model/workload.ts';
import type { BinlogPort } from './binlog.ts';
import type { OwnSourcePort } from './own-source.ts';

export interface SourceConfigOptions {
  readonly server: DatabaseServer;
  readonly database: string;
  /** First part of the topics' names, and of the names of what the connector leaves at the server. */
  readonly prefix: string;
  readonly tables: readonly TableId[];
  /** Addresses of the brokers, for a connector that keeps something in a topic of its own. */
  readonly brokers: readonly string[];
  /** `no_data`: the log begins with the first change behind the connector's start. Default: `initial`. */
  readonly snapshot?: 'initial' | 'no_data';
}

/** What a database of this engine is as a source: written to, captured, and asked what was committed. */
export interface SourcePort extends Installer, ProgramHost, Surveyor {
  /** What an event of its connectors says of the change that it is from. */
  readonly block: SourceReader;
  /** Configuration of Debezium's connector for this engine, as a careful team would deploy it. */
  connectorConfig(options: SourceConfigOptions): Record<string, string>;
  /** The topic to which its connectors write the changes of a table. */
  topicOf(of: { readonly prefix: string; readonly database: string; readonly table: TableId }): string;
  /**
   * The columns of tables as its connector of this configuration writes their values, and their defaults as far as these are
   * constants: one field a column, as the catalog has them now. A type of which nobody knows how it is written has its own name.
   */
  readWireColumns(
    database: Pick<Database, 'query'>,
    tables: readonly TableId[],
    config: Readonly<Record<string, string>>,
  ): Promise<ReadonlyMap<TableId, readonly ConnectSchema[]>>;
  /** Topics to which a connector of this configuration writes beside those of tables. */
  connectorTopics(config: Readonly<Record<string, string>>): readonly string[];
  /** Its connectors as somebody else has configured them. */
  readonly own: OwnSourcePort;
  /** The table through which the connector is told to snapshot again. */
  readonly signalTable: TableId;
  /** Asks the connector through the signal table to read `tables` again in chunks; `id` names the request. */
  signalSnapshot(database: Pick<Database, 'query' | 'name'>, id: string, tables: readonly TableId[]): Promise<void>;
  /** Makes the signal table. */
  prepareSignals(database: Pick<Database, 'query'>): Promise<void>;
  /** Takes away what connectors have left at the server for this database, once nobody uses it any more. */
  release(database: Database, limitMs: number): Promise<void>;
  /** Adds a column to a table that has none of its name; rows that are there get its default. */
  addColumn(database: Pick<Database, 'query'>, table: TableId, column: ColumnDefinition): Promise<void>;
  /**
   * Gives a column that is there the type and the default of its definition, or drops it. Absent where the lab does not do that to a
   * captured table of this engine.
   */
  alterColumn?(
    database: Pick<Database, 'query'>,
    table: TableId,
    change: Exclude<ColumnChange, { readonly add: ColumnDefinition }>,
  ): Promise<void>;
  /** A connection of a writer; it connects at the first transaction, and anew after it broke. */
  openWriterSession(database: Database): WriterSession;
  /** The source's own log as a feed of what was committed. What is written to `ignored` tables is left out. */
  openChangeFeed(
    database: Database,
    tables: () => Promise<readonly Table[]>,
    ignored?: ReadonlySet<TableId>,
  ): Promise<ChangeFeed>;
  /** Rows in key order, with a position below that of every change the read did not see. */
  jobRead(database: Database, table: Table, limit: number): Promise<JobRead>;
  /** Writes a row without changing it, so that the log gets a change of it. The transaction's id; undefined where that cannot be. */
  touchRow(database: Pick<Database, 'url'>, table: Table, key: Key): Promise<string | undefined>;
  /** Notes every version of the tables' rows from now on, within the transactions that write them. */
  keepVersions(database: Pick<Database, 'query'>, tables: readonly Table[]): Promise<void>;
  /** All versions of a table's rows that were noted, to be read in the table's place. */
  versionsOf(table: Table): Table;
  /** Schema in which the source keeps what is the lab's own. */
  readonly ownSchema: string;
  /** Absent where the server writes none. */
  readonly binlog?: BinlogPort;
  /**
   * Removes the changes that have been captured, whoever has read them, as the server does by itself once they are old: those of
   * every table, or of `tables` alone. How many. Absent where the server keeps changes in its log alone.
   */
  cleanUp?(database: Pick<Database, 'query'>, tables?: ReadonlySet<TableId>): Promise<number>;
  /** Position of the server's log now, in bytes. */
  logBytes(database: Pick<Database, 'query'>): Promise<number>;
  /** What each of the connectors' positions at the server keeps it from removing. */
  slots(database: Pick<Database, 'query'>): Promise<SlotLag[]>;
  /** The publications of a table that is named without its schema; none for an engine without publications. */
  publicationsOf(database: Pick<Database, 'query'>, table: string): Promise<readonly string[]>;
  /** Whether every connector of this database reads its log now: it has ended its snapshot then. */
  isStreamed(database: Pick<Database, 'query'>): Promise<boolean>;
  /** What the server says of how it is captured; `before` is the same at an earlier moment. */
  state(database: Pick<Database, 'query'>, before?: SourceState): Promise<SourceState>;
  /** Positions of this engine's log may need more than 63 bits, up to 192: a sink needs a type that sorts numbers of 58 digits. */
  readonly widePositions: boolean;
  /** A position of the log from any form in which the engine or its connector writes it; undefined for anything else. */
  parsePosition(text: string | null | undefined): bigint | undefined;
  /** A position as this engine writes it. */
  formatPosition(position: bigint): string;
}
