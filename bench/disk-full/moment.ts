import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { readHistory } from '#report/history.ts';
import { ROOT } from '#setup/layout.mjs';
import { freePorts } from '#std/free-port.ts';
import { identify, isAlive, markedWith, type ProcessMark } from '#std/process-table.ts';
import type { Random } from '#std/random.ts';
import { until } from '#std/wait.ts';
import type { Disks } from './disks.ts';

type Place = 'labs' | 'temp' | 'reports' | 'cache';

interface Command {
  readonly name: string;
  readonly args: (disks: Disks) => readonly string[];
  readonly places: readonly Place[];
  /** The disk gets full up to so long after the start. */
  readonly withinMs: number;
}

const PIPELINE = join(ROOT, 'harness', 'subject', 'fixtures', 'bank', 'pipeline.yaml');

export const COMMANDS: readonly Command[] = [
  {
    name: 'scenario',
    args: ({ reports }) => ['scenario', 'canonical', '--only', 'restart,lag', '--report-dir', reports],
    places: ['labs', 'temp', 'reports'],
    withinMs: 40_000,
  },
  {
    name: 'test',
    args: ({ reports }) => ['test', PIPELINE, '--report-dir', reports],
    places: ['labs', 'temp', 'reports'],
    withinMs: 25_000,
  },
  { name: 'lab', args: () => ['up'], places: ['labs', 'temp', 'reports'], withinMs: 40_000 },
  { name: 'set-up', args: () => ['setup'], places: ['cache', 'labs', 'temp'], withinMs: 10_000 },
];

const END_LIMIT_MS = 120_000;

interface World {
  readonly env: NodeJS.ProcessEnv;
  readonly mark: ProcessMark;
  readonly home: string;
}

/** Has one disk get full at one moment of one command. What was not as it must be, in words. */
export async function tryMoment(
  command: Command,
  disks: Disks,
  chance: Random,
  print: (line: string) => void,
): Promise<string[]> {
  const place = chance.pick(command.places);
  const afterMs = chance.below(command.withinMs);
  const world = await openWorld(command, disks);
  const child = driftlab(world, command.args(disks));
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const exit = once(child, 'exit');
  await delay(afterMs);
  const early = child.exitCode !== null;
  const free = disks.fill(place);
  const full = performance.now();
  const [status] = (await Promise.race([exit, delay(END_LIMIT_MS, ['no end'], { ref: false })])) as [unknown];
  if (child.exitCode === null) child.kill('SIGKILL');
  const said = [...(await output), command.name === 'lab' ? await labEnd(world) : ''].join('\n');
  const tookMs = performance.now() - full;
  free();
  const faults = early && command.name !== 'lab' ? [] : faultsOf(said, status, command);
  faults.push(...historyFaults(disks.reports), ...(await leftovers(world, disks)));
  const when = `${place} full after ${(afterMs / 1000).toFixed(1)} s`;
  const end = early ? `it had ended by then (${status})` : `exit ${status} ${(tookMs / 1000).toFixed(1)} s later`;
  print(`${faults.length === 0 ? '✓' : '✗'} ${command.name.padEnd(8)} ${when}: ${end}`);
  if (faults.length > 0) print(said.trim().split('\n').slice(-25).join('\n').replace(/^/gm, '      | '));
  return faults;
}

async function openWorld({ name }: Command, disks: Disks): Promise<World> {
  const [port] = await freePorts(1);
  const mark = { name: 'DRIFTLAB_BENCH', value: randomUUID() };
  const home = join(disks.reports, 'home');
  const env = {
    ...process.env,
    [mark.name]: mark.value,
    ...{ TMPDIR: disks.temp, DRIFTLAB_HOME: home, DRIFTLAB_PORT: String(port) },
    ...(name === 'set-up' ? { DRIFTLAB_CACHE: disks.cache } : {}),
  };
  return { env, mark, home };
}

function driftlab({ env }: World, args: readonly string[]) {
  return spawn(process.execPath, [join(ROOT, 'bin', 'driftlab.mjs'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What the daemon says when it ends; a lab that was up by then is in the background. */
async function labEnd({ home, mark }: World): Promise<string> {
  await until(() => markedWith(mark).length === 0, { what: 'the lab to end', limitMs: END_LIMIT_MS }).catch(() => {});
  const read = (name: string) => (existsSync(join(home, name)) ? readFileSync(join(home, name), 'utf8') : '');
  return `${read('daemon.log')}\n${read('state.json')}`;
}

function faultsOf(said: string, status: unknown, { name }: Command): string[] {
  return [
    // A lab that was up had told so, with 0.
    ...(status === 3 || (name === 'lab' && status === 0) ? [] : [`exit ${status}, not 3`]),
    ...(/no room left|too little room/.test(said) ? [] : ['it does not say which disk is full']),
    ...(/\d+ MB free|room for/.test(said) ? [] : ['it does not say what is needed']),
    ...(/^\s+at .*(:\d+:\d+|node:)/m.test(said) ? ['it shows a stack'] : []),
    ...(/unexpected error|Uncaught|UnhandledPromise/.test(said) ? ['an error was caught nowhere'] : []),
  ];
}

/** What was seen must be readable. */
function historyFaults(reports: string): string[] {
  return readdirSync(reports, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(reports, entry.name, 'events.jsonl')))
    .flatMap(({ name }) => {
      try {
        readHistory(join(reports, name));
        return [];
      } catch (error) {
        return [`its history is damaged: ${String(error)}`];
      }
    });
}

async function leftovers(world: World, disks: Disks): Promise<string[]> {
  const running = markedWith(world.mark);
  for (const { pid } of running) {
    const identity = identify(pid);
    if (identity !== undefined && isAlive(identity)) process.kill(pid, 'SIGKILL');
  }
  const files = [...readdirSync(disks.labs), ...readdirSync(disks.temp)].filter(
    (name) => !/^node-compile-cache/.test(name),
  );
  return [
    ...(running.length === 0 ? [] : [`${running.length} processes were left`]),
    ...(files.length === 0 ? [] : [`left: ${files.join(', ')}`]),
  ];
}
