import type { TableId } from '#model/catalog.ts';
import type { ObjectFormat } from '#model/pipeline.ts';

export const MODES = ['full_load_only', 'full_load_and_cdc', 'cdc_only'] as const;
type Mode = (typeof MODES)[number];

/** What a full load does with a target's table that holds rows it has not written. */
export const ON_EXISTING = ['fail', 'truncate', 'append'] as const;
export type OnExisting = (typeof ON_EXISTING)[number];

/** What writes changes into a target's database: Debezium's JDBC sink connector, or the built-in applier, in the process of a start. */
export const SINKS = ['jdbc', 'applier'] as const;
type SinkKind = (typeof SINKS)[number];

type PipelineStatus = 'CREATED' | 'STARTING' | 'RUNNING' | 'COMPLETED' | 'STOPPED' | 'ERROR';
type FullLoadStatus = 'NOT_STARTED' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
type CdcStatus = 'NOT_STARTED' | 'STARTING' | 'RUNNING' | 'STOPPED' | 'ERROR';

/** What a person asked for. */
export interface Definition {
  readonly name: string;
  readonly mode: Mode;
  /** URLs with references in place of secrets (`${env:VAR}`), as they are stored and shown. */
  readonly source: string;
  readonly target: string;
  /** As they were named: a name without a schema is one of the engine's default schema. */
  readonly tables: readonly string[];
  readonly onExisting: OnExisting;
  /** Where changes go through; absent from a pipeline that only loads. */
  readonly cdc?: CdcServers;
  /** How rows become objects; present where the target is a bucket. */
  readonly objects?: ObjectsTarget;
}

/** Changes are carried by the process that starts the pipeline, for as long as it runs, and by no sink connector. */
export function isCarriedHere({ cdc, objects }: Pick<Definition, 'cdc' | 'objects'>): boolean {
  return cdc !== undefined && (objects !== undefined || cdc.sink === 'applier');
}

/** What there is to say of a target that is a bucket, beside its URL. */
export interface ObjectsTarget {
  /** Of a store that is not Amazon's. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly format: ObjectFormat;
  /** How often all is exported again, in seconds, or when, as a cron expression; at most one of them. */
  readonly everySeconds?: number;
  readonly cron?: string;
  /** How long changes are gathered before they are written, at most; default a minute. */
  readonly flushSeconds?: number;
}

/** The servers through which changes get from the source to the target. Addresses hold references in place of secrets. */
export interface CdcServers {
  /** REST addresses of the Connect workers for the source connector, and for the sink connector. */
  readonly connect: readonly string[];
  readonly sinkConnect: readonly string[];
  readonly brokers: readonly string[];
  /** What stands for each database's password in its connector's configuration: references that the workers resolve. */
  readonly passwords?: { readonly source?: string; readonly target?: string };
  /** Default: `jdbc`. Objects are written by an applier of their own. */
  readonly sink?: SinkKind;
}

/** A row of the table `pipelines`, by its columns. Times are ISO 8601 in UTC. */
export interface PipelineRow {
  readonly name: string;
  readonly mode: Mode;
  readonly status: PipelineStatus;
  readonly full_load_status: FullLoadStatus;
  readonly cdc_status: CdcStatus;
  readonly full_load_completed_at: string | null;
  /** The position of the source's log at which the load reads, and from which CDC goes on; in the engine's own form. */
  readonly full_load_lsn: string | null;
  readonly full_load_rows: number | null;
  readonly debezium_connector_name: string | null;
  readonly sink_connector_name: string | null;
  /** One line, without any secret. */
  readonly last_error: string | null;
  readonly last_error_at: string | null;
  readonly updated_at: string;
}

/** How far the full load of one table is. */
export interface TableLoad {
  readonly table: TableId;
  /** Since when what the target's table holds is the load's own: it was seen empty, or was emptied, before. */
  readonly claimed: boolean;
  readonly loaded: boolean;
  /** Rows written so far. */
  readonly rows: number;
  /** Rows that the source's table has, as far as it is known. */
  readonly rowsExpected: number;
}

export interface Pipeline {
  readonly definition: Definition;
  /** Begins the name of everything that the pipeline makes at a server: a slot, a connector, a topic. */
  readonly mark: string;
  /** A manager works on it. Where none does, `STARTING` and `IN_PROGRESS` are what one that was killed has left. */
  readonly held: boolean;
  readonly row: PipelineRow;
  readonly loads: readonly TableLoad[];
}
