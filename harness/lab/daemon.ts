import type { Catalogue } from '#contracts/catalogue.ts';
import { atSink } from '#engine/expectation.ts';
import type { LabEvent } from '#model/lab.ts';
import type { VariantSpec } from '#model/pipeline.ts';
import type { Scenario } from '#model/scenario.ts';
import type { Topology } from '#model/stack.ts';
import { runtimeOf } from '#runtimes/index.ts';
import { asDiskFull, isDiskFull, requireRoom, watchRoom } from '#std/disk-full.ts';
import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { identify } from '#std/process-table.ts';
import { endRun } from '#std/run-end.ts';
import { type LabHome, makeToken, markDaemon, writeState } from './home.ts';
import { type ServerOptions, serveLab } from './http/server.ts';
import { createLab, type LiveLab } from './open-lab.ts';
import type { LabEngines, LabState } from './state.ts';

export interface DaemonOptions {
  readonly home: LabHome;
  readonly port: number;
  readonly scenario: Scenario;
  readonly variants: Readonly<Record<string, VariantSpec>>;
  readonly seed: number;
  readonly rate: number;
  readonly engines: LabEngines;
  readonly topology: Topology;
  /** What is published of what the lab can do. */
  readonly catalogue: Catalogue;
  /** The state of a lab that was ended in order, to go on with. */
  readonly before?: LabState;
  /** Aborted when the daemon is told to end. */
  readonly signal: AbortSignal;
  /** Asked then: whether the lab's data are still wanted. */
  readonly keeps: () => boolean;
  /** Adds paths to the lab's HTTP interface. */
  readonly addMore?: ServerOptions['addMore'];
  /** A line for the daemon's log. */
  readonly log: (line: string) => void;
}

/** Room for the lab's ledger, logs and state. */
const HOME_MB = 64;

/** Exit status of a lab that could not be started, or could not go on. */
const COULD_NOT = 3;

/**
 * Runs the lab until it is told to end: HTTP first, so that one may watch it start, then the servers and all that runs on
 * them. The state file says at every moment how it stands.
 */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const { home, port, variants, seed, rate, engines, topology, signal, log } = options;
  const modes = options.scenario.modes.map((mode) => atSink(mode, engines.sink));
  const scenario = { ...options.scenario, modes };
  const daemon = identify(process.pid);
  if (daemon === undefined) throw new Error('this process is not in the process table');
  const startedAt = options.before?.startedAt ?? Date.now();
  const id = options.before?.id ?? `lab-${startedAt}`;
  const kept = options.before?.kept;
  let state: LabState = {
    phase: 'starting',
    ...{ id, daemon, port, startedAt, seed, rate, engines, topology },
    variants: Object.keys(variants),
    ...(kept === undefined ? {} : { kept }),
  };
  const save = (fields: Partial<LabState>): void => {
    state = { ...state, ...fields };
    try {
      writeState(home, state);
    } catch (error) {
      endRun(asDiskFull(error, { path: home.folder, neededMb: HOME_MB }) ?? error);
    }
  };
  save({});
  markDaemon(home, daemon);
  const token = makeToken(home);
  const lab = createLab({
    ...{ id, home, scenario, variants, seed, rate, engines, topology, startedAt, signal },
    ...(kept === undefined ? {} : { kept }),
  });
  lab.hub.listen(({ event }) => {
    const line = logLine(event);
    if (line !== undefined) log(`${new Date(event.at).toISOString()} ${line}`);
  });
  const places = [{ path: home.folder, neededMb: HOME_MB }, ...runtimeOf(topology.runtime).places()];
  using _room = watchRoom(places, endRun);
  try {
    requireRoom(places);
    const { catalogue, addMore } = options;
    await using server = await serveLab({ lab, port, token, catalogue, addMore });
    await using running = lab;
    await running.start();
    save({ phase: 'running', ...addressesOf(lab) });
    log(`${new Date().toISOString()} ready: http://127.0.0.1:${server.port}`);
    await aborted(signal);
    const failure = failureOf(signal);
    // Servers that find their disk full cannot end in order, and their data take the room.
    if (!options.keeps() || isDiskFull(failure)) lab.discard();
    if (failure !== undefined) throw failure;
    save({ phase: 'stopping' });
  } catch (thrown) {
    const error = failureOf(signal) ?? thrown;
    if (!signal.aborted || failureOf(signal) !== undefined) {
      const reason = error instanceof OperatorError ? explain(error) : ((error as Error).stack ?? messageOf(error));
      log(`${new Date().toISOString()} ${reason}`);
      save({ phase: 'failed', error: reason, ...keptBy(lab) });
      return COULD_NOT;
    }
  }
  save({ phase: 'down', ...keptBy(lab) });
  log(`${new Date().toISOString()} down`);
  return 0;
}

/** Why the daemon ends, where nobody has told it to. */
function failureOf({ reason }: AbortSignal): OperatorError | undefined {
  return reason instanceof OperatorError ? reason : undefined;
}

function addressesOf({ addresses }: LiveLab): Partial<LabState> {
  return addresses === undefined ? {} : { addresses };
}

/** JSON leaves out what is undefined: data that could not be kept are not said to be. */
function keptBy({ kept }: LiveLab): Partial<LabState> {
  return { kept } as Partial<LabState>;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What of an event belongs into a log. */
function logLine(event: LabEvent): string | undefined {
  switch (event.type) {
    case 'node':
      return `${event.node} ${event.state}`;
    case 'phase':
      return `${event.step ?? event.mode} ${event.phase}: ${event.text}`;
    case 'fault':
      return `${event.step} ${event.state}: ${event.text ?? event.kind}`;
    case 'note':
      return `${event.level}: ${event.text}`;
    case 'step-judged':
      return `${event.result.step} ${event.result.verdict}: ${event.result.fault.summary}`;
    case 'lab-alert':
      return `alert: ${event.alert.text}`;
    case 'lab-phase':
      return `the lab is ${event.phase}`;
    default:
      return undefined;
  }
}
