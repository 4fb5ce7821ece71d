import type { TableId } from './catalog.ts';
import type { Between } from './network.ts';
import type { Operation } from './operation.ts';
import type { Pipeline } from './pipeline.ts';
import type { Capability, NodeName, Stack } from './stack.ts';

/** The writers of the running mode. */
export interface Writers {
  /** Transactions committed so far. Throws where nothing can be written any more. */
  readonly committed: number;
  /** Operations made so far, whatever became of them; the number of the last. */
  readonly made: number;
  /** Operations of committed transactions, newest last. */
  readonly operations: readonly Operation[];
  pause(): Promise<void>;
  /** Goes on writing. At its injection a fault finds the writers standing; its first wait lets them go on by itself. */
  resume(): void;
  /** Inserts rows whose business time lies years back, in bulk, recorded in the ledger like all else. Rows inserted. */
  backfill(rows: number, signal: AbortSignal): Promise<number>;
  /** Empties a table with TRUNCATE, recorded in the ledger like all else; undefined where there is none that could be. */
  truncate?(table: TableId | undefined): Promise<{ readonly table: TableId; readonly rows: number } | undefined>;
  /** Changes what the generator writes from now on (e.g. that a new column exists). The workload defines the words. */
  tell(word: string): void;
}

export interface WaitOptions {
  readonly limitMs: number;
  /** How far it has come: as long as that changes, the limit is counted anew. */
  readonly progress?: () => unknown;
  /** Said while waiting: what was seen last. */
  readonly saw?: () => string;
}

export interface FaultContext {
  readonly stack: Stack;
  readonly pipeline: Pipeline;
  readonly writers: Writers;
  /** `--hold`: how long a fault that lasts is kept up. */
  readonly holdMs: number;
  readonly signal: AbortSignal;
  /** Waits until `condition` holds, by asking it again and again; throws an OperatorError past the limit. */
  until(what: string, condition: () => boolean | Promise<boolean>, options: WaitOptions): Promise<void>;
  /** Keeps the fault up for so long, and says so. */
  hold(what: string, ms: number): Promise<void>;
  /** A line for the person watching. */
  say(text: string): void;
}

/** Who refused what a fault brought about, in its own words. */
export interface Refusal {
  readonly by: 'registry' | 'source-connector' | 'sink';
  /** The registry's subject, the connector, or the variant. */
  readonly name: string;
  /** HTTP status of the answer, where it was one. */
  readonly status?: number;
  readonly says: string;
}

/** Proof that a fault bit, or that it did not. */
export interface Evidence {
  readonly bit: boolean;
  readonly summary: string;
  readonly figures: Readonly<Record<string, number | string>>;
  /** Who refused it; absent where refusals are no matter of the fault. */
  readonly refused?: readonly Refusal[];
}

/** An injected fault. Healing twice is harmless. */
export interface Injection extends AsyncDisposable {
  heal(): Promise<void>;
  /** Asked after the heal and the drain. */
  evidence(): Promise<Evidence>;
}

/** One mechanism of breaking the pipeline. */
export interface Fault {
  readonly kind: string;
  readonly needs: readonly Capability[];
  /** The two peers whose connections it troubles. */
  readonly between?: Between;
  /** Services whose nodes' restarts and rebalances follow from it. Any other's are trouble of the lab's own. */
  readonly disturbs?: readonly NodeName[];
  /** Every variant is checked once more while it is in, before it is healed: what it shows then is reported beside what it shows in the end. */
  readonly looksMeanwhile?: true;
  /**
   * Where it throws, or is aborted, consumers and connector go on and settings are as they were. A server that it has killed
   * stays down when it is aborted: whoever aborts it ends the servers, or mends them.
   */
  inject(context: FaultContext): Promise<Injection>;
}
