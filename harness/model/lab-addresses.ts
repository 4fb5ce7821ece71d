import type { DatabaseServer, End, WorkerSecrets } from './stack.ts';

/** Where the live lab's servers answer. Holds passwords: it stands in a file that only its owner can read, and nowhere else. */
export interface LabAddresses {
  readonly source: DatabaseServer;
  readonly sink: DatabaseServer;
  readonly brokers: readonly string[];
  /** Where the schema registry speaks Confluent's API, if there is one. */
  readonly registry?: string;
  /** Name of the source database, and of each variant's sink. */
  readonly sourceDatabase: string;
  readonly sinkDatabases: Readonly<Record<string, string>>;
  /** What pipelines of somebody's own use of them; absent from labs of older versions. */
  readonly shared?: SharedServers;
}

/** The lab's servers as a pipeline of somebody's own uses them, by ways on which the lab's faults meet it. */
export interface SharedServers {
  /** As whatever else fills sinks reaches them. */
  readonly databases: Readonly<Record<End, DatabaseServer>>;
  /** The Connect workers, by what their connectors do. */
  readonly workers: Readonly<Record<End, SharedWorkers>>;
}

/** A group of the lab's Connect workers. */
export interface SharedWorkers {
  /** REST address of each worker, and the Authorization header that it asks for. */
  readonly urls: readonly string[];
  readonly authorization?: string;
  /** As its connectors are told of them: by their own addresses, with references in place of passwords where only workers resolve them. */
  readonly databases: Readonly<Record<End, DatabaseServer>>;
  readonly brokers: readonly string[];
  /** Where other secrets of its connectors are kept; absent where the workers run in containers. */
  readonly secrets?: WorkerSecrets;
}
