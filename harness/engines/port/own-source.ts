import type { DatabaseServer } from '#model/stack.ts';

/** Where somebody's own source connector runs in the lab. */
interface OwnSourcePlace {
  readonly server: DatabaseServer;
  readonly database: string;
  /** The lab keeps something of its own in the database, which the connector must not capture. */
  readonly hidden: boolean;
}

/** A table as configurations and topics name it. */
export interface NamedTable {
  /** The schema; the database's own name where the engine has no schemas. */
  readonly schema: string;
  readonly name: string;
  /** Which of the two that is, as the properties that list them are called: `database.include.list`. */
  readonly level?: 'schema' | 'database';
  /** The database, where a topic's name has it before the schema. */
  readonly database?: string;
}

type Config = Readonly<Record<string, string>>;

/** Somebody's own source connectors of an engine, as they are deployed: what they mean, and what cannot be so here. Pure. */
export interface OwnSourcePort {
  /** The classes of its connectors, in full. */
  readonly classes: readonly string[];
  /** Properties as they must be on the lab's server, null for those that are left out. Those of Kafka are not among them. */
  settings(config: Config, place: OwnSourcePlace): Record<string, string | null>;
  /** What a record without its envelope must carry as headers, as `add.headers` names it: `source.lsn`. */
  readonly headers: readonly string[];
  /** Those of them that have no value in some records, which Debezium's JDBC sink does not survive. */
  readonly headersWithoutValue: readonly string[];
  /** The databases that a configuration names; none where a database's name is no part of the names of tables and topics. */
  databases(config: Config): readonly string[];
  /** A table of this database as the connector names it. */
  named(table: { readonly schema: string; readonly name: string }, database: string): NamedTable;
}
