import { setTimeout as delay } from 'node:timers/promises';
import { whyUnable } from '#engine/able.ts';
import type { Bench } from '#engine/bench.ts';
import { runStep } from '#engine/run-step.ts';
import { openWaits, type Waits } from '#engine/watch.ts';
import type { AnomalyCounts } from '#model/finding.ts';
import type { LabFault, LabFaultRequest, LabOutcome } from '#model/lab.ts';
import type { RunEvent, StepResult } from '#model/run-event.ts';
import type { Scenario, Step } from '#model/scenario.ts';
import type { Node } from '#model/stack.ts';
import { nodeExited, watchNodes } from '#runtimes/node-exit.ts';
import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { mend } from './mend.ts';
import { metOver, outcomeOf } from './outcome.ts';
import { type PlannedFault, planFault, watchFor } from './plan.ts';

/** Faults on a live bench, one at a time: asked for, injected, healed, settled, judged. */
export interface FaultDesk {
  readonly faults: readonly LabFault[];
  /** The one that is in or settling. */
  readonly current: LabFault | undefined;
  /**
   * Injects a fault and returns at once. Throws an OperatorError (`fault-under-way`) while another one is in, with a node
   * down (`node-down`), for one that the stack cannot bring about (`fault-impossible`), and for what cannot be asked for.
   */
  trigger(mode: string, request: LabFaultRequest): LabFault;
  /** Heals the fault before its time. Throws (`unknown-fault`, `fault-healed`). */
  heal(id: string): LabFault;
  get(id: string): LabFault;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export interface FaultDeskOptions {
  readonly bench: Bench;
  readonly scenario: Scenario;
  /** Those of earlier days, oldest first. */
  readonly faults: readonly LabFault[];
  /** Anomalies that a variant is known to have now. */
  readonly carried: (variant: string) => AnomalyCounts;
  readonly onChange: (fault: LabFault) => void;
  /** Whether writers go on after a fault: a person may have paused them. */
  readonly writersWanted: () => boolean;
  readonly onSettled: (result: StepResult) => void;
  /** Whether the lab is being thrown away: nothing is mended then, and no server started. */
  readonly discarded: () => boolean;
}

/** What is under way. */
interface UnderWay {
  fault: LabFault;
  /** By `performance.now()`: when the hold that goes on will be over. */
  holdUntil: number | undefined;
  /** Ends a hold; the fault then heals as it would have. */
  readonly hold: AbortController;
  /** Ends the injection itself. */
  readonly cut: AbortController;
}

const FAULTS_MAX = 100;

export function openFaultDesk(options: FaultDeskOptions): FaultDesk {
  const { bench, scenario } = options;
  const faults: LabFault[] = [...options.faults];
  let number = Math.max(0, ...faults.map(({ id }) => Number(id.split('-').at(-1))));
  let current: UnderWay | undefined;
  let running: Promise<void> = Promise.resolve();
  const nodes = watchNodes(bench.stack);

  const times = (mode: string, step: string): number =>
    faults.filter((fault) => fault.mode === mode && fault.step === step).length;

  const change = (under: UnderWay, fields: Partial<LabFault>): void => {
    under.fault = { ...under.fault, ...fields };
    const at = faults.findIndex(({ id }) => id === under.fault.id);
    faults[at] = under.fault;
    options.onChange(withCountdown(under));
  };

  const run = async (under: UnderWay, planned: PlannedFault): Promise<void> => {
    const carried = new Map([...bench.pipeline.variants.keys()].map((name) => [name, options.carried(name)]));
    const before = (variant: string): AnomalyCounts => carried.get(variant) ?? {};
    try {
      const result = await runStep(
        bench,
        { ...planned.step, id: under.fault.id, expect: expectedOf(planned.step, [...carried.keys()]) },
        {
          holdMs: planned.holdMs,
          signal: AbortSignal.any([bench.signal, under.cut.signal]),
          waits: liveWaits(bench, under, (fields) => change(under, fields)),
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
      options.onSettled(result);
    } catch (error) {
      await fail(under, await nodes.causeOf(error));
    } finally {
      bench.monitor.step = undefined;
      current = undefined;
      if (options.writersWanted() && !bench.signal.aborted) bench.writers.resume();
    }
  };

  /** What a fault that failed has broken is put right, so that the next one finds a pipeline that runs. */
  const fail = async (under: UnderWay, error: unknown): Promise<void> => {
    const early = under.cut.signal.aborted;
    const reason = bench.signal.aborted
      ? 'the lab stopped while the fault was active'
      : early
        ? 'healed before it was fully injected, so the result is inconclusive'
        : error instanceof OperatorError
          ? explain(error)
          : messageOf(error);
    change(under, { doing: 'repairing what it broke', heals_in_ms: null });
    const mended = options.discarded() ? undefined : await mend(bench);
    change(under, {
      state: 'failed',
      settled_at: now(),
      verdict: 'UNKNOWN',
      doing: early ? 'healed early' : 'failed',
      error: mended === undefined || bench.signal.aborted ? reason : `${reason}; the repair failed: ${mended}`,
    });
  };

  return {
    get faults() {
      return faults.map((fault) => (fault.id === current?.fault.id ? withCountdown(current) : fault));
    },
    get current() {
      return current === undefined ? undefined : withCountdown(current);
    },
    trigger(mode, request) {
      const planned = planFault(scenario, mode, request, times);
      if (current !== undefined) throw underWay(current.fault);
      const unable = whyUnable(planned.step.fault, bench.stack);
      if (unable !== undefined) throw impossible(mode, unable);
      for (const node of bench.stack.nodes.values()) if (node.state !== 'running') throw nodeDown(node);
      const fault = newFault(`${mode}-${++number}`, planned, [...bench.pipeline.variants.keys()]);
      const under: UnderWay = {
        fault,
        holdUntil: undefined,
        hold: new AbortController(),
        cut: new AbortController(),
      };
      current = under;
      faults.push(fault);
      if (faults.length > FAULTS_MAX) faults.splice(0, faults.length - FAULTS_MAX);
      options.onChange(fault);
      running = run(under, planned);
      return fault;
    },
    heal(id) {
      const fault = this.get(id);
      if (current?.fault.id !== id || fault.state !== 'injecting') throw alreadyHealed(fault);
      const under = current;
      // Within a hold it heals in its own way; anywhere else what is done of it is undone.
      if (under.holdUntil !== undefined) under.hold.abort();
      else under.cut.abort(new Error('healed early'));
      change(under, { healed_early: true, doing: 'being healed early' });
      return this.get(id);
    },
    get(id) {
      const fault = this.faults.find((one) => one.id === id);
      if (fault !== undefined) return fault;
      throw new OperatorError({
        code: 'unknown-fault',
        message: `there is no fault "${id}"`,
        expected: faults.length === 0 ? 'the id of a fault; none has been injected yet' : `one of ${listOf(faults)}`,
        found: id,
      });
    },
    idle: () => running,
  };
}

function listOf(faults: readonly LabFault[]): string {
  return faults
    .slice(-5)
    .map(({ id }) => id)
    .join(', ');
}

function newFault(id: string, { mode, step }: PlannedFault, variants: readonly string[]): LabFault {
  return {
    ...{ id, mode, step: step.id, title: step.title, kind: step.fault.kind },
    state: 'injecting',
    requested_at: now(),
    healed_at: null,
    settled_at: null,
    heals_in_ms: null,
    healed_early: false,
    doing: 'being injected',
    watch_for: watchFor(step, variants),
    verdict: null,
    evidence: null,
    variants: {},
    error: null,
  };
}

/** A step that expects nothing of a variant: what a scenario would refuse is told here, and judges nothing. */
function expectedOf({ expect }: Step, variants: readonly string[]): Step['expect'] {
  return Object.fromEntries(variants.map((name) => [name, expect[name] ?? { kind: 'converges' }]));
}

function withCountdown({ fault, holdUntil }: UnderWay): LabFault {
  if (holdUntil === undefined) return fault;
  return { ...fault, heals_in_ms: Math.max(0, Math.round(holdUntil - performance.now())) };
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

function underWay(fault: LabFault): OperatorError {
  return new OperatorError({
    code: 'fault-under-way',
    message: `the fault ${fault.id} is still active, and only one fault can be active at a time`,
    expected: 'no active fault',
    found: `${fault.id}: ${fault.doing}`,
    hint: `wait until it has settled (npx driftlab status), or heal it early: DELETE /api/v1/faults/${fault.id}`,
  });
}

function impossible(mode: string, why: string): OperatorError {
  return new OperatorError({
    code: 'fault-impossible',
    message: `${mode} cannot be run here: ${why}`,
    expected: 'a mode that the runtime supports',
    found: mode,
  });
}

/** What a fault would show then is not its own doing. */
function nodeDown(node: Node): OperatorError {
  const { name, state, log } = node;
  return new OperatorError({
    code: 'node-down',
    message: 'no fault can be injected while a node is down',
    expected: 'every node running',
    found: `${state === 'failed' ? nodeExited(node).message : `${name} is ${state}`}; its log: ${log}`,
    hint: 'npx driftlab down && npx driftlab up restarts it',
  });
}

function alreadyHealed(fault: LabFault): OperatorError {
  return new OperatorError({
    code: 'fault-healed',
    message: `the fault ${fault.id} is already healed`,
    expected: 'a fault that is not healed yet',
    found: fault.state,
  });
}

function now(): string {
  return new Date().toISOString();
}
