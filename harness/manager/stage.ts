import type { CdcConnectors } from './connectors.ts';
import type { Ends } from './ends.ts';
import type { Pipeline } from './pipeline.ts';
import type { PlannedTable } from './plan.ts';
import type { HeldPipeline } from './state/hold.ts';
import type { RowChange } from './state/rows.ts';

/** What a stage has to do its work with. */
export interface StageContext {
  readonly held: HeldPipeline;
  /** As it was when the pipeline was started. */
  readonly pipeline: Pipeline;
  readonly urls: Readonly<Record<'source' | 'target', string>>;
  readonly ends: Ends;
  readonly tables: readonly PlannedTable[];
  /** Connections to each end that a load uses at once. */
  readonly jobs: number;
  /** Absent from a pipeline that only loads. */
  readonly connectors?: CdcConnectors;
  /** To be told once changes are carried, where the stage goes on carrying them. */
  readonly onUp: () => Promise<void>;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * A step on the way to a pipeline that runs. Bringing it up again is harmless, and goes on where an earlier manager was
 * killed; each change of the state is persisted before the next step begins.
 */
export interface Stage<C = StageContext> {
  readonly id: 'schema' | 'bucket' | 'full-load' | 'connectors';
  /** As its log lines begin: `Step 0`. */
  readonly title: string;
  /** Whether there is anything left to be done. */
  isUp(pipeline: Pipeline): boolean;
  up(context: C): Promise<void>;
  /** What is persisted where it fails, beside the error. */
  readonly failure: RowChange;
}
