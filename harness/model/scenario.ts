import type { Fault } from './fault.ts';
import type { Anomaly } from './finding.ts';
import type { Invariant } from './invariant.ts';
import type { Database, Design, VariantSpec } from './pipeline.ts';
import type { Topology } from './stack.ts';
import type { SubjectNotes } from './subject.ts';
import type { Workload } from './workload.ts';

/** What a variant is expected to show when a step has ended. */
export type Expectation =
  | {
      readonly kind: 'converges';
      /** From the heal, in ms, at most. */
      readonly withinMs?: number;
    }
  | {
      readonly kind: 'shows';
      /** Each of these must be seen. */
      readonly must: readonly Anomaly[];
      /** These may be seen as well; any other is unexpected. */
      readonly may: readonly Anomaly[];
    };

export interface Step {
  readonly id: string;
  readonly title: string;
  readonly fault: Fault;
  readonly expect: Readonly<Record<string, Expectation>>;
  /** What is expected otherwise at sinks of an engine, by the engine's name. */
  readonly expectAtSink?: Readonly<Record<string, Readonly<Record<string, Expectation>>>>;
  /** Skipped by itself, and not with its whole mode, where the stack cannot bring its fault about. No later step builds on it. */
  readonly optional?: true;
  /** How the live lab injects it. Default: as the scenario does, with no parameters. */
  readonly live?: LiveStep;
}

/** What a person may say when they inject a step's fault by hand. */
interface LiveStep {
  /** The parameters it takes: `seconds` where the fault is kept up, `rows` where it counts them. */
  readonly takes: readonly ('seconds' | 'rows')[];
  /** The fault, where parameters or being injected once more change it. */
  fault?(wish: LiveWish): Fault;
}

interface LiveWish {
  readonly rows?: number;
  /** 1 for the first time on one pipeline. */
  readonly time: number;
}

/** One failure mode: a story, one or more steps on one pipeline, and what each variant is expected to show. */
export interface FailureMode {
  readonly id: string;
  readonly title: string;
  readonly story: string;
  /** Variants that only this mode adds. */
  readonly variants?: Readonly<Record<string, VariantSpec>>;
  readonly steps: readonly Step[];
  /**
   * Why this mode cannot be with the source as the workload has installed it: it is then skipped, and that is told.
   * Undefined where it can.
   */
  whyNot?(source: Database, seed: number): Promise<string | undefined>;
}

export interface Scenario {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly story: string;
  readonly workload: Workload;
  readonly variants: Readonly<Record<string, VariantSpec>>;
  /** What must hold of the data as a whole, at the end of every step. */
  readonly invariants?: readonly Invariant[];
  readonly modes: readonly FailureMode[];
  /** The stack that it is for, as far as nobody asks for another. */
  readonly topology?: Topology;
  /** A pipeline of somebody's own. It is observed as it is: one that is broken before any fault is a finding, not an error. */
  readonly design?: Design;
  /** What is known of that pipeline before it runs. */
  readonly notes?: SubjectNotes;
}
