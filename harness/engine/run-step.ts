import { spent } from '#faults/injection.ts';
import type { ServerWords } from '#model/cause.ts';
import type { Evidence, FaultContext, Injection } from '#model/fault.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { StepResult, StepVariantResult } from '#model/run-event.ts';
import type { Expectation, Step } from '#model/scenario.ts';
import { OperatorError } from '#std/errors.ts';
import type { RunningWriters } from '#workloads/writers.ts';
import type { Bench } from './bench.ts';
import { disturbances, markLogs, replays } from './disturbances.ts';
import { type Drained, drain } from './drain.ts';
import { controlFailed, inTime, meets, stepVerdict, undecided } from './expectation.ts';
import { explain, readCircumstances } from './explain.ts';
import { leftOut } from './marker.ts';
import type { Waits } from './watch.ts';

export interface StepOptions {
  /** How long a fault that lasts is kept up. */
  readonly holdMs: number;
  /** How long everything may take to arrive once the writers have stopped. */
  readonly drainLimitMs?: number;
  /**
   * The pipeline is somebody's own: a fault that cannot be brought about because the pipeline does not do its part is
   * told as one that did not bite, and what its connector leaves out is not waited for to the limit.
   */
  readonly observed?: boolean;
  /** Injects the fault when the operation of this number has committed. Default: when the writers have warmed up. */
  readonly atOperation?: number;
  /** Ends the injection, beside the bench's own signal. */
  readonly signal?: AbortSignal;
  /** The fault's waits, where they are not the bench's: a hold that can be ended, say. */
  readonly waits?: Waits;
  /** Told when the fault has been healed. */
  readonly onHealed?: () => void;
  /**
   * Whether a variant showed what was expected of it. Undefined where nothing can be said, and then the variant has no
   * part in the step's verdict. Default: {@link meets}.
   */
  readonly meets?: (variant: string, expected: Expectation, seen: VariantVerdict) => boolean | undefined;
}

const PROGRESS_LIMIT_MS = 60_000;
const DRAIN_LIMIT_MS = 60_000;
/** How long writers go on before a fault and after its heal, in transactions at their rate. */
const WARM_UP_S = 1;
const PROGRESS_S = 1;
/** Most transactions of such a wait: a rate may be more than the machine can do. */
const TRANSACTIONS_MAX = 500;

/**
 * Injects one fault under live writes and heals it; then writers must get on, stop, and everything must arrive within a
 * limit; then every row is judged. The writers stand still when it returns.
 */
export async function runStep(bench: Bench, step: Step, options: StepOptions): Promise<StepResult> {
  const { pipeline, writers, monitor, say, emit, name: mode } = bench;
  monitor.step = step.id;
  const nodes = [...bench.stack.nodes.values()];
  const from = markLogs(nodes);
  const operation = await warmUp(bench, options.atOperation);

  say('inject', step.title, step.id);
  const { kind } = step.fault;
  const waits = options.waits ?? bench.waits;
  const context: FaultContext = {
    stack: bench.stack,
    pipeline,
    writers,
    holdMs: options.holdMs,
    signal: options.signal ?? bench.signal,
    ...goingOn(waits, writers),
    say: (text) => emit({ type: 'fault', mode, step: step.id, kind, state: 'injected', text }),
  };
  const replayedBefore = pipeline.log.replayed;
  const atFault = markLogs(nodes);
  await using injection = await (options.observed === true ? attempt(step.fault, context) : step.fault.inject(context));
  writers.resume();
  const during = step.fault.looksMeanwhile === true ? await monitor.look() : [];

  say('heal', 'the fault is healed; writers continue', step.id);
  await bench.verifier.notePositions();
  await injection.heal();
  const healedAt = performance.now();
  emit({ type: 'fault', mode, step: step.id, kind, state: 'healed' });
  options.onHealed?.();

  say('progress', 'writers must make progress', step.id);
  await progress(bench, 'the writers to make progress after the heal', PROGRESS_S);
  await writers.pause();

  say('drain', 'writers are stopped; every change must arrive', step.id);
  const limitMs = options.drainLimitMs ?? DRAIN_LIMIT_MS;
  await bench.ledger.refresh?.();
  const hopeless = options.observed === true ? { hopeless: leftOut(pipeline, bench.ledger) } : {};
  const drained = await drain({ pipeline, ledger: bench.ledger, waits: bench.waits, limitMs, ...hopeless });

  say('judge', 'every row and column of every table and sink is compared', step.id);
  const evidence = await injection.evidence();
  const disturbed = disturbances({ nodes, from, fault: atFault, disturbs: step.fault.disturbs ?? [] });
  return judgeStep(bench, step, options, {
    ...{ ...drained, healedAt, operation, evidence, disturbed },
    replayed: pipeline.log.replayed - replayedBefore,
    during,
  });
}

/** Injects a fault; one that the pipeline itself makes impossible has not bitten. */
async function attempt(fault: Step['fault'], context: FaultContext): Promise<Injection> {
  try {
    const { heal: mend, evidence } = await fault.inject(context);
    let unhealed: OperatorError | undefined;
    const heal = (): Promise<void> =>
      mend().catch((error: unknown) => {
        if (!(error instanceof OperatorError)) throw error;
        unhealed = error;
      });
    return {
      heal,
      [Symbol.asyncDispose]: heal,
      async evidence() {
        const seen = await evidence();
        return unhealed === undefined
          ? seen
          : { ...seen, summary: `${seen.summary}; healing it failed: ${unhealed.message}` };
      },
    };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const why = error.found === undefined ? '' : ` (${error.found.split('\n')[0]})`;
    return spent(() => ({
      bit: false,
      summary: `the fault could not be injected: ${error.message}${why}`,
      figures: {},
    }));
  }
}

/**
 * Lets the writers get to the operation at which the fault is to be injected, and stand there: what a fault does before it
 * waits for something (a column that writers use from now on, rows inserted in bulk) then happens behind the same operation
 * whenever the same seed is run. Returns the number of that operation.
 */
async function warmUp({ writers, waits, emit }: Bench, atOperation: number | undefined): Promise<number> {
  const { made } = writers;
  const transactions = transactionsIn(WARM_UP_S, writers.rate);
  // Said ahead by whoever runs several steps; saying it again is harmless.
  writers.stand(atOperation === undefined ? { transactions } : { operation: atOperation });
  if (atOperation === undefined || made < atOperation) writers.resume();
  const what =
    atOperation === undefined ? 'the writers to warm up' : `operation ${atOperation} to be committed (--at-op)`;
  await waits.until(what, () => writers.stands, {
    limitMs: PROGRESS_LIMIT_MS + (Math.max(0, (atOperation ?? made) - made) / writers.rate) * 1000,
    saw: () => `operation ${writers.made}${writers.failure === undefined ? '' : `; ${writers.failure}`}`,
  });
  if (atOperation !== undefined && made > atOperation)
    emit({
      ...{ type: 'note', level: 'warn' },
      text: `operation ${atOperation} (--at-op) had already passed when the step began: the fault is injected after operation ${made}`,
    });
  return writers.made;
}

/** How many transactions are waited for in place of so many seconds. */
export function transactionsIn(seconds: number, rate: number): number {
  return Math.min(TRANSACTIONS_MAX, Math.max(1, Math.floor(rate * seconds)));
}

/** The waits, of which the first lets the writers go on. */
function goingOn(waits: Waits, writers: RunningWriters): Waits {
  let stood = true;
  const goOn = (): void => {
    if (stood) writers.resume();
    stood = false;
  };
  return {
    until(...wait) {
      goOn();
      return waits.until(...wait);
    },
    hold(...hold) {
      goOn();
      return waits.hold(...hold);
    },
  };
}

/** Demands as many more transactions as the writers' rate makes in so many seconds. */
async function progress({ writers, waits }: Bench, what: string, seconds: number): Promise<void> {
  const from = writers.committed;
  const wanted = transactionsIn(seconds, writers.rate);
  // Writers that have come to the moment of a later step have got on, too.
  await waits.until(what, () => writers.committed - from >= wanted || writers.stands, {
    limitMs: PROGRESS_LIMIT_MS,
    saw: () =>
      `${writers.committed - from} of ${wanted} transactions${writers.failure === undefined ? '' : `; ${writers.failure}`}`,
  });
}

interface Settled extends Drained {
  readonly healedAt: number;
  readonly operation: number;
  readonly evidence: Evidence;
  readonly replayed: number;
  /** What each variant showed while the fault was in, where that was looked at. */
  readonly during: readonly VariantVerdict[];
  /** Trouble of the lab's own, one sentence each. */
  readonly disturbed: readonly string[];
}

/** What makes everybody's result doubtful: trouble of the lab's own, or its own applier failing under no fault. */
function doubts(
  { pipeline }: Bench,
  step: Step,
  seen: readonly VariantVerdict[],
  { disturbed, replayed }: Settled,
): string[] {
  if (step.fault.kind !== 'none') return [...disturbed];
  const again = replays(replayed, pipeline.doubled);
  const controls = seen.filter(({ variant }) => pipeline.variants.get(variant)?.spec.control === true);
  return [...disturbed, ...again, ...controls.flatMap((control) => controlFailed(control) ?? [])];
}

/** What the source's server said to the writers whose statements it refused. */
function refusedWords({ writers }: Bench): ServerWords[] {
  return [...writers.refusals.keys()].map((text) => ({ from: 'writer', name: 'the writer', text }));
}

function duringOf(all: readonly VariantVerdict[], variant: string): Pick<StepVariantResult, 'during'> {
  const seen = all.find((one) => one.variant === variant);
  if (seen === undefined) return {};
  const { verdict, counts, inFlight, reason } = seen;
  return { during: { verdict, counts, inFlight, ...(reason === undefined ? {} : { reason }) } };
}

async function judgeStep(bench: Bench, step: Step, options: StepOptions, settled: Settled): Promise<StepResult> {
  const { emit, name: mode } = bench;
  const { evidence, healedAt, operation, stuck, replayed } = settled;
  const started = performance.now();
  const seen = await bench.check(stuck, step.id);
  const judgedAt = performance.now();
  emit({ type: 'check', mode, step: step.id, kind: 'final', tookMs: judgedAt - started, variants: seen });
  const disturbed = doubts(bench, step, seen, settled);
  for (const text of disturbed)
    emit({ type: 'note', level: 'warn', text: `${mode}: the results of this step do not count: ${text}` });
  const fault = { kind: step.fault.kind, operation, ...evidence };
  const read = await readCircumstances(
    { ...bench.circumstances, pipeline: bench.pipeline, refused: refusedWords(bench) },
    seen,
  );
  if (read !== undefined) emit({ type: 'circumstances', mode, step: step.id, ...read });
  const variants: Record<string, StepVariantResult> = {};
  const counted: StepVariantResult[] = [];
  for (const shown of seen) {
    const verdict = undecided(shown, disturbed);
    const expected = step.expect[verdict.variant];
    if (expected === undefined) throw new Error(`step ${step.id} expects nothing of the variant ${verdict.variant}`);
    const met =
      options.meets === undefined ? meets(expected, verdict) : options.meets(verdict.variant, expected, verdict);
    // A sink that equals its source has converged, at the latest when that was seen.
    const doneAt = settled.doneAt.get(verdict.variant) ?? (shown.verdict === 'PASS' ? judgedAt : undefined);
    const convergedMs = doneAt === undefined ? undefined : Math.max(0, doneAt - healedAt);
    const causes = explain(read, fault, shown);
    const result: StepVariantResult = {
      expected,
      seen: verdict,
      met: (met ?? false) && inTime(expected, convergedMs),
      ...(convergedMs === undefined ? {} : { convergedMs }),
      ...(causes === undefined ? {} : { causes }),
      ...duringOf(settled.during, verdict.variant),
    };
    variants[verdict.variant] = result;
    if (met !== undefined) counted.push(result);
  }
  const verdict = stepVerdict(evidence.bit, counted);
  const result: StepResult = {
    ...{ mode, step: step.id, fault, variants, verdict, replayed },
    ...(disturbed.length === 0 ? {} : { disturbed }),
  };
  emit({ type: 'step-judged', result });
  return result;
}
