import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { SourceConfigOptions } from './source.ts';

/** What a stream is told apart by: the name that all bears which was made for it, and where it begins. */
export interface StreamStart {
  readonly name: string;
  /** The log's position behind which it goes on. */
  readonly position: bigint;
}

/** How the changes behind a moment of a source are carried on, by Debezium's connector for the engine. */
export interface StreamPort {
  /** Throws an OperatorError (exit 1) for a server whose changes cannot be captured as it is set. */
  require(database: Pick<Database, 'query'>): Promise<void>;
  /** Why the changes behind a position cannot be read any more, as a clause; undefined where they can. */
  whyGone(url: string, start: StreamStart): Promise<string | undefined>;
  /** Whether somebody reads it now, as far as the server tells one reader of its log from another. */
  isRead?(url: string, name: string): Promise<boolean>;
  /** What keeps the log for the stream while nobody reads it, as a clause. */
  keeps(name: string): string;
  /** Takes away what was made at the server, once nobody reads it; harmless where there is nothing. Says what it was. */
  drop(url: string, name: string): Promise<string | undefined>;
  /** Configuration of the connector that reads the stream of the name `prefix` from its beginning, or from where it was. */
  config(options: SourceConfigOptions): Record<string, string>;
  /** How a connector that has never run is told where to begin; absent where what was made at the server says so. */
  readonly beginning?: StreamBeginning;
}

/** A connector is given offsets, and once reads what the tables are like: its own log of their definitions begins there. */
export interface StreamBeginning {
  /** Settings in the place of the stream's own, until the definitions are known. */
  readonly settings: Readonly<Record<string, string>>;
  /** As Kafka Connect keeps the connector's offsets. */
  offsets(url: string, start: StreamStart): Promise<{ readonly partition: object; readonly offset: object }>;
  /** Where offsets of the connector's are; undefined where they say nothing of it. */
  positionOf(offset: object): bigint | undefined;
  /** The topic of the definitions. */
  definitionsTopic(config: Readonly<Record<string, string>>): string;
  /** A table as the definitions name it. */
  nameOf(database: string, table: TableId): string;
  /** Of a record's value in that topic, the tables that it defines. */
  defines(value: string): readonly string[];
}
