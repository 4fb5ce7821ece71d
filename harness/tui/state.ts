import type { AnomalyCounts } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Phase, RunEvent, StepResult } from '#model/run-event.ts';
import type { Verdict } from '#model/verdict.ts';

/** Samples kept for a sparkline. */
const SAMPLES = 60;

export interface VariantState {
  readonly name: string;
  readonly lag?: { readonly records: number; readonly ms: number };
  /** Lag in records, oldest first. */
  readonly history: readonly number[];
  /** What the last check said, once there was one in this mode. */
  readonly verdict?: Verdict;
  readonly counts: AnomalyCounts;
  readonly inFlight: number;
  readonly reason?: string;
}

export interface ModeState {
  readonly id: string;
  readonly title: string;
  readonly progress: 'waiting' | 'running' | 'done';
  readonly verdict?: Verdict;
}

/** Something that has happened for good: a line above what is drawn in place. */
export type Finished =
  | { readonly kind: 'step'; readonly result: StepResult }
  | { readonly kind: 'note'; readonly level: 'info' | 'warn' | 'error'; readonly text: string }
  | { readonly kind: 'ready'; readonly tookMs: number };

type Wait = Extract<RunEvent, { readonly type: 'wait' }>;

/** What a live view shows of a run. */
export interface RunState {
  readonly startedAt?: number;
  readonly scenario: string;
  readonly seed?: number;
  readonly rate: number;
  readonly modes: readonly ModeState[];
  readonly nodes: Readonly<Record<string, string>>;
  readonly ready: boolean;
  /** The running mode's step and phase. */
  readonly step?: { readonly id: string; readonly title: string };
  readonly phase?: { readonly name: Phase; readonly text: string };
  /** The fault that is in. */
  readonly fault?: { readonly kind: string; readonly since: number };
  /** The last word about a wait that may still go on. */
  readonly wait?: Wait;
  readonly transactionsPerSecond: number;
  readonly rates: readonly number[];
  readonly committed: number;
  readonly variants: readonly VariantState[];
  readonly finished: readonly Finished[];
  readonly ended: boolean;
  /** Titles of the steps, by `mode/step`. */
  readonly titles: Readonly<Record<string, string>>;
}

export const initialState: RunState = {
  ...{ scenario: '', rate: 0, modes: [], nodes: {}, ready: false, transactionsPerSecond: 0, rates: [], committed: 0 },
  ...{ variants: [], finished: [], ended: false, titles: {} },
};

/** The state after one more event. Pure: what is shown follows from the run's history alone. */
export function reduce(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'run-started':
      return {
        ...state,
        startedAt: event.at,
        scenario: event.scenario,
        seed: event.seed,
        rate: event.rate,
        modes: event.modes.map(({ id, title }) => ({ id, title, progress: 'waiting' })),
        titles: Object.fromEntries(
          event.modes.flatMap((mode) => mode.steps.map((step) => [`${mode.id}/${step.id}`, step.title])),
        ),
      };
    case 'node':
      return { ...state, nodes: { ...state.nodes, [event.node]: event.state } };
    case 'stack-ready':
      return finish(without(state, 'wait'), { kind: 'ready', tookMs: event.tookMs }, { ready: true });
    case 'mode-started':
      return {
        ...without(state, 'step', 'phase', 'fault', 'wait'),
        ...{ transactionsPerSecond: 0, rates: [], committed: 0 },
        modes: withMode(state.modes, event.mode, { progress: 'running' }),
        variants: event.variants.map((name) => ({ name, history: [], counts: {}, inFlight: 0 })),
      };
    case 'mode-skipped': {
      const note = { kind: 'note', level: 'info', text: `${event.mode} is skipped: ${event.why}` } as const;
      return finish(state, note, { modes: state.modes.filter(({ id }) => id !== event.mode) });
    }
    case 'step-skipped':
      return finish(state, {
        ...{ kind: 'note', level: 'info', text: `${event.mode}/${event.step} is skipped: ${event.why}` },
      });
    case 'phase':
      return {
        ...without(state, 'wait'),
        phase: { name: event.phase, text: event.text },
        ...stepOf(state, event.mode, event.step),
      };
    case 'fault': {
      const cleared = without(state, 'fault', 'wait');
      const step = stepOf(state, event.mode, event.step);
      if (event.state === 'healed') return { ...cleared, ...step };
      return { ...cleared, ...step, fault: { kind: event.kind, since: event.at } };
    }
    case 'wait':
      return { ...state, wait: event };
    case 'sample':
      return {
        ...state,
        transactionsPerSecond: event.transactionsPerSecond,
        committed: event.committed,
        rates: [...state.rates, event.transactionsPerSecond].slice(-SAMPLES),
        variants: state.variants.map((variant) => sampled(variant, event.lag[variant.name])),
      };
    case 'check':
      return { ...state, variants: state.variants.map((variant) => checked(variant, event.variants)) };
    case 'subject':
    case 'source-log':
    case 'writes-refused':
    case 'circumstances':
      return state;
    case 'step-judged':
      return finish(without(state, 'fault', 'wait'), { kind: 'step', result: event.result });
    case 'mode-ended':
      return {
        ...without(state, 'step', 'phase', 'fault', 'wait'),
        modes: withMode(state.modes, event.mode, { progress: 'done', verdict: event.verdict }),
      };
    case 'note':
      return finish(state, { kind: 'note', level: event.level, text: event.text });
    case 'run-ended':
      return { ...without(state, 'wait', 'fault'), ended: true };
  }
}

function finish(state: RunState, finished: Finished, more: Partial<RunState> = {}): RunState {
  return { ...state, ...more, finished: [...state.finished, finished] };
}

function without<K extends 'step' | 'phase' | 'fault' | 'wait'>(state: RunState, ...names: K[]): RunState {
  const rest = { ...state };
  for (const name of names) delete rest[name];
  return rest;
}

function stepOf(state: RunState, mode: string, step: string | undefined): Pick<RunState, 'step'> {
  return step === undefined ? {} : { step: { id: step, title: state.titles[`${mode}/${step}`] ?? step } };
}

function withMode(modes: readonly ModeState[], id: string, change: Partial<ModeState>): ModeState[] {
  return modes.map((mode) => (mode.id === id ? { ...mode, ...change } : mode));
}

function sampled(variant: VariantState, lag: VariantState['lag']): VariantState {
  if (lag === undefined) return variant;
  return { ...variant, lag, history: [...variant.history, lag.records].slice(-SAMPLES) };
}

function checked(variant: VariantState, verdicts: readonly VariantVerdict[]): VariantState {
  const seen = verdicts.find(({ variant: name }) => name === variant.name);
  if (seen === undefined) return variant;
  const { reason: _, ...rest } = variant;
  const { verdict, counts, inFlight, lag, reason } = seen;
  return { ...rest, verdict, counts, inFlight, lag, ...(reason === undefined ? {} : { reason }) };
}
