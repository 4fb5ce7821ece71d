import { setTimeout as delay } from 'node:timers/promises';
import type { LabFault, LabOutcome } from '#contracts/lab-fault.ts';
import type { Bench } from '#engine/bench.ts';
import { runStep } from '#engine/run-step.ts';
import { openWaits, type Waits } from '#engine/watch.ts';
import type { AnomalyCounts } from '#model/finding.ts';
import type { RunEvent, StepResult } from '#model/run-event.ts';
import type { Step } from '#model/scenario.ts';
import type { NodeWatch } from '#runtimes/node-exit.ts';
import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { mend } from './mend.ts';
import { metOver, outcomeOf } from './outcome.ts';
import type { PlannedFault } from './plan.ts';

const CHECK_LIMIT_MS = 60_000;

/** What is under way. */
export interface UnderWay {
  fault: LabFault;
  /** By `performance.now()`: when the hold that goes on will be over. */
  holdUntil: number | undefined;
  /** Ends a hold; the fault then heals as it would have. */
  readonly hold: AbortController;
  /** Ends the injection itself. */
  readonly cut: AbortController;
}

export interface FaultRunOptions {
  readonly bench: Bench;
  readonly nodes: NodeWatch;
  /** Anomalies that a variant is known to have now. */
  readonly carried: (variant: string) => AnomalyCounts;
  /** Whether these are known: of a lab that went on, once it has been checked. */
  readonly knows: () => boolean;
  readonly change: (under: UnderWay, fields: Partial<LabFault>) => void;
  readonly onSettled: (result: StepResult) => void;
  /** It is judged, or has failed and what it broke is put right. */
  readonly onOver: () => void;
  /** Whether the lab is being thrown away: nothing is mended then, and no server started. */
  readonly discarded: () => boolean;
}

/** Takes one fault from its injection to its verdict; does not throw, as what goes wrong is the fault's to say. */
export function openFaultRun(options: FaultRunOptions): (under: UnderWay, planned: PlannedFault) => Promise<void> {
  return async (under, planned) => {
    try {
      await inject(options, under, planned);
    } catch (error) {
      await fail(options, under, await options.nodes.causeOf(error));
    } finally {
      options.bench.monitor.step = undefined;
      options.onOver();
    }
  };
}

async function inject(
  { bench, nodes, carried: known, knows, change, onSettled }: FaultRunOptions,
  under: UnderWay,
  planned: PlannedFault,
): Promise<void> {
  const waits = liveWaits(bench, under, (fields) => change(under, fields));
  if (!knows()) await waits.until('a check of what is wrong already', knows, { limitMs: CHECK_LIMIT_MS });
  const carried = new Map([...bench.pipeline.variants.keys()].map((name) => [name, known(name)]));
  const before = (variant: string): AnomalyCounts => carried.get(variant) ?? {};
  const result = await runStep(
    bench,
    { ...planned.step, id: under.fault.id, expect: expectedOf(planned.step, [...carried.keys()]) },
    {
      holdMs: planned.holdMs,
      signal: AbortSignal.any([bench.signal, under.cut.signal]),
      waits,
      onHealed: () =>
        change(under, {
          state: 'settling',
          healed_at: now(),
          heals_in_ms: null,
          doing: 'healed; writers continue, then every change must arrive and is compared',
        }),
      meets: (variant, _, seen) => metOver(before(variant), planned.step.expect[variant], seen),
    },
  );
  nodes.signal.throwIfAborted();
  const variants: Record<string, LabOutcome> = {};
  for (const [name, one] of Object.entries(result.variants))
    variants[name] = outcomeOf(one, before(name), planned.step.expect[name]);
  const { bit, summary, figures } = result.fault;
  change(under, {
    state: 'settled',
    settled_at: now(),
    doing: 'settled and judged',
    verdict: result.verdict,
    evidence: { bit, text: summary, figures },
    variants,
  });
  onSettled(result);
}

/** What a fault that failed has broken is put right, so that the next one finds a pipeline that runs. */
async function fail({ bench, change, discarded }: FaultRunOptions, under: UnderWay, error: unknown): Promise<void> {
  const early = under.cut.signal.aborted;
  const reason = bench.signal.aborted
    ? 'the lab stopped while the fault was active'
    : early
      ? 'healed before it was fully injected, so the result is inconclusive'
      : error instanceof OperatorError
        ? explain(error)
        : messageOf(error);
  change(under, { doing: 'repairing what it broke', heals_in_ms: null });
  const mended = discarded() ? undefined : await mend(bench);
  change(under, {
    state: 'failed',
    settled_at: now(),
    verdict: 'UNKNOWN',
    doing: early ? 'healed early' : 'failed',
    error: mended === undefined || bench.signal.aborted ? reason : `${reason}; the repair failed: ${mended}`,
  });
}

/** A step that expects nothing of a variant: what a scenario would refuse is told here, and judges nothing. */
function expectedOf({ expect }: Step, variants: readonly string[]): Step['expect'] {
  return Object.fromEntries(variants.map((name) => [name, expect[name] ?? { kind: 'converges' }]));
}

/** The bench's waits, told as what the fault is doing, and with a hold that can be ended early. */
function liveWaits(bench: Bench, under: UnderWay, change: (fields: Partial<LabFault>) => void): Waits {
  const emit = (event: Omit<RunEvent, 'at'>): void => bench.emit(event as Parameters<Bench['emit']>[0]);
  const waits = openWaits(bench.emit, AbortSignal.any([bench.signal, under.cut.signal]));
  return {
    until(what, condition, options) {
      change({ doing: `waiting for ${what}` });
      return waits.until(what, condition, options);
    },
    async hold(what, ms) {
      const started = performance.now();
      under.holdUntil = started + ms;
      change({ doing: what });
      const signal = AbortSignal.any([under.hold.signal, under.cut.signal, bench.signal]);
      try {
        while (performance.now() < started + ms && !under.hold.signal.aborted) {
          const waitedMs = performance.now() - started;
          emit({ type: 'wait', what, hold: true, waitedMs, limitMs: ms } as Omit<RunEvent, 'at'>);
          await delay(Math.min(500, ms - waitedMs), undefined, { signal }).catch(() => {});
          under.cut.signal.throwIfAborted();
          bench.signal.throwIfAborted();
        }
      } finally {
        under.holdUntil = undefined;
      }
      change({ doing: `${what}: over`, heals_in_ms: null });
    },
  };
}

export function now(): string {
  return new Date().toISOString();
}
