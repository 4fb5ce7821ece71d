import type { Anomaly, AnomalyCounts, Finding } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Lag } from '#model/position.ts';
import type { RunEvent, StepVariantResult } from '#model/run-event.ts';
import type { Expectation } from '#model/scenario.ts';
import type { Verdict } from '#model/verdict.ts';
import { worst } from '#model/verdict.ts';
import { exampleCauses, exampleFindings } from './findings.ts';

/** An event without its time, whatever its type. */
type Untimed = RunEvent extends infer Event ? (Event extends RunEvent ? Omit<Event, 'at'> : never) : never;

export interface StepOutcome {
  readonly must?: readonly Anomaly[];
  readonly may?: readonly Anomaly[];
  /** What is seen; nothing means that it converges. */
  readonly seen?: AnomalyCounts;
  readonly verdict?: Verdict;
  readonly reason?: string;
}

export interface StepScript {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly evidence: string;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly bit?: boolean;
  /** How far lag rises while the fault is in, records. */
  readonly peak: number;
  readonly variants: Readonly<Record<string, StepOutcome>>;
}

export interface ModeScript {
  readonly id: string;
  readonly title: string;
  readonly story: string;
  readonly steps: readonly StepScript[];
}

export interface HistoryScript {
  readonly run?: string;
  readonly scenario?: string;
  readonly title?: string;
  readonly seed?: number;
  readonly variants: readonly string[];
  readonly modes: readonly ModeScript[];
  /** The history ends here, as if the run had been killed: keep events for which this holds, up to the first that fails. */
  readonly until?: (event: RunEvent) => boolean;
}

/** 2026-01-05T10:00:00Z: what a constructed run's clock shows first. */
const STARTED_AT = Date.UTC(2026, 0, 5, 10);

class Recorder {
  readonly events: RunEvent[] = [];
  now = STARTED_AT;

  add(event: Untimed, afterMs = 0): void {
    this.now += afterMs;
    this.events.push({ at: this.now, ...event } as RunEvent);
  }
}

/** The history that a run of this script would leave: deterministic, with samples, waits, checks and results. */
export function scriptedHistory(script: HistoryScript): RunEvent[] {
  const recorder = new Recorder();
  start(recorder, script);
  const verdicts = script.modes.map((mode) => playMode(recorder, script, mode));
  const verdict = worst(verdicts);
  const exit = verdict === 'PASS' || verdict === 'WARN' ? 0 : verdict === 'FAIL' ? 1 : 3;
  recorder.add({ type: 'run-ended', verdict, exit, durationMs: recorder.now + 300 - STARTED_AT }, 300);
  const { until } = script;
  if (until === undefined) return recorder.events;
  const end = recorder.events.findIndex((event) => !until(event));
  return end === -1 ? recorder.events : recorder.events.slice(0, end);
}

function start(recorder: Recorder, script: HistoryScript): void {
  recorder.add({
    type: 'run-started',
    run: script.run ?? 'canonical-20260105-100000-seed7',
    scenario: script.scenario ?? 'canonical',
    title: script.title ?? 'The canonical reference: five failure modes',
    seed: script.seed ?? 7,
    rate: 100,
    holdMs: 3000,
    variants: script.variants,
    modes: script.modes.map(({ id, title, story, steps }) => ({
      id,
      title,
      story,
      steps: steps.map((step) => ({ id: step.id, title: step.title })),
    })),
    versions: { 'Node.js': '24.21.0' },
  });
  for (const [node, tookMs] of [
    ['source', 610],
    ['sink', 640],
    ['broker', 1510],
    ['connect', 3420],
    ['connect-sink', 3610],
  ] as const) {
    recorder.add({ type: 'node', node, state: 'running', tookMs }, 650);
  }
  const versions = { PostgreSQL: '18.4', Kafka: '4.1.0', Debezium: '3.5.0.Final', Java: '21.0.8' };
  recorder.add({ type: 'stack-ready', tookMs: recorder.now - STARTED_AT, versions }, 100);
}

function playMode(recorder: Recorder, script: HistoryScript, mode: ModeScript): Verdict {
  const began = recorder.now;
  const variants = [...new Set([...script.variants, ...mode.steps.flatMap((step) => Object.keys(step.variants))])];
  recorder.add({ type: 'mode-started', mode: mode.id, title: mode.title, variants }, 50);
  recorder.add({ type: 'phase', mode: mode.id, phase: 'prepare', text: 'creates source, connector and sinks' }, 20);
  recorder.add({ type: 'wait', what: 'the first snapshot', waitedMs: 1000, limitMs: 30_000, saw: '812 records' }, 1000);
  recorder.add({ type: 'phase', mode: mode.id, phase: 'baseline', text: 'every variant must be equal' }, 300);
  const calm = variants.map((variant) => verdictOf(variant, {}, { records: 0, ms: 0 }));
  recorder.add({ type: 'check', mode: mode.id, kind: 'baseline', tookMs: 42, variants: calm }, 200);
  const committed = { total: 0 };
  const verdicts = mode.steps.map((step) => playStep(recorder, mode.id, step, committed));
  const verdict = worst(verdicts);
  recorder.add({ type: 'mode-ended', mode: mode.id, verdict, durationMs: recorder.now - began }, 80);
  return verdict;
}

function playStep(recorder: Recorder, mode: string, step: StepScript, committed: { total: number }): Verdict {
  const names = Object.keys(step.variants);
  const at = { mode, step: step.id } as const;
  sampleRun(recorder, mode, names, committed, [2, 3, 2, 4]);
  recorder.add({ type: 'phase', ...at, phase: 'inject', text: step.title }, 50);
  recorder.add({ type: 'fault', ...at, kind: step.kind, state: 'injected', text: step.title }, 60);
  sampleRun(recorder, mode, names, committed, ramp(step.peak, 8));
  recorder.add({ type: 'phase', ...at, phase: 'heal', text: 'mends what was broken' }, 20);
  recorder.add({ type: 'fault', ...at, kind: step.kind, state: 'healed' }, 120);
  recorder.add({ type: 'phase', ...at, phase: 'progress', text: 'writers go on, every variant must move' }, 20);
  sampleRun(recorder, mode, names, committed, ramp(step.peak, 4).reverse());
  recorder.add({ type: 'phase', ...at, phase: 'drain', text: 'writers stopped' }, 20);
  recorder.add(
    { type: 'wait', what: 'the sinks to drain', waitedMs: 1000, limitMs: 20_000, saw: `${step.peak} records left` },
    1000,
  );
  sampleRun(recorder, mode, names, committed, [0]);
  const results: Record<string, StepVariantResult> = {};
  for (const [index, name] of names.entries()) results[name] = variantResult(name, step.variants[name] ?? {}, index);
  const seen = Object.values(results).map((result) => result.seen);
  recorder.add({ type: 'phase', ...at, phase: 'judge', text: 'compares every row' }, 10);
  recorder.add({ type: 'check', ...at, kind: 'final', tookMs: 130, variants: seen }, 130);
  const bit = step.bit ?? true;
  const verdict = stepVerdict(bit, Object.values(results));
  recorder.add(
    {
      type: 'step-judged',
      result: {
        mode,
        step: step.id,
        fault: { kind: step.kind, bit, summary: step.evidence, figures: step.figures },
        variants: results,
        verdict,
      },
    },
    10,
  );
  return verdict;
}

/** As a scenario is judged: one that should break and does not, or a fault that did not bite, proves nothing. */
function stepVerdict(bit: boolean, results: readonly StepVariantResult[]): Verdict {
  if (!bit) return 'UNKNOWN';
  const unmet = results.filter(({ met }) => !met);
  if (unmet.length === 0) return 'PASS';
  return unmet.every(({ seen }) => seen.verdict === 'PASS' || seen.verdict === 'UNKNOWN') ? 'UNKNOWN' : 'FAIL';
}

function variantResult(name: string, outcome: StepOutcome, index: number): StepVariantResult {
  const { must, may = [], seen = {}, reason } = outcome;
  const expected: Expectation =
    must === undefined && may.length === 0 ? { kind: 'converges' } : { kind: 'shows', must: must ?? [], may };
  const stalled = (seen.stalled ?? 0) > 0;
  const verdict = verdictOf(name, seen, stalled ? { records: 412, ms: 5300 } : { records: 0, ms: 0 }, reason);
  const final = outcome.verdict === undefined ? verdict : { ...verdict, verdict: outcome.verdict };
  const shown = Object.keys(seen) as Anomaly[];
  const met =
    final.verdict !== 'UNKNOWN' &&
    (must ?? []).every((anomaly) => shown.includes(anomaly)) &&
    shown.every((anomaly) => (must ?? []).includes(anomaly) || may.includes(anomaly));
  const causes = exampleCauses(seen);
  return { expected, seen: final, met, causes, ...(stalled ? {} : { convergedMs: 640 + index * 210 }) };
}

function verdictOf(variant: string, counts: AnomalyCounts, lag: Lag, reason?: string): VariantVerdict {
  const findings: readonly Finding[] = exampleFindings(counts);
  const classes = Object.keys(counts);
  const verdict: Verdict =
    classes.length === 0 ? 'PASS' : classes.every((name) => name === 'duplicate') ? 'WARN' : 'FAIL';
  const extra = (counts.duplicate ?? 0) + (counts.orphan ?? 0) - (counts.lost ?? 0);
  return {
    variant,
    verdict,
    counts,
    inFlight: 0,
    lag,
    findings,
    tables: [
      { table: 'public.customers', verdict: 'PASS', sourceRows: 212, sinkRows: 212, inFlight: 0, counts: {} },
      { table: 'public.orders', verdict, sourceRows: 1840, sinkRows: 1840 + extra, inFlight: 0, counts },
    ],
    ...(reason === undefined ? {} : { reason }),
  };
}

function sampleRun(
  recorder: Recorder,
  mode: string,
  names: readonly string[],
  committed: { total: number },
  records: readonly number[],
): void {
  for (const level of records) {
    const lag: Record<string, Lag> = {};
    for (const [index, name] of names.entries()) {
      const own = Math.round(level * (1 - index * 0.12));
      lag[name] = { records: own, ms: own * 9 };
    }
    committed.total += 25;
    recorder.add({ type: 'sample', mode, transactionsPerSecond: 100, committed: committed.total, lag }, 250);
  }
}

function ramp(peak: number, steps: number): number[] {
  return Array.from({ length: steps }, (_, index) => Math.round((peak * (index + 1)) / steps));
}
