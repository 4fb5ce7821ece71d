import type { Cause } from '#model/cause.ts';
import { ANOMALIES, type AnomalyCounts, type Finding, type ToldFinding, toldFinding } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { RunEvent, StepResult, StepVariantResult } from '#model/run-event.ts';
import { worst } from '#model/verdict.ts';
import { OperatorError } from '#std/errors.ts';
import { exactReplay, replayCommand } from './replay.ts';
import type {
  DuringReport,
  FaultReport,
  FaultTimes,
  LagSample,
  ModeReport,
  NoteReport,
  Report,
  SkippedMode,
  StepReport,
  TableReport,
  VariantReport,
} from './report.ts';
import { REPORT_SCHEMA } from './report.ts';
import { subjectReport } from './subject.ts';
import { duringText, expectationText, seenText } from './words.ts';

type Event<T extends RunEvent['type']> = Extract<RunEvent, { readonly type: T }>;
type PlannedMode = Event<'run-started'>['modes'][number];

/** Samples kept for each mode's chart; more are thinned out evenly, the last one always stays. */
const SAMPLES_MAX = 600;

/**
 * The report of a run from its history alone. A history that was cut off (the run was killed) gives a report too: what
 * was not judged is UNKNOWN. Throws an OperatorError (`history-empty`) where the run's start is missing.
 */
export function buildReport(events: readonly RunEvent[]): Report {
  const begun = first(events, 'run-started');
  if (begun === undefined) {
    throw new OperatorError({
      code: 'history-empty',
      message: 'the history does not contain the start of a run',
      expected: 'a `run-started` event',
      found: events.length === 0 ? 'no events' : `${events.length} events, but not that one`,
    });
  }
  const skipped = events.flatMap((event): SkippedMode[] => {
    if (event.type === 'mode-skipped') return [{ mode: event.mode, why: event.why }];
    return event.type === 'step-skipped' ? [{ mode: event.mode, step: event.step, why: event.why }] : [];
  });
  // What cannot be run is not what was left undone: it has no verdict.
  const isSkipped = (mode: string, step?: string): boolean =>
    skipped.some((one) => one.mode === mode && one.step === step);
  const started = {
    ...begun,
    modes: begun.modes
      .filter(({ id }) => !isSkipped(id))
      .map((mode) => ({ ...mode, steps: mode.steps.filter(({ id }) => !isSkipped(mode.id, id)) })),
  };
  const ended = first(events, 'run-ended');
  const boot = first(events, 'stack-ready');
  const lastAt = events.at(-1)?.at ?? started.at;
  const modes = started.modes.map((mode) => buildMode(mode, events, started));
  const subject = subjectReport(events, modes);
  const reason = ended === undefined ? 'the history is incomplete: the run was killed' : ended.reason;
  return {
    schema: REPORT_SCHEMA,
    run: started.run,
    scenario: started.scenario,
    title: started.title,
    seed: started.seed,
    verdict: ended?.verdict ?? 'UNKNOWN',
    exit: ended?.exit ?? 3,
    ...(reason === undefined ? {} : { reason }),
    started_at: new Date(started.at).toISOString(),
    duration_ms: whole(ended?.durationMs ?? lastAt - started.at),
    boot_ms: boot === undefined ? null : whole(boot.tookMs),
    options: {
      rate: started.rate,
      hold_ms: started.holdMs,
      variants: started.variants,
      modes: started.modes.map(({ id }) => id),
    },
    versions: { ...started.versions, ...boot?.versions },
    replay: exactReplay(started.replay ?? replayCommand(started), modes),
    modes,
    skipped,
    notes: all(events, 'note').map(
      (note): NoteReport => ({ at_ms: whole(note.at - started.at), level: note.level, text: note.text }),
    ),
    ...(subject === undefined ? {} : { subject }),
  };
}

function buildMode(plan: PlannedMode, events: readonly RunEvent[], run: Event<'run-started'>): ModeReport {
  const begun = all(events, 'mode-started').find(({ mode }) => mode === plan.id);
  const ended = all(events, 'mode-ended').find(({ mode }) => mode === plan.id);
  const results = all(events, 'step-judged').filter(({ result }) => result.mode === plan.id);
  const faults = faultTimes(plan.id, events, run.at);
  const steps = plan.steps.map(({ id, title }): StepReport => {
    const judged = results.find(({ result }) => result.step === id);
    if (judged !== undefined) return judgedStep(id, title, judged.result);
    return unjudgedStep(id, title, faults, stepBegan(plan.id, id, events));
  });
  const judgedAll = steps.length > 0 && steps.every(({ progress }) => progress === 'judged');
  const verdict = ended?.verdict ?? (judgedAll ? worst(steps.map((step) => step.verdict)) : 'UNKNOWN');
  return {
    id: plan.id,
    title: plan.title,
    story: plan.story,
    planned: begun?.variants ?? plan.variants ?? run.variants,
    progress: judgedAll ? 'judged' : begun === undefined ? 'not-run' : 'cut-short',
    verdict,
    started_ms: begun === undefined ? null : whole(begun.at - run.at),
    duration_ms: ended === undefined ? null : whole(ended.durationMs),
    fault: unionFaults(steps),
    variants: unionVariants(steps),
    steps,
    causes: distinct(
      events.flatMap((event) =>
        (event.type === 'source-log' || event.type === 'writes-refused') && event.mode === plan.id
          ? (event.causes ?? [])
          : [],
      ),
    ),
    lag: thinned(samples(plan.id, events, run.at)),
    faults,
  };
}

function judgedStep(id: string, title: string, result: StepResult): StepReport {
  const { kind, bit, operation, summary, figures, refused } = result.fault;
  return {
    id,
    title,
    progress: 'judged',
    verdict: result.verdict,
    fault: {
      ...{ kind, bit, ...(operation === undefined ? {} : { operation }), evidence: { text: summary, figures } },
      ...(refused === undefined ? {} : { refused }),
    },
    variants: mapValues(result.variants, variantReport),
  };
}

function unjudgedStep(id: string, title: string, faults: readonly FaultTimes[], began: boolean): StepReport {
  const kind = faults.find(({ step }) => step === id)?.kind ?? 'unknown';
  const text = began ? 'The step did not finish, so its effect is unknown.' : 'The step was not run.';
  return {
    id,
    title,
    progress: began ? 'cut-short' : 'not-run',
    verdict: 'UNKNOWN',
    fault: { kind, bit: null, evidence: { text, figures: {} } },
    variants: {},
  };
}

function stepBegan(mode: string, step: string, events: readonly RunEvent[]): boolean {
  return events.some(
    (event) => (event.type === 'phase' || event.type === 'fault') && event.mode === mode && event.step === step,
  );
}

function variantReport({ expected, seen, met, during, convergedMs, causes = [] }: StepVariantResult): VariantReport {
  return {
    expected: expectationText(expected),
    expectation: {
      kind: expected.kind,
      must: expected.kind === 'shows' ? expected.must : [],
      may: expected.kind === 'shows' ? expected.may : [],
    },
    seen: seenText(seen.verdict, seen.counts, seen.reason),
    verdict: seen.verdict,
    met,
    anomalies: present(seen.counts),
    converged_ms: convergedMs === undefined ? null : whole(convergedMs),
    in_flight: seen.inFlight,
    lag: { records: whole(seen.lag.records), ms: whole(seen.lag.ms) },
    tables: seen.tables.map(tableReport),
    examples: seen.findings.map(exampleReport),
    causes,
    ...(during === undefined ? {} : { during: duringReport(during) }),
    ...(seen.reason === undefined ? {} : { reason: seen.reason }),
    ...(seen.notes === undefined ? {} : { notes: seen.notes }),
  };
}

function duringReport({ verdict, counts, inFlight, reason }: NonNullable<StepVariantResult['during']>): DuringReport {
  return {
    ...{ seen: duringText(verdict, counts, inFlight), verdict, anomalies: present(counts), in_flight: inFlight },
    ...(reason === undefined ? {} : { reason }),
  };
}

function tableReport(table: VariantVerdict['tables'][number]): TableReport {
  return {
    table: table.table,
    verdict: table.verdict,
    source_rows: table.sourceRows,
    sink_rows: table.sinkRows,
    in_flight: table.inFlight,
    anomalies: present(table.counts),
  };
}

/** Histories of older versions hold a sentence of advice with each finding: causes have taken its place. */
type OlderFinding = Finding & { readonly advice?: unknown };

function exampleReport({ advice: _, ...finding }: OlderFinding): ToldFinding {
  return toldFinding(finding);
}

/** One step speaks for itself; several are told one after another, and the worst answer to "did it bite" counts. */
function unionFaults(steps: readonly StepReport[]): FaultReport {
  const [only] = steps;
  if (only !== undefined && steps.length === 1) return only.fault;
  const bits = steps.map(({ fault }) => fault.bit);
  const figures = steps.flatMap(({ id, fault }) =>
    Object.entries(fault.evidence.figures).map(([name, value]) => [`${id}.${name}`, value] as const),
  );
  return {
    kind: [...new Set(steps.map(({ fault }) => fault.kind))].join(' + '),
    bit: bits.includes(false) ? false : bits.includes(null) ? null : bits.length > 0,
    evidence: {
      text: steps.map(({ title, fault }) => `${title}: ${fault.evidence.text}`).join('\n'),
      figures: Object.fromEntries(figures),
    },
  };
}

function unionVariants(steps: readonly StepReport[]): Readonly<Record<string, VariantReport>> {
  const names = new Set(steps.flatMap(({ variants }) => Object.keys(variants)));
  const union: Record<string, VariantReport> = {};
  for (const name of names) {
    const parts = steps.flatMap((step) => {
      const variant = step.variants[name];
      return variant === undefined ? [] : [{ step: step.id, variant }];
    });
    union[name] = unionVariant(parts);
  }
  return union;
}

function unionVariant(parts: readonly { readonly step: string; readonly variant: VariantReport }[]): VariantReport {
  const last = parts.at(-1)?.variant;
  if (last === undefined) throw new Error('a variant without a step');
  if (parts.length === 1) return last;
  // Each step's own.
  const { during: _, ...shared } = last;
  const variants = parts.map(({ variant }) => variant);
  const converged = variants.map(({ converged_ms }) => converged_ms);
  const reasons = variants.flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
  const told = (say: (variant: VariantReport) => string) =>
    parts.map(({ step, variant }) => `${step}: ${say(variant)}`).join('; ');
  return {
    ...shared,
    expected: told(({ expected }) => expected),
    expectation: unionExpectation(variants),
    seen: told(({ seen }) => seen),
    verdict: worst(variants.map(({ verdict }) => verdict)),
    met: variants.every(({ met }) => met),
    anomalies: sumCounts(variants.map(({ anomalies }) => anomalies)),
    converged_ms: converged.includes(null) ? null : Math.max(...converged.map(Number)),
    examples: variants.flatMap(({ examples }) => examples),
    causes: distinct(variants.flatMap(({ causes }) => causes)),
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
  };
}

/** A cause once, however many steps it explains. */
function distinct(causes: readonly Cause[]): readonly Cause[] {
  return [...new Map(causes.map((cause) => [`${cause.code} ${cause.says}`, cause])).values()];
}

function unionExpectation(variants: readonly VariantReport[]): VariantReport['expectation'] {
  const must = new Set(variants.flatMap(({ expectation }) => expectation.must));
  const may = new Set(variants.flatMap(({ expectation }) => expectation.may).filter((anomaly) => !must.has(anomaly)));
  const shows = variants.some(({ expectation }) => expectation.kind === 'shows');
  return { kind: shows ? 'shows' : 'converges', must: [...must], may: [...may] };
}

function faultTimes(mode: string, events: readonly RunEvent[], startedAt: number): FaultTimes[] {
  const times: FaultTimes[] = [];
  for (const event of events) {
    if (event.type !== 'fault' || event.mode !== mode) continue;
    const at = whole(event.at - startedAt);
    if (event.state === 'injected') {
      times.push({ step: event.step, kind: event.kind, injected_ms: at, healed_ms: null });
      continue;
    }
    const open = times.findLastIndex((time) => time.step === event.step && time.kind === event.kind);
    const injected = times[open];
    // Healing twice is harmless, and only the first time counts.
    if (injected !== undefined && injected.healed_ms === null) times[open] = { ...injected, healed_ms: at };
  }
  return times;
}

function samples(mode: string, events: readonly RunEvent[], startedAt: number): LagSample[] {
  return all(events, 'sample')
    .filter((sample) => sample.mode === mode)
    .map((sample) => ({
      at_ms: whole(sample.at - startedAt),
      transactions_per_second: Math.round(sample.transactionsPerSecond * 10) / 10,
      committed: sample.committed,
      variants: mapValues(sample.lag, ({ records, ms }) => ({ records: whole(records), ms: whole(ms) })),
    }));
}

function thinned(all: readonly LagSample[]): readonly LagSample[] {
  if (all.length <= SAMPLES_MAX) return all;
  const stride = Math.ceil(all.length / (SAMPLES_MAX - 1));
  return all.filter((_, index) => index % stride === 0 || index === all.length - 1);
}

function present(counts: AnomalyCounts): AnomalyCounts {
  return Object.fromEntries(ANOMALIES.flatMap((name) => ((counts[name] ?? 0) > 0 ? [[name, counts[name]]] : [])));
}

function sumCounts(all: readonly AnomalyCounts[]): AnomalyCounts {
  return present(
    Object.fromEntries(ANOMALIES.map((name) => [name, all.reduce((sum, counts) => sum + (counts[name] ?? 0), 0)])),
  );
}

function first<T extends RunEvent['type']>(events: readonly RunEvent[], type: T): Event<T> | undefined {
  return events.find((event): event is Event<T> => event.type === type);
}

function all<T extends RunEvent['type']>(events: readonly RunEvent[], type: T): Event<T>[] {
  return events.filter((event): event is Event<T> => event.type === type);
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

/** Ms without a fraction; a clock that went back, or a lag below nothing, counts as 0. */
function whole(value: number): number {
  return Math.max(0, Math.round(value));
}
