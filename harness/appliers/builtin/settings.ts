import type { VariantSpec } from '#model/pipeline.ts';

/** What a built-in variant's spec comes to, with its defaults filled in. */
export interface ApplierSettings {
  readonly mode: 'insert' | 'upsert' | 'dedup';
  readonly schema: 'evolve' | 'ignore' | 'strict';
  readonly errors: 'stop' | 'dlq' | 'skip';
  readonly commit: 'before' | 'after' | 'with';
  /** Positions and dedup entries are kept in the sink, in the transaction of the rows. */
  readonly transactional: boolean;
  /** Bytes of records fetched and not yet applied at which fetching waits. */
  readonly maxInFlightBytes: number;
}

/** Twice what a batch takes and as much on its way: more gains no speed. */
const IN_FLIGHT_BYTES_MAX = 32 * 1024 * 1024;

export function settingsOf(spec: VariantSpec): ApplierSettings {
  const mode = spec.mode ?? 'upsert';
  const commit = spec.commit ?? (mode === 'dedup' ? 'with' : 'after');
  return {
    mode,
    schema: spec.schema ?? 'evolve',
    errors: spec.errors ?? 'stop',
    commit,
    // Dedup entries mean something only in the rows' own transaction, whatever the group's offsets do besides.
    transactional: commit === 'with' || mode === 'dedup',
    maxInFlightBytes: spec.maxInFlightBytes ?? IN_FLIGHT_BYTES_MAX,
  };
}
