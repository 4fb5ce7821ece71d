import type { Cause, OwnCircumstances, SharedCircumstances } from './cause.ts';
import type { Evidence } from './fault.ts';
import type { VariantVerdict } from './observation.ts';
import type { Lag } from './position.ts';
import type { Expectation } from './scenario.ts';
import type { SlotLag, SourceLog } from './source-log.ts';
import type { NodeName, NodeState } from './stack.ts';
import type { RefusedWrites, SubjectFacts } from './subject.ts';
import type { Verdict } from './verdict.ts';

export type Phase = 'prepare' | 'baseline' | 'inject' | 'heal' | 'progress' | 'drain' | 'judge' | 'done';

/** What a variant showed in a step, against what was expected. */
export interface StepVariantResult {
  readonly expected: Expectation;
  readonly seen: VariantVerdict;
  /** What it showed while the fault was in, where that was looked at. */
  readonly during?: Pick<VariantVerdict, 'verdict' | 'counts' | 'inFlight' | 'reason'>;
  /** True where it showed what it was expected to show. */
  readonly met: boolean;
  /** From the heal until the sink had applied everything; absent where it never did. */
  readonly convergedMs?: number;
  /** Why, first cause first; absent where nothing is wrong. */
  readonly causes?: readonly Cause[];
}

export interface StepResult {
  readonly mode: string;
  readonly step: string;
  readonly fault: {
    readonly kind: string;
    /** The number of the last operation that had been made, and had ended, when it was injected. */
    readonly operation?: number;
  } & Evidence;
  readonly variants: Readonly<Record<string, StepVariantResult>>;
  readonly verdict: Verdict;
  /** Why nothing that was seen counts: trouble of the lab's own, one sentence each. */
  readonly disturbed?: readonly string[];
  /** Records of the log that repeated an earlier change while the step ran. */
  readonly replayed?: number;
}

/** One line of a run's history (`events.jsonl`). Surfaces and reports are made from these alone. `at` is ms since the epoch. */
export type RunEvent = { readonly at: number } & (
  | {
      readonly type: 'run-started';
      readonly run: string;
      readonly scenario: string;
      readonly title: string;
      readonly seed: number;
      readonly rate: number;
      readonly holdMs: number;
      readonly variants: readonly string[];
      readonly modes: readonly {
        readonly id: string;
        readonly title: string;
        readonly story: string;
        readonly steps: readonly { readonly id: string; readonly title: string }[];
        /** The variants that take part in this mode; those of the run where it is left out. */
        readonly variants?: readonly string[];
      }[];
      readonly versions: Readonly<Record<string, string>>;
      /** The command that runs the same again; filled in by whoever was given the command line. */
      readonly replay?: string;
    }
  | { readonly type: 'node'; readonly node: NodeName; readonly state: NodeState; readonly tookMs?: number }
  | {
      readonly type: 'stack-ready';
      readonly tookMs: number;
      /** Of what runs on it, by the products' names. */
      readonly versions?: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'mode-started';
      readonly mode: string;
      readonly title: string;
      readonly variants: readonly string[];
    }
  /** A mode that cannot be with what the workload has installed. */
  | { readonly type: 'mode-skipped'; readonly mode: string; readonly why: string }
  /** A step that the stack cannot bring about, while the rest of its mode is run. */
  | { readonly type: 'step-skipped'; readonly mode: string; readonly step: string; readonly why: string }
  | {
      readonly type: 'phase';
      readonly mode: string;
      readonly step?: string;
      readonly phase: Phase;
      readonly text: string;
    }
  | {
      readonly type: 'wait';
      /** What is waited for; of a hold, what is so meanwhile. */
      readonly what: string;
      /** A fault is held: the time itself is waited for. */
      readonly hold?: true;
      readonly waitedMs: number;
      readonly limitMs: number;
      readonly saw?: string;
    }
  | {
      readonly type: 'sample';
      readonly mode: string;
      /** Transactions committed per second since the last sample, and in all in this mode. */
      readonly transactionsPerSecond: number;
      readonly committed: number;
      readonly lag: Readonly<Record<string, Lag>>;
      /** The source's replication slots; absent where they could not be read. */
      readonly slots?: readonly SlotLag[];
    }
  | {
      readonly type: 'check';
      readonly mode: string;
      readonly step?: string;
      readonly kind: 'continuous' | 'baseline' | 'final';
      readonly tookMs: number;
      readonly variants: readonly VariantVerdict[];
    }
  | {
      readonly type: 'fault';
      readonly mode: string;
      readonly step: string;
      readonly kind: string;
      readonly state: 'injected' | 'healed';
      readonly text?: string;
    }
  | ({ readonly type: 'subject' } & SubjectFacts)
  /** What becomes of the source's log, at the end of a mode; causes of what grows without bound, whatever the sinks show. */
  | ({ readonly type: 'source-log'; readonly mode: string; readonly causes?: readonly Cause[] } & SourceLog)
  /** Statements that the source refused because of a publication. */
  | {
      readonly type: 'writes-refused';
      readonly mode: string;
      readonly refused: readonly RefusedWrites[];
      readonly causes?: readonly Cause[];
    }
  /** What the causes of a step were looked for in, for the variants with something wrong: with it they can be found again. */
  | {
      readonly type: 'circumstances';
      readonly mode: string;
      readonly step: string;
      readonly shared: SharedCircumstances;
      readonly variants: Readonly<Record<string, OwnCircumstances>>;
    }
  | { readonly type: 'step-judged'; readonly result: StepResult }
  | { readonly type: 'mode-ended'; readonly mode: string; readonly verdict: Verdict; readonly durationMs: number }
  | { readonly type: 'note'; readonly level: 'info' | 'warn' | 'error'; readonly text: string }
  | {
      readonly type: 'run-ended';
      readonly verdict: Verdict;
      readonly exit: number;
      readonly durationMs: number;
      /** Why the run ended early, if it did. */
      readonly reason?: string;
    }
);
