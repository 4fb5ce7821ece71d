import type { LabFault, LabFaultRequest } from '#contracts/lab-fault.ts';
import { whyUnable } from '#engine/able.ts';
import type { Bench } from '#engine/bench.ts';
import type { AnomalyCounts } from '#model/finding.ts';
import type { StepResult } from '#model/run-event.ts';
import type { Scenario } from '#model/scenario.ts';
import { watchNodes } from '#runtimes/node-exit.ts';
import { alreadyHealed, faultActive, impossible, nodeDown, unknownFault } from './fault-errors.ts';
import { now, openFaultRun, type UnderWay } from './fault-run.ts';
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
  /** Why the stack cannot bring a step about; undefined where it can, or there is no such step. */
  whyNot(mode: string, step: string): string | undefined;
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
  /** Whether these are known: of a lab that went on, once it has been checked. */
  readonly knows: () => boolean;
  readonly onChange: (fault: LabFault) => void;
  /** Whether writers go on after a fault: a person may have paused them. */
  readonly writersWanted: () => boolean;
  readonly onSettled: (result: StepResult) => void;
  /** Whether the lab is being thrown away: nothing is mended then, and no server started. */
  readonly discarded: () => boolean;
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

  const onOver = (): void => {
    current = undefined;
    if (options.writersWanted() && !bench.signal.aborted) bench.writers.resume();
  };
  const run = openFaultRun({ ...options, nodes, change, onOver });

  return {
    get faults() {
      return faults.map((fault) => (fault.id === current?.fault.id ? withCountdown(current) : fault));
    },
    get current() {
      return current === undefined ? undefined : withCountdown(current);
    },
    whyNot(mode, step) {
      const fault = scenario.modes.find(({ id }) => id === mode)?.steps.find(({ id }) => id === step)?.fault;
      return fault === undefined ? undefined : whyUnable(fault, bench.stack);
    },
    trigger(mode, request) {
      const planned = planFault(scenario, mode, request, times);
      if (current !== undefined) throw faultActive(current.fault);
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
      throw unknownFault(id, faults);
    },
    idle: () => running,
  };
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

function withCountdown({ fault, holdUntil }: UnderWay): LabFault {
  if (holdUntil === undefined) return fault;
  return { ...fault, heals_in_ms: Math.max(0, Math.round(holdUntil - performance.now())) };
}
