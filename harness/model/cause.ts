import type { Table, TableId } from './catalog.ts';
import type { AnomalyCounts, Finding } from './finding.ts';
import type { ObjectNames, OwnConnector, VariantSpec } from './pipeline.ts';
import type { SourceLog } from './source-log.ts';
import type { RefusedWrites } from './subject.ts';

export type { Cause } from '#contracts/cause.ts';

/** What a server or a program said when it refused something: the whole chain, never its first line alone. */
export interface ServerWords {
  readonly from: 'source-task' | 'sink-task' | 'worker-log' | 'applier' | 'program' | 'writer';
  /** The connector, applier or program. */
  readonly name: string;
  readonly text: string;
}

/** What the source's server said of itself when the step was judged. */
export interface SourceState {
  readonly publications: readonly {
    readonly name: string;
    readonly allTables: boolean;
    readonly tables: readonly TableId[];
    readonly viaRoot: boolean;
    /** Of insert, update, delete, truncate those that it publishes. */
    readonly operations: readonly ('insert' | 'update' | 'delete' | 'truncate')[];
    /** Tables with a row filter or a column list, with their SQL. */
    readonly filters: Readonly<Record<TableId, string>>;
    readonly columns: Readonly<Record<TableId, readonly string[]>>;
  }[];
  readonly slots: readonly {
    readonly name: string;
    readonly active: boolean;
    readonly plugin: string;
    /** Bytes of the write-ahead log that it keeps, and whether they grew while the step ran. */
    readonly retainedBytes: number;
    readonly grew: boolean;
    /** `reserved`, `extended`, `unreserved`, `lost`. */
    readonly walStatus: string;
  }[];
  /** `default`, `full`, `nothing`, `index`: of each captured table. */
  readonly replicaIdentity: Readonly<Record<TableId, 'default' | 'full' | 'nothing' | 'index'>>;
  /** Partitions by their partitioned table. */
  readonly partitions: Readonly<Record<TableId, readonly TableId[]>>;
  /** Settings, and what else bears on capture, by name: `wal_level`, `TimeZone`, `capture_latency_s`, `changes_kept_from dbo.items`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** What constrains a sink's tables, where its catalog could be read. */
export interface SinkState {
  readonly tables: readonly Table[];
  readonly constraints: readonly {
    readonly table: TableId;
    readonly name: string;
    readonly kind: 'primary-key' | 'unique' | 'foreign-key' | 'check' | 'not-null' | 'exclusion';
    readonly columns: readonly string[];
    /** As the server defines it: `FOREIGN KEY (member) REFERENCES members(id)`. */
    readonly text: string;
  }[];
  /** Triggers of users' own: `table: name`. */
  readonly triggers: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
}

/** All that is known of one subject under one fault: what the table of causes reads. */
export interface DiagnosisFacts {
  readonly subject: {
    readonly name: string;
    readonly kind: VariantSpec['kind'];
    /** For `builtin`: `insert`, `upsert`, `dedup`, and its switches. */
    readonly mode?: string;
    readonly schema?: string;
    readonly errors?: string;
    readonly commit?: string;
    /** For `objects`: how they get their names. */
    readonly names?: ObjectNames;
    /** For `command`: its command line. */
    readonly run?: string;
    /** Its sink connectors, as their owner wrote them. */
    readonly connectors: readonly OwnConnector[];
    /** Topics of compared tables that its connectors do not subscribe to, with their tables. */
    readonly lacking: readonly { readonly topic: string; readonly table: TableId }[];
    /** The sink's table with which each source table is compared, where its catalog could be read. */
    readonly compared?: Readonly<Record<TableId, TableId>>;
  };
  /** Source connectors, as their owner wrote them; none for the lab's own. */
  readonly sources: readonly OwnConnector[];
  readonly fault: {
    readonly kind: string;
    readonly bit: boolean;
    readonly figures: Readonly<Record<string, number | string>>;
  };
  readonly counts: AnomalyCounts;
  /** The first findings of each class. */
  readonly findings: readonly Finding[];
  /** Why it could not be judged, or why it has stalled. */
  readonly reason?: string;
  readonly words: readonly ServerWords[];
  /** The captured tables as the source's catalog has them. */
  readonly tables: readonly Table[];
  readonly source?: SourceState;
  readonly sink?: SinkState;
  /** By subject whose schema the registry refused, the compatibility level that it had then. */
  readonly compatibility?: Readonly<Record<string, string>>;
  /** What a lab saw of its consumer against the topics' retention. */
  readonly consumerLag?: { readonly lagMs: number; readonly retentionMs: number; readonly recordsGone: number };
  /** Statements that the source's log says were refused because of a publication. */
  readonly refused?: readonly RefusedWrites[];
  /** What the source kept of its log for each slot, once the connector was stopped in order. */
  readonly sourceLog?: SourceLog;
  /** By product: `Debezium` → `3.5.0.Final`. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Of these facts, what all subjects of a step share, and what each has of its own: all that was read for a diagnosis. */
export type SharedCircumstances = Pick<
  DiagnosisFacts,
  'sources' | 'tables' | 'source' | 'versions' | 'words' | 'compatibility'
>;
export type OwnCircumstances = Pick<DiagnosisFacts, 'subject' | 'sink' | 'words'>;
