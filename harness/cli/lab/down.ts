import {
  type LabHome,
  labHome,
  markedDaemon,
  readState,
  removeHome,
  type Standing,
  standing,
  withHome,
  writeState,
} from '#lab/home.ts';
import type { LabState } from '#lab/state.ts';
import { sweepAttached } from '#runtimes/attached/sweep.ts';
import { clearDamaged } from '#runtimes/embedded/damaged-labs.ts';
import { keptLabs, removeKept, sweep } from '#runtimes/embedded/lab-folder.ts';
import { OperatorError } from '#std/errors.ts';
import { isAlive, type ProcessIdentity, sendSignal, signalTree } from '#std/process-table.ts';
import { visibleLines } from '#std/visible.ts';
import { until } from '#std/wait.ts';
import { helpOf, parseArguments } from '../arguments.ts';
import type { Host } from '../host.ts';
import { topologyOf, topologyWords } from '../topology.ts';
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
          ? 'its data could not be kept (npx driftlab logs says why): npx driftlab up starts a new lab\n'
          : 'its data are kept: npx driftlab up goes on, npx driftlab clean removes them\n',
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

/** `driftlab reset`: a lab that is as new, with the same seed, rate, variants, engines and topology unless others are named. */
export async function resetCommand(args: readonly string[], host: Host): Promise<number> {
  // Asked for in a wrong way, it must not have ended anything.
  const { options } = parseArguments(resetUsage, args);
  if (options.help) return help(host, helpOf(resetUsage));
  await checkVariants(host, options.variants);
  const home = labHome(host.env);
  const found = find(home);
  const before = 'state' in found ? found.state : undefined;
  await endAndRemove(host, home);
  const same: string[] = [];
  if (before !== undefined) {
    if (options.seed === undefined) same.push('--seed', String(before.seed));
    if (options.rate === undefined) same.push('--rate', String(before.rate));
    if (options.variants === undefined) same.push('--variants', before.variants.join(','));
    for (const side of ['source', 'sink'] as const) {
      const engine = before.engines?.[side];
      if (options[side] === undefined && engine !== undefined) same.push(`--${side}`, engine);
    }
    same.push(...topologyWords({ ...before.topology, ...topologyOf(options) }));
  }
  return upCommand([...same, ...args], host);
}

/** How a lab stands whose state may be damaged: then its daemon is known from elsewhere, if at all. */
type Found = Standing | { readonly kind: 'damaged'; readonly daemon: ProcessIdentity | undefined };

function find(home: LabHome): Found {
  try {
    return standing(readState(home));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { kind: 'damaged', daemon: markedDaemon(home) };
  }
}

async function endAndRemove(host: Host, home: LabHome): Promise<void> {
  const found = await withHome(home, () => find(home));
  if (found.kind === 'alive') await end(host, home, found.state, 'SIGINT');
  if (found.kind === 'damaged') await endDamaged(host, home, found.daemon);
  const now = find(home);
  if ('state' in now && now.state.kept !== undefined) removeKept(now.state.kept);
  const left = removeHome(home);
  if (left.length > 0) host.stdout.write(`left in ${home.folder}, as it is not the lab's: ${left.join(', ')}\n`);
  for (const { path, inUse } of clearDamaged())
    if (inUse.length > 0)
      host.stdout.write(`left: ${path}, a damaged lab in which process ${inUse.join(', ')} still works\n`);
  for (const line of await sweepAttached({ forget: true })) host.stdout.write(`${visibleLines(line)}\n`);
}

/** Ends a lab that cannot say how it stands, and removes what it kept: the daemon was the owner of that. */
async function endDamaged(host: Host, home: LabHome, daemon: ProcessIdentity | undefined): Promise<void> {
  if (daemon === undefined) return;
  if (isAlive(daemon)) await end(host, home, { daemon }, 'SIGINT');
  for (const { path, manifest } of keptLabs())
    if (manifest.owner.pid === daemon.pid && manifest.owner.started === daemon.started) removeKept(path);
}

async function end(
  host: Host,
  home: LabHome,
  { daemon, ...before }: Pick<LabState, 'daemon'> | LabState,
  signal: 'SIGTERM' | 'SIGINT',
): Promise<void> {
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
    const now = find(home);
    if ('state' in now) writeDown(home, now.state);
    else if ('phase' in before) writeDown(home, { ...before, daemon });
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
