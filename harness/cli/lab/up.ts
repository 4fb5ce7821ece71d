import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { clientOf } from '#lab/client.ts';
import {
  type LabHome,
  labHome,
  labPort,
  makeHome,
  readState,
  removeHome,
  type Standing,
  standing,
  withHome,
} from '#lab/home.ts';
import { readMemory } from '#lab/memory.ts';
import { isLive } from '#lab/plan.ts';
import type { LabState } from '#lab/state.ts';
import type { LabEvent } from '#model/lab.ts';
import type { Scenario } from '#model/scenario.ts';
import { programFile, WORK } from '#setup/layout.mjs';
import { fullPlace } from '#std/disk-full.ts';
import { OperatorError } from '#std/errors.ts';
import { logTail } from '#std/log-tail.ts';
import { identify, isAlive, type ProcessIdentity, sendSignal, signalTree } from '#std/process-table.ts';
import { visibleIn, visibleLines } from '#std/visible.ts';
import { until } from '#std/wait.ts';
import { helpOf, parseArguments, unknownName } from '../arguments.ts';
import type { Host } from '../host.ts';
import { INTERRUPTED, listenForInterrupt } from '../interrupt.ts';
import { ENGINE } from '../options.ts';
import { clusterWords, topologyOf, topologyOptions, topologyWords } from '../topology.ts';
import { LAB_RATE, upUsage } from './options.ts';

const READY_LIMIT_MS = 240_000;
const TAKEN_LIMIT_MS = 60_000;
/** Room for the lab's ledger, logs and state. */
const HOME_MB = 64;
/**
 * Some 200 MB of the daemon's memory live at any time; left to themselves, V8 and malloc would let garbage grow to
 * several times that before they give it back. `--expose-gc`: what a comparison of everything leaves is collected then.
 */
const LEAN = ['--max-old-space-size=1024', '--max-semi-space-size=8', '--heap-growing-percent=40', '--expose-gc'];
/**
 * What Kafka's answers are read into is large, and many at once after a snapshot. By default glibc raises the size from
 * which memory is the system's own with each such block it frees, and from then on keeps them among small ones that stay:
 * 140 MB of the daemon were never given back. A size that is set is not raised.
 */
const LEAN_ENV = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** `driftlab up`: starts the lab in the background and returns when it is ready. */
export async function upCommand(args: readonly string[], host: Host): Promise<number> {
  const { options } = parseArguments(upUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(upUsage)}\n`);
    return 0;
  }
  const home = labHome(host.env);
  await checkVariants(host, options.variants);
  using interrupt = listenForInterrupt({
    process: host.process,
    exit: host.exit,
    onFirst: (signal) => host.stderr.write(`${signal}: stopping\n`),
  });
  const { signal } = interrupt;
  const begun: ProcessIdentity[] = [];
  try {
    const found = await withHome(home, async () => {
      const stands = standing(readState(home));
      if (stands.kind === 'alive') return { state: stands.state };
      const wanted = prepare(host, home, stands, options);
      signal.throwIfAborted();
      const daemon = startDaemon(home, labPort(host.env), wanted);
      begun.push(daemon);
      await takenOver(home, daemon, signal);
      return { daemon };
    });
    if (found.state !== undefined) return await alreadyUp(host, home, found.state, signal);
    return await follow(host, home, found.daemon, performance.now(), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    // What was begun here ends with it; a lab that somebody else starts goes on.
    for (const daemon of begun) await endStarted(home, daemon);
    if (interrupt.failure !== undefined) throw interrupt.failure;
    return INTERRUPTED;
  }
}

const END_LIMIT_MS = 60_000;

/** Ends a lab that was being started: what had been kept before stays kept, of a new one nothing stays. */
async function endStarted(home: LabHome, daemon: ProcessIdentity): Promise<void> {
  sendSignal(daemon.pid, readState(home)?.kept === undefined ? 'SIGINT' : 'SIGTERM');
  await until(() => !isAlive(daemon), { what: 'the lab to end', limitMs: END_LIMIT_MS, maxPauseMs: 50 }).catch(() =>
    signalTree(daemon.pid, 'SIGKILL'),
  );
}

interface Wanted {
  readonly seed?: number | undefined;
  readonly rate?: number | undefined;
  readonly variants?: readonly string[] | undefined;
  readonly source?: string | undefined;
  readonly sink?: string | undefined;
  readonly runtime?: string | undefined;
  readonly brokers?: number | undefined;
  readonly workers?: number | undefined;
  readonly 'allow-writes'?: boolean;
}

/** Makes the home ready for a daemon where none lives. Returns the daemon's arguments. */
function prepare(host: Host, home: LabHome, stands: Standing, wanted: Wanted): readonly string[] {
  // Wrong usage is said before anything is removed.
  labPort(host.env);
  announce(host, stands);
  const before = stands.kind === 'down' && stands.state.kept !== undefined ? stands.state : undefined;
  if (before === undefined) removeHome(home);
  else goesOn(host, home, before, wanted);
  const seed = before?.seed ?? wanted.seed ?? host.randomSeed();
  const variants = before?.variants ?? wanted.variants;
  const { source, sink } = before === undefined ? wanted : (before.engines ?? {});
  const topology = before === undefined ? topologyOf(wanted) : before.topology;
  return [
    ...['--seed', String(seed), '--rate', String(wanted.rate ?? before?.rate ?? LAB_RATE)],
    ...(variants === undefined ? [] : ['--variants', variants.join(',')]),
    ...(source === undefined ? [] : ['--source', source]),
    ...(sink === undefined ? [] : ['--sink', sink]),
    ...topologyWords(topology),
    ...(wanted['allow-writes'] === true ? ['--allow-writes'] : []),
  ];
}

/** Resolves when the home's state is the daemon's own, or it has ended. */
function takenOver(home: LabHome, daemon: ProcessIdentity, signal: AbortSignal): Promise<boolean> {
  return until(() => readState(home)?.daemon.pid === daemon.pid || !isAlive(daemon), {
    ...{ what: 'the daemon to take the lab over', limitMs: TAKEN_LIMIT_MS, maxPauseMs: 50, signal },
    hint: 'npx driftlab logs shows what it does',
  });
}

/** Throws an OperatorError for a variant that the lab does not have. */
export async function checkVariants(
  host: Pick<Host, 'loadScenarios'>,
  variants: readonly string[] | undefined,
): Promise<void> {
  const scenario = await labScenario(host);
  const known = Object.keys({ ...scenario.variants, ...ownVariants(scenario) });
  for (const name of variants ?? []) if (!known.includes(name)) throw unknownName('variant', name, known);
}

/** The scenario that the lab lives on, with the modes of others that only some labs have: for their sources, or their clusters. */
export async function labScenario(host: Pick<Host, 'loadScenarios'>): Promise<Scenario> {
  const [scenario, ...others] = await host.loadScenarios();
  if (scenario === undefined) throw new Error('there is no scenario');
  return { ...scenario, modes: [scenario, ...others].flatMap(({ modes }) => modes).filter(isLive) };
}

/** Variants that only some modes add; the lab runs them where they are asked for. */
export function ownVariants(scenario: Scenario): Scenario['variants'] {
  return Object.assign({}, ...scenario.modes.map(({ variants }) => variants ?? {}));
}

async function alreadyUp(host: Host, home: LabHome, state: LabState, signal: AbortSignal): Promise<number> {
  if (state.phase === 'starting') {
    host.stdout.write('the lab is being started already; waiting until it is ready\n');
    return follow(host, home, state.daemon, performance.now(), signal);
  }
  if (state.phase === 'stopping') {
    throw new OperatorError({
      code: 'lab-stopping',
      message: 'the lab is being ended at this moment',
      hint: 'try again when it is down: npx driftlab up',
    });
  }
  host.stdout.write(`the lab is up already, since ${new Date(state.startedAt).toLocaleTimeString('sv')}\n`);
  host.stdout.write(welcome(state));
  return 0;
}

/** Says that a lab goes on; throws an OperatorError where it is asked to go on as another one. */
function goesOn(host: Host, home: LabHome, before: LabState, asked: Wanted) {
  const differs = [
    ...(asked.seed === undefined || asked.seed === before.seed ? [] : [`seed ${before.seed}`]),
    ...(asked.variants === undefined || asked.variants.toSorted().join() === before.variants.toSorted().join()
      ? []
      : [`variants ${before.variants.join(', ')}`]),
    ...(['source', 'sink'] as const).flatMap((side) => {
      const engine = before.engines?.[side] ?? ENGINE;
      return asked[side] === undefined || asked[side] === engine ? [] : [`${side} ${engine}`];
    }),
    ...Object.entries(topologyOf(asked) ?? {}).flatMap(([name, value]) => {
      const option = name as keyof typeof topologyOptions;
      const kept = String(before.topology?.[option] ?? topologyOptions[option].otherwise);
      return kept === String(value) ? [] : [`${name} ${kept}`];
    }),
  ];
  if (differs.length > 0)
    throw new OperatorError({
      code: 'lab-differs',
      message: 'the lab that was kept is another one',
      expected: differs.join(' and '),
      found: 'other ones asked for',
      hint: 'npx driftlab up goes on with it as it is; npx driftlab reset (with --seed …) starts a new one',
    });
  // Without its memory it would write the same rows again.
  readMemory(home);
  host.stdout.write('the lab goes on with the data it has kept (npx driftlab reset starts a new one)\n');
}

function announce(host: Host, stands: Standing): void {
  if (stands.kind !== 'killed') return;
  const why = stands.rebooted ? 'the machine was restarted while it ran' : 'its daemon was killed';
  host.stdout.write(`the last lab did not end in order (${why}); what it left has been ended, this one starts anew\n`);
}

/** Starts the daemon, apart from this terminal. What it writes goes to its log. */
function startDaemon(home: LabHome, port: number, args: readonly string[]): ProcessIdentity {
  makeHome(home);
  writeFileSync(home.log, '');
  const log = openSync(home.log, 'a', 0o600);
  const main = programFile('harness/cli/main');
  const child = spawn(process.execPath, [...process.execArgv, ...LEAN, main, 'lab-daemon', ...args], {
    cwd: WORK,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...LEAN_ENV, DRIFTLAB_PORT: String(port), DRIFTLAB_HOME: home.folder },
  });
  closeSync(log);
  child.unref();
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity !== undefined) return identity;
  throw new OperatorError({
    code: 'lab-failed',
    message: 'the lab could not be started',
    found: logTail(home.log),
    exit: 3,
  });
}

/** Says what happens until the lab is ready, or has failed. */
async function follow(
  host: Host,
  home: LabHome,
  daemon: ProcessIdentity,
  began: number,
  signal: AbortSignal,
): Promise<number> {
  const seen = new AbortController();
  let told: Promise<void> | undefined;
  const state = await until(
    () => {
      const written = readState(home);
      // Until the daemon has written its own, the state is that of the one before.
      const now = written?.daemon.pid === daemon.pid ? written : undefined;
      if (now !== undefined && now.phase !== 'failed') {
        told ??= tell(host, home, now, seen.signal);
        if (now.phase === 'running') return now;
      }
      if (now?.phase === 'down' || !existsSync(home.folder)) throw endedMeanwhile();
      if (now?.phase === 'failed' || !isAlive(daemon)) throw failed(home, now);
      return undefined;
    },
    {
      what: 'the lab to be ready',
      limitMs: READY_LIMIT_MS,
      ...{ pauseMs: 50, maxPauseMs: 100, signal },
      hint: 'npx driftlab logs shows what it does; npx driftlab down ends it',
    },
  ).finally(() => seen.abort());
  await told;
  host.stdout.write(`the lab is up after ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  host.stdout.write(welcome(state));
  return 0;
}

function endedMeanwhile(): OperatorError {
  return new OperatorError({
    code: 'lab-ended',
    message: 'the lab was ended before it was ready',
    expected: 'a lab that is left to start',
    found: 'driftlab down, clean or reset meanwhile',
    hint: 'npx driftlab up starts it again',
    exit: 3,
  });
}

function failed(home: LabHome, state: LabState | undefined): OperatorError {
  // On a full disk the daemon could write neither its log nor its state.
  const full = state?.error === undefined ? fullPlace([{ path: home.folder, neededMb: HOME_MB }]) : undefined;
  if (full !== undefined) return full;
  return new OperatorError({
    code: 'lab-failed',
    message: 'the lab could not be started',
    found: `\n${(state?.error ?? logTail(home.log)).replace(/^/gm, '    ')}`,
    hint: 'npx driftlab doctor shows what this machine lacks; npx driftlab logs shows all it has said',
    exit: 3,
  });
}

/** The start's events, as lines. It is only told: what goes wrong with it is no reason to end. */
async function tell(host: Host, home: LabHome, state: LabState, signal: AbortSignal): Promise<void> {
  const { lineReporter } = await import('#tui/lines.ts');
  const report = lineReporter();
  try {
    await until(async () => (await fetch(`http://127.0.0.1:${state.port}/health`, { signal })).status > 0, {
      what: 'the lab to answer',
      limitMs: 10_000,
      signal,
    });
    for await (const event of clientOf(home, state).events(signal)) {
      if (isRunEvent(event)) for (const line of report(visibleIn(event))) host.stdout.write(`${line}\n`);
      if (event.type === 'lab-phase' && event.phase === 'running') return;
    }
  } catch (error) {
    if (!signal.aborted) host.stderr.write(`what the lab does cannot be shown: ${visibleLines(String(error))}\n`);
  }
}

export function isRunEvent(event: LabEvent): event is Exclude<LabEvent, { type: `lab-${string}` }> {
  return !event.type.startsWith('lab-');
}

function welcome(state: LabState): string {
  const { source = ENGINE, sink = ENGINE } = state.engines ?? {};
  return [
    `  http://127.0.0.1:${state.port}   seed ${state.seed}, ${state.rate} transactions/s, variants ${state.variants.join(', ')}`,
    `  from ${source} to ${sink}${clusterWords(state.topology)}`,
    '  npx driftlab watch shows it, trigger-restart breaks it, status reports its state, down ends it',
    '',
  ].join('\n');
}
