/**
 * What the live lab says over HTTP (docs/http.md): plain JSON with snake_case names, times as ISO 8601 texts in UTC
 * unless the name ends in `_ms`, offsets and LSNs as texts because they may exceed what a JSON number holds.
 */
import type { Cause } from './cause.ts';
import type { AnomalyCounts, ToldFinding } from './finding.ts';
import { HOPS, hopId } from './network.ts';
import type { RunEvent } from './run-event.ts';
import type { NodeState } from './stack.ts';
import type { Verdict } from './verdict.ts';

/** Port on 127.0.0.1 unless `DRIFTLAB_PORT` says otherwise. */
export const LAB_PORT = 8089;

/** `starting`: not ready yet. `running`: writers write, or are paused. `faulted`: a fault is in, or settling. */
export type LabPhase = 'starting' | 'running' | 'faulted' | 'stopping' | 'failed';

/** The five failure modes by the words people type: `trigger-restart`, `POST /api/v1/faults/restart`. */
export const LAB_MODES = ['restart', 'lag', 'schema', 'duplicate', 'backfill'] as const;
export type LabMode = (typeof LAB_MODES)[number];

/** What breaks a capture of one kind, and so only a lab whose source has it: a binary log, or tables of captured changes. */
const SOURCE_MODES = ['binlog', 'history', 'row-image', 'cleanup', 'gap'] as const;
type SourceMode = (typeof SOURCE_MODES)[number];

/** What breaks a cluster, and so only a lab that has several brokers, or several workers in each group. */
const CLUSTER_MODES = ['broker', 'unclean', 'worker', 'zombie'] as const;
type ClusterMode = (typeof CLUSTER_MODES)[number];

/** What a network does between two peers: `trigger-network --between source,connect`, `POST /api/v1/faults/source-connect`. */
const NETWORK_MODES: readonly string[] = HOPS.map(hopId);

/** What a schema registry does, by the words people type (`trigger-registry --step emptied`), with the mode that has the step. */
export const REGISTRY_STEPS = {
  killed: 'registry-killed',
  'killed-consumers': 'registry-killed-consumers',
  'killed-left': 'registry-killed',
  emptied: 'registry-emptied',
  renumbered: 'registry-renumbered',
  slow: 'registry-slow',
  incompatible: 'registry-refuses',
  invalid: 'registry-refuses',
  failing: 'registry-refuses',
  'incompatible-left': 'registry-refuses',
} as const;

/** What breaks a schema registry, and so only a lab that has one. */
const REGISTRY_MODES: readonly string[] = [...new Set(Object.values(REGISTRY_STEPS))];

/** Every mode that a lab may have. */
export const ALL_MODES = [
  ...LAB_MODES,
  ...SOURCE_MODES,
  ...CLUSTER_MODES,
  ...NETWORK_MODES,
  ...REGISTRY_MODES,
] as const;

/** Body of `POST /api/v1/faults/{mode}`. What a mode does not know is refused. */
export interface LabFaultRequest {
  /** A step of the mode other than its first: `retention` of lag, `direct-copy` of backfill. */
  readonly step?: string;
  /** How long a fault that lasts is kept up. Default 10. */
  readonly seconds?: number;
  /** How many rows, for modes that count them: backfill. */
  readonly rows?: number;
}

export type LabFinding = ToldFinding & {
  /** When the lab first said it. */
  readonly found_at: string;
};

export interface LabTable {
  readonly table: string;
  readonly status: Verdict;
  readonly source_rows: number;
  readonly sink_rows: number;
  readonly in_flight: number;
  readonly anomalies: AnomalyCounts;
}

interface LabLag {
  readonly records: number;
  readonly ms: number;
}

export interface LabVariant {
  readonly variant: string;
  readonly title: string;
  readonly status: Verdict;
  /** `running`, `paused`, `stopped` or `failed`: its consumer's own word. */
  readonly consumer: string;
  readonly in_flight: number;
  /** Transactions of the source of which the consumer has applied a part; absent where no check has counted them. */
  readonly partial_transactions?: number;
  readonly lag: LabLag;
  readonly anomalies: AnomalyCounts;
  readonly tables: readonly LabTable[];
  /** The first findings of each class; `anomalies` counts all. Newest found first. */
  readonly examples: readonly LabFinding[];
  /** Why, first cause first: looked for again when what the variant shows changes. */
  readonly causes: readonly Cause[];
  /** Why it could not be judged, or why it has stalled. */
  readonly reason?: string;
}

/** `injecting`: on its way in, or in. `settling`: healed; everything must arrive. Then an outcome, or `failed`. */
type LabFaultState = 'injecting' | 'settling' | 'settled' | 'failed';

/** What one variant showed once a fault had settled. */
export interface LabOutcome {
  readonly status: Verdict;
  /** In words: `converges`, or the anomalies that a variant of its kind shows; `nothing` where its step does not say. */
  readonly expected: string;
  /** In words: what this fault added to what was there before it. */
  readonly seen: string;
  /** It showed what was expected. Null where nothing was, or an earlier fault had damaged it so that nothing can be said. */
  readonly met: boolean | null;
  readonly anomalies: AnomalyCounts;
  /** Anomalies that this variant already had when the fault came. */
  readonly carried: AnomalyCounts;
  readonly converged_ms: number | null;
}

export interface LabFault {
  /** `restart-1`, `lag-2`: the mode, and a number that rises over all faults of the lab. */
  readonly id: string;
  readonly mode: LabMode | SourceMode | ClusterMode | (string & {});
  readonly step: string;
  readonly title: string;
  readonly kind: string;
  readonly state: LabFaultState;
  readonly requested_at: string;
  readonly healed_at: string | null;
  readonly settled_at: string | null;
  /** While a fault that lasts is kept up: when it will be healed by itself, in ms from the time of the answer. */
  readonly heals_in_ms: number | null;
  /** It was healed by `DELETE` before its time. */
  readonly healed_early: boolean;
  /** What it is doing now, in words, and what it waits for. */
  readonly doing: string;
  /** What to watch for. */
  readonly watch_for: string;
  /** Null until it has settled. */
  readonly verdict: Verdict | null;
  readonly evidence: {
    readonly bit: boolean;
    readonly text: string;
    readonly figures: Readonly<Record<string, number | string>>;
  } | null;
  readonly variants: Readonly<Record<string, LabOutcome>>;
  /** Why it failed, where it did. */
  readonly error: string | null;
}

/** A consumer group that is about to lose, or has lost, records to the topics' retention. */
export interface LabAlert {
  readonly id: string;
  readonly kind: 'lag-near-retention' | 'lag-past-retention';
  readonly variant: string;
  readonly group: string;
  readonly lag_ms: number;
  readonly retention_ms: number;
  /** Records that the log no longer holds and that the group has not read. */
  readonly records_gone: number;
  readonly since: string;
  /** Null while it stands. */
  readonly until: string | null;
  /** One sentence: what is wrong. */
  readonly text: string;
  /** Why, and what to do. */
  readonly cause: Cause;
}

export interface LabRecovery {
  /** The mode. */
  readonly type: string;
  /** From the injection until every variant had applied everything, or was found unable to. */
  readonly duration_seconds: number;
  readonly events_replayed: number;
}

/** The shape that agents keep of a pipeline. */
export interface LabPipelineState {
  readonly last_verified_at: string | null;
  /** By table name without its schema. */
  readonly source_row_counts: Readonly<Record<string, number>>;
  /** Of the soundest variant: the one with the best status, the last listed among equals. */
  readonly sink_row_counts: Readonly<Record<string, number>>;
  readonly known_issues: readonly string[];
  readonly recent_failures: readonly string[];
}

export interface LabWriters {
  readonly state: 'running' | 'paused';
  /** Transactions per second that the writers aim at, and that they reach. */
  readonly rate: number;
  readonly transactions_per_second: number;
  readonly committed: number;
  /** The first error that was not on purpose. */
  readonly failure: string | null;
}

/** `GET /api/v1/report` */
export interface LabReport {
  /** The worst of the variants'. */
  readonly status: Verdict;
  readonly lab: {
    readonly id: string;
    readonly phase: LabPhase;
    readonly seed: number;
    readonly started_at: string;
    readonly now: string;
  };
  readonly judged_at: string | null;
  /** Position in the source's log up to which the last check compared: every change at or below it was looked at. */
  readonly cut_lsn: string | null;
  readonly check_took_ms: number | null;
  readonly writers: LabWriters;
  readonly variants: readonly LabVariant[];
  /** Oldest first; the last 100. */
  readonly faults: readonly LabFault[];
  /** Those that stand first, then the newest. */
  readonly alerts: readonly LabAlert[];
  readonly recovery_history: readonly LabRecovery[];
  readonly pipeline_state: LabPipelineState;
}

export interface LabNode {
  readonly name: string;
  readonly state: NodeState;
  readonly healthy: boolean;
  readonly pid: number | null;
  /** `127.0.0.1:5432`, or a URL where it speaks HTTP. */
  readonly address: string;
  /** What it runs: `PostgreSQL 18.1`, `Apache Kafka 4.1.0`. */
  readonly version: string;
  /** Absolute path of its log. */
  readonly log: string;
  /** Starts since the lab is up, the first not counted. */
  readonly restarts: number;
}

/** `GET /api/v1/stack` */
export interface LabStack {
  readonly runtime: string;
  readonly daemon: { readonly pid: number; readonly uptime_seconds: number; readonly memory_bytes: number };
  readonly nodes: readonly LabNode[];
}

interface LabPartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Next offset that the group will read, as applied; and the end of the log. */
  readonly committed: string;
  readonly end: string;
  /** The oldest offset that the log still holds. */
  readonly start: string;
  readonly lag_records: number;
  readonly lag_ms: number;
}

export interface LabGroupLag {
  readonly group: string;
  readonly variant: string;
  readonly lag: LabLag;
  readonly partitions: readonly LabPartitionLag[];
}

/** `GET /api/v1/lag` */
export interface LabLags {
  readonly at: string;
  /** Shortest `retention.ms` of the topics; null for none. */
  readonly retention_ms: number | null;
  readonly groups: readonly LabGroupLag[];
}

export interface LabConnector {
  readonly name: string;
  readonly type: 'source' | 'sink';
  readonly worker: string;
  readonly state: string;
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly trace: string | null }[];
  /** How far a source connector has come in the source's log; null for a sink, and before its first event. */
  readonly captured_lsn: string | null;
  readonly error: string | null;
}

/** `GET /api/v1/connectors` */
export interface LabConnectors {
  readonly connectors: readonly LabConnector[];
}

/** Body of `POST /api/v1/writers`: any of the two. */
export interface LabWritersRequest {
  readonly state?: 'running' | 'paused';
  /** Transactions per second. */
  readonly rate?: number;
}

/**
 * One message of `GET /api/v1/events`: `id` is its number, `event` its type, `data` itself as JSON. The run's own
 * events come as the history has them (`sample` and `check` about once a second each); the mode is `lab`, the step of a
 * fault its id. A reader that comes with `Last-Event-ID` gets what it has missed, as far as the lab remembers.
 */
export type LabEvent =
  | RunEvent
  | { readonly at: number; readonly type: 'lab-fault'; readonly fault: LabFault }
  | { readonly at: number; readonly type: 'lab-alert'; readonly alert: LabAlert }
  /** The causes of what a variant shows are other ones than before; none where nothing is wrong any more. */
  | {
      readonly at: number;
      readonly type: 'lab-causes';
      readonly variant: string;
      readonly causes: readonly Cause[];
    }
  | { readonly at: number; readonly type: 'lab-writers'; readonly writers: LabWriters }
  | { readonly at: number; readonly type: 'lab-phase'; readonly phase: LabPhase };
