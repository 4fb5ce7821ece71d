import type { Cause } from './cause.ts';
import type { AnomalyCounts, Hop } from './finding.ts';

/** What decision trees read of one variant, as the live lab's verifier sees it. */
export interface VariantFacts {
  readonly variant: string;
  /** `PASS`, `WARN`, `SYNC_IN_PROGRESS`, `UNKNOWN`, `FAIL`. */
  readonly status: string;
  /** `running`, `paused`, `stopped` or `failed`. */
  readonly consumer: string;
  readonly lag_records: number;
  readonly lag_ms: number;
  /** The shortest `retention.ms` of the topics; null for none. */
  readonly retention_ms: number | null;
  /** Records that the topics dropped before it had read them. */
  readonly records_gone: number;
  readonly tables: readonly { readonly table: string; readonly source_rows: number; readonly sink_rows: number }[];
  readonly anomalies: AnomalyCounts;
  /** Where findings of which the verifier shows an example went wrong. */
  readonly hops: readonly Hop[];
  /** It drops events that it has applied already, by topic, partition and offset. */
  readonly dedup: boolean;
  readonly causes: readonly Pick<Cause, 'code' | 'says' | 'evidence' | 'anomalies' | 'certainty'>[];
  /** Why it could not be judged, or why it has stalled. */
  readonly reason?: string;
}

/** What decision trees read of one connector, as its worker reports it. */
export interface ConnectorFacts {
  readonly connector: string;
  readonly type: 'source' | 'sink';
  /** `RUNNING`, `PAUSED`, `STOPPED`, `FAILED`, `UNASSIGNED`; `UNREACHABLE` where no worker answers. */
  readonly state: string;
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly trace: string | null }[];
  readonly error: string | null;
  /** Where it was asked: the address of a worker, or the lab's name of a group of workers. */
  readonly worker: string;
  /** Causes that `driftlab diagnose` found, where it was asked. */
  readonly causes: readonly { readonly code: string; readonly says: string }[];
}
