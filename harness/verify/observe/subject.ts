import type { Invariant } from '#model/invariant.ts';
import type { Pipeline, Variant } from '#model/pipeline.ts';
import type { LedgerView } from './ledger-view.ts';
import type { LogHistory } from './log-history.ts';
import type { Memory } from './memory.ts';

/** What is verified, and what the verifier knows of it from before. */
export interface Subject {
  readonly pipeline: Pick<Pipeline, 'source' | 'tables' | 'variants'>;
  readonly ledger: LedgerView;
  readonly log: LogHistory;
  /** Made once for each pipeline and given to every check. */
  readonly memory: Memory;
  /** Only these; all of the pipeline by default. */
  readonly variants?: readonly string[];
  /** Checked at the end, beside the rows. */
  readonly invariants?: readonly Invariant[];
  readonly signal?: AbortSignal;
}

export function variantsOf({ pipeline, variants }: Pick<Subject, 'pipeline' | 'variants'>): Variant[] {
  const all = [...pipeline.variants.values()];
  return variants === undefined ? all : all.filter(({ name }) => variants.includes(name));
}
