import {
  type LabHome,
  type LabState,
  labHome,
  readState,
  removeHome,
  standing,
  withHome,
  writeState,
} from '#lab/home.ts';
import { removeKept, sweep } from '#runtimes/embedded/lab-folder.ts';
import { OperatorError } from '#std/errors.ts';
import { isAlive, sendSignal, signalTree } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import { helpOf, parseArguments } from '../arguments.ts';
import type { Host } from '../host.ts';
import { plainUsage, resetUsage } from './options.ts';
import { checkVariants, upCommand } from './up.ts';

const DOWN_LIMIT_MS = 150_000;
const KILLED_LIMIT_MS = 10_000;

/** `driftlab down`: ends the lab in order. */
export async function downCommand(args: readonly string[], host: Host): Promise<number> {
  const usage = plainUsage('down', 'Ends the lab in order: nothing of it keeps running.');
  if (parseArguments(usage, args).options.help) return help(host, helpOf(usage));
  const home = labHome(host.env);
  const stands = await withHome(home, () => standing(readState(home)));
  switch (stands.kind) {
    case 'none':
      host.stdout.write('there is no lab: nothing to end\n');
      return 0;
    case 'down':
      host.stdout.write('the lab is down already: nothing to end\n');
      return 0;
    case 'killed':
      host.stdout.write(
        `the lab was not running any more (${stands.rebooted ? 'the machine was restarted' : 'its daemon was killed'}); what it left has been ended\n`,
      );
      writeDown(home, stands.state);
      return 0;
    case 'alive':
      await end(host, home, stands.state, 'SIGTERM');
      host.stdout.write(
        readState(home)?.kept === undefined
          ? 'its data could not be kept (make logs says why): make up starts a new lab\n'
          : 'its data are kept: make up goes on, make clean removes them\n',
      );
      return 0;
  }
}

/** `driftlab clean`: ends the lab where it runs, and removes what it has kept. */
export async function cleanCommand(args: readonly string[], host: Host): Promise<number> {
  const usage = plainUsage('clean', 'Ends the lab and removes its data, its ledger and its logs.');
  if (parseArguments(usage, args).options.help) return help(host, helpOf(usage));
  const home = labHome(host.env);
  await endAndRemove(host, home);
  host.stdout.write('clean: nothing of a lab is left\n');
  return 0;
}

/** `driftlab reset`: a lab that is as new, with the same seed, rate and variants unless others are named. */
export async function resetCommand(args: readonly string[], host: Host): Promise<number> {
  // Asked for in a wrong way, it must not have ended anything.
  const { options } = parseArguments(resetUsage, args);
  if (options.help) return help(host, helpOf(resetUsage));
  await checkVariants(host, options.variants);
  const home = labHome(host.env);
  const before = readState(home);
  await endAndRemove(host, home);
  const same: string[] = [];
  if (before !== undefined) {
    if (options.seed === undefined) same.push('--seed', String(before.seed));
    if (options.rate === undefined) same.push('--rate', String(before.rate));
    if (options.variants === undefined) same.push('--variants', before.variants.join(','));
  }
  return upCommand([...same, ...args], host);
}

async function endAndRemove(host: Host, home: LabHome): Promise<void> {
  const stands = await withHome(home, () => standing(readState(home)));
  if (stands.kind === 'alive') await end(host, home, stands.state, 'SIGINT');
  const kept = readState(home)?.kept;
  if (kept !== undefined) removeKept(kept);
  removeHome(home);
}

async function end(host: Host, home: LabHome, before: LabState, signal: 'SIGTERM' | 'SIGINT'): Promise<void> {
  const { daemon } = before;
  const began = performance.now();
  sendSignal(daemon.pid, signal);
  try {
    await until(() => !isAlive(daemon), { what: 'the lab to end', limitMs: DOWN_LIMIT_MS, maxPauseMs: 100 });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    host.stderr.write('the lab did not end in order; it is killed, with all that belongs to it\n');
    signalTree(daemon.pid, 'SIGKILL');
    await until(() => !isAlive(daemon), { what: 'the killed lab to end', limitMs: KILLED_LIMIT_MS });
    sweep();
    writeDown(home, readState(home) ?? before);
  }
  host.stdout.write(`the lab is down after ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
}

/** Writes down that a killed lab is down. What it had gone on with is gone with it: nothing is kept. */
function writeDown(home: LabHome, { kept, ...state }: LabState): void {
  if (kept !== undefined) removeKept(kept);
  writeState(home, { ...state, phase: 'down' });
}

function help(host: Host, text: string): number {
  host.stdout.write(`${text}\n`);
  return 0;
}
