import { basename, dirname, join } from 'node:path';
import { engineOf } from '#engines/index.ts';
import type { RunEvent } from '#model/run-event.ts';
import type { FailureMode, Scenario } from '#model/scenario.ts';
import type { Node, Stack, Topology } from '#model/stack.ts';
import { type Verdict, worst } from '#model/verdict.ts';
import { databaseName, dropDatabase, makeDatabase } from '#pipelines/databases.ts';
import { validateDesign } from '#pipelines/validate-design.ts';
import { runtimeOf, startStack } from '#runtimes/index.ts';
import { nodeExited, watchNodes } from '#runtimes/node-exit.ts';
import {
  diskFull,
  isDiskFull,
  type Place,
  type RoomWatch,
  requireRoom,
  saysDiskFull,
  watchRoom,
} from '#std/disk-full.ts';
import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { cutLogs } from '#std/log-cap.ts';
import { logTail } from '#std/log-tail.ts';
import { ableSteps, whyModeUnable } from './able.ts';
import { atSink, exitOf } from './expectation.ts';
import { installerOn } from './installer.ts';
import { thatFit, whyLeftOut } from './left-out.ts';
import { OBSERVATIONS_FILE, openObservations } from './observations.ts';
import { runMode } from './run-mode.ts';
import { productVersions, readVersions } from './versions.ts';
import type { Emit } from './watch.ts';

export interface RunOptions {
  readonly scenario: Scenario;
  /** The run's name, which is its folder's. */
  readonly run: string;
  readonly seed: number;
  /** Transactions per second. */
  readonly rate: number;
  readonly holdMs: number;
  /** How long everything may take to arrive once the writers have stopped; a minute where it is left out. */
  readonly drainLimitMs?: number;
  /** Ids of the modes to run; all where it is left out. */
  readonly only?: readonly string[];
  /** Operations at which faults are injected, by `mode/step`; where the writers have warmed up for those left out. */
  readonly atOperations?: Readonly<Record<string, number>>;
  /** Names of the variants to run; all where it is left out. A mode's own variants run where they are named or nothing is. */
  readonly variants?: readonly string[];
  /** The run's folder: the ledger and the nodes' logs go here. */
  readonly folder: string;
  /** The engines of source and sinks; the default where one is left out. */
  readonly engines?: { readonly source?: string; readonly sink?: string };
  /** What the stack is made of; as the scenario has it, or the lab by default, where it is left out. */
  readonly topology?: Topology;
  /** A stack that runs already, and goes on running; one of its own where it is left out. */
  readonly stack?: Stack;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
}

export interface RunResult {
  readonly verdict: Verdict;
  /** 0 as expected, 1 an expectation failed, 3 could not be judged, 130 interrupted. */
  readonly exit: 0 | 1 | 3 | 130;
}

/** History, ledger, observations, reports and logs of one run. */
const REPORT_MB = 64;

/**
 * Runs a scenario on a stack of its own: each of its failure modes one after another, each on a pipeline of its own, so
 * that what one has broken does not colour the next. Nothing of the stack is left when it returns. It does not throw
 * for what happens to the lab: the history says why a run ended early. Throws an OperatorError for a scenario that cannot
 * be run as it was asked for.
 */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const started = performance.now();
  const emit: Emit = (event) => options.emit({ at: Date.now(), ...event } as RunEvent);
  const { scenario, only } = options;
  const engines = options.engines ?? scenario.design?.engines;
  const modes = scenario.modes
    .filter((mode) => only?.includes(mode.id) ?? true)
    .map((mode) => atSink(mode, engines?.sink));
  const report: Place = { path: options.folder, neededMb: REPORT_MB };
  const places = [report, ...(options.stack === undefined ? runtimeOf(options.topology?.runtime).places() : [])];
  const full = new AbortController();
  using room = watchRoom(places, (failure) => full.abort(failure));
  const signal = AbortSignal.any([options.signal, full.signal]);
  emit({ type: 'run-started', ...describe(options, modes) });
  const end = (verdict: Verdict, exit: RunResult['exit'], reason?: string): RunResult => {
    const durationMs = performance.now() - started;
    emit({ type: 'run-ended', verdict, exit, durationMs, ...(reason === undefined ? {} : { reason }) });
    return { verdict, exit };
  };
  try {
    tellLeftOut(options, modes, emit);
    if (options.stack === undefined) requireRoom(places);
    const verdicts = await runModes({ ...options, signal }, modes, emit, room);
    // What the last checks saw may be a full disk's doing, too.
    const failure = room.look();
    if (failure !== undefined) throw failure;
    if (verdicts.length === 0) return end('UNKNOWN', 3, 'every failure mode was skipped');
    const verdict = worst(verdicts);
    return end(verdict, exitOf(verdict));
  } catch (thrown) {
    // A reason that nobody wished for: what was seen until then says nothing of a pipeline.
    const failure = options.signal.reason instanceof OperatorError ? options.signal.reason : undefined;
    if (options.signal.aborted && failure === undefined) return end('UNKNOWN', 130, 'interrupted');
    const error = failure ?? room.look() ?? (isDiskFull(thrown) ? diskFull(report, thrown) : thrown);
    // What was asked for cannot be done: there is nothing to report, and one error says why.
    if (error instanceof OperatorError && error.exit === 2) {
      end('UNKNOWN', 3, sayAs(error));
      throw error;
    }
    const reason = error instanceof OperatorError ? sayAs(error) : messageOf(error);
    emit({
      type: 'note',
      level: 'error',
      text: error instanceof Error && !(error instanceof OperatorError) ? (error.stack ?? reason) : reason,
    });
    return end('UNKNOWN', 3, reason);
  }
}

/** An error as a reason: whatever shows it says itself that it is one. */
function sayAs(error: OperatorError): string {
  return explain(error).replace(/^error: /, '');
}

function describe(options: RunOptions, modes: readonly FailureMode[]) {
  const { scenario, run, seed, rate, holdMs } = options;
  const names = new Set<string>();
  for (const mode of modes) for (const name of Object.keys(variantsOf(options, mode))) names.add(name);
  return {
    run,
    scenario: scenario.id,
    title: scenario.title,
    seed,
    rate,
    holdMs,
    variants: [...names],
    modes: modes.map((mode) => ({
      id: mode.id,
      title: mode.title,
      story: mode.story,
      variants: Object.keys(variantsOf(options, mode)),
      steps: mode.steps.map((step) => ({ id: step.id, title: step.title })),
    })),
    versions: { 'Node.js': process.versions.node },
  };
}

/** The variants that a mode runs with. */
function variantsOf(options: Pick<RunOptions, 'scenario' | 'variants' | 'topology' | 'engines'>, mode: FailureMode) {
  return thatFit(wantedOf(options, mode), fittingOf(options));
}

function wantedOf({ scenario, variants }: Pick<RunOptions, 'scenario' | 'variants'>, mode: FailureMode) {
  const all = Object.entries({ ...scenario.variants, ...mode.variants });
  return Object.fromEntries(all.filter(([name]) => variants?.includes(name) ?? true));
}

function topologyOf({ scenario, topology }: Pick<RunOptions, 'scenario' | 'topology'>): Topology {
  return { ...scenario.topology, ...topology };
}

/** What the run is made of, which a variant may not fit. */
function fittingOf(options: Pick<RunOptions, 'scenario' | 'topology' | 'engines'>) {
  const { sink } = options.engines ?? options.scenario.design?.engines ?? {};
  return { ...topologyOf(options), sink };
}

/**
 * Notes for the variants that cannot be in this run. Throws an OperatorError (`variant-impossible`) for one that
 * was asked for by its name.
 */
function tellLeftOut(options: RunOptions, modes: readonly FailureMode[], emit: Emit): void {
  const wanted = Object.assign({}, ...modes.map((mode) => wantedOf(options, mode))) as Scenario['variants'];
  for (const [name, spec] of Object.entries(wanted)) {
    const why = whyLeftOut(spec, fittingOf(options));
    if (why === undefined) continue;
    if (options.variants?.includes(name) === true) throw variantImpossible(name, why);
    emit({ type: 'note', level: 'info', text: `${name} is left out: ${why}` });
  }
}

function variantImpossible(name: string, why: string): OperatorError {
  return new OperatorError({
    code: 'variant-impossible',
    message: `${name} cannot be run here: ${why}`,
    expected: 'only variants that fit the records and the sink, in --variants',
    found: name,
    hint: 'leave it out, or use --format json or avro',
  });
}

async function runModes(
  options: RunOptions,
  modes: readonly FailureMode[],
  emit: Emit,
  room: RoomWatch,
): Promise<Verdict[]> {
  const started = performance.now();
  await using own = options.stack === undefined ? await boot(options, modes, emit) : undefined;
  const stack = options.stack ?? (own as Stack);
  const nodes = watchNodes(stack, (node) => room.look() ?? whyExited(node));
  const signal = AbortSignal.any([options.signal, nodes.signal]);
  try {
    return await onStack({ ...options, signal }, stack, modes, emit, performance.now() - started);
  } catch (error) {
    throw options.signal.aborted ? error : await nodes.causeOf(error);
  }
}

async function onStack(
  options: RunOptions,
  stack: Stack,
  modes: readonly FailureMode[],
  emit: Emit,
  tookMs: number,
): Promise<Verdict[]> {
  const { signal } = options;
  await using parts = new AsyncDisposableStack();
  emit({ type: 'stack-ready', tookMs, versions: productVersions(await readVersions(stack), stack.services) });
  const template = databaseName(stack.source, `driftlab_${options.scenario.workload.name}`);
  if (options.stack !== undefined) parts.defer(() => dropDatabase(stack, 'source', template));
  const skipped = await installTemplate(stack, template, options, modes, emit);
  for (const [mode, why] of skipped) emit({ type: 'mode-skipped', mode, why });
  const { design } = options.scenario;
  if (design !== undefined) await validateDesign(stack, design, options.scenario.variants, signal);
  const verdicts: Verdict[] = [];
  using cuts = new DisposableStack();
  cuts.defer(() => tellCuts(join(options.folder, 'logs'), emit));
  using observations = openObservations(join(options.folder, OBSERVATIONS_FILE));
  for (const planned of modes) {
    if (skipped.has(planned.id)) continue;
    const { mode, skipped: without } = ableSteps(planned, stack);
    for (const one of without) emit({ type: 'step-skipped', mode: mode.id, ...one });
    const modeStarted = performance.now();
    const variants = variantsOf(options, mode);
    emit({ type: 'mode-started', mode: mode.id, title: mode.title, variants: Object.keys(variants) });
    const verdict = await runMode({ ...options, stack, template, mode, variants, observations, emit });
    emit({ type: 'mode-ended', mode: mode.id, verdict, durationMs: performance.now() - modeStarted });
    verdicts.push(verdict);
  }
  return verdicts;
}

/** What a node says itself of a full disk is more than that it exited. */
function whyExited(node: Node): OperatorError {
  if (saysDiskFull(logTail(node.log, 50))) return diskFull({ path: dirname(node.log), neededMb: REPORT_MB });
  return nodeExited(node);
}

/** Logs that were too long to be kept whole: who reads them must know. */
function tellCuts(logs: string, emit: Emit): void {
  for (const { file, bytes } of cutLogs(logs)) {
    const text = `${basename(file)} grew too large: ${Math.round(bytes / 1e6)} MB were cut from its middle`;
    emit({ type: 'note', level: 'warn', text });
  }
}

function boot({ folder, signal, ...options }: RunOptions, modes: readonly FailureMode[], emit: Emit): Promise<Stack> {
  const { scenario, engines = scenario.design?.engines ?? {} } = options;
  return startStack(topologyOf(options), {
    logs: join(folder, 'logs'),
    signal,
    engines,
    attach: true,
    plugins: scenario.design?.plugins,
    network: modes.some(({ steps }) => steps.some(({ fault }) => fault.needs.includes('network'))),
    onState: (node, tookMs) =>
      emit({ type: 'node', node: node.name, state: node.state, ...(tookMs === undefined ? {} : { tookMs }) }),
  });
}

/**
 * Makes a database with the workload's tables and rows, of which every mode gets a copy. Returns the modes that cannot be
 * with it, and why.
 */
async function installTemplate(
  stack: Stack,
  template: string,
  { scenario, seed, only, signal }: RunOptions,
  modes: readonly FailureMode[],
  emit: Emit,
): Promise<ReadonlyMap<string, string>> {
  const engine = engineOf(stack.source);
  const database = await makeDatabase(stack, 'source', template);
  try {
    await scenario.workload.install(database, seed, installerOn(stack, engine.source), {
      signal,
      onWait: (wait) => emit({ type: 'wait', ...wait }),
    });
    const skipped = new Map<string, string>();
    for (const mode of modes) {
      const { id, whyNot } = mode;
      const why = whyModeUnable(mode, stack) ?? (await whyNot?.(database, seed));
      if (why === undefined) continue;
      if (only?.includes(id) === true) throw askedFor(id, why);
      skipped.set(id, why);
    }
    return skipped;
  } finally {
    // A database is copied only while nobody is connected to it.
    await database.close();
  }
}

function askedFor(mode: string, why: string): OperatorError {
  return new OperatorError({
    code: 'mode-impossible',
    message: `${mode} cannot be run here: ${why}`,
    expected: 'only modes that can be run here, in --only',
    found: mode,
  });
}
