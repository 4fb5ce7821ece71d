import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Report } from '#report/report.ts';
import { freePorts } from '#std/free-port.ts';
import type { Random } from '#std/random.ts';
import { type Ended, type Killed, openPlace, type Place, stackIn } from './victim.ts';

const NODES = ['source', 'sink', 'broker', 'connect', 'connect-sink'] as const;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;
/** Short, and with a worker that is killed on purpose in its midst. */
const RUN = ['scenario', 'canonical', '--only', 'restart', '--variants', 'dedup,debezium-jdbc', '--hold', '0.5'];

/** How long a run takes that nobody kills, in ms: moments are chosen within it. */
export async function runMs(): Promise<number> {
  await using place = openPlace();
  const began = performance.now();
  const { how, text } = await place.run(...RUN, '--report-dir', place.folder);
  if (how !== 0) throw new Error(`a run that nobody kills exits with ${how}:\n${text}`);
  return performance.now() - began;
}

function reportOf(folder: string): Report | undefined {
  const run = readdirSync(folder).find((name) => existsSync(join(folder, name, 'events.jsonl')));
  const file = join(folder, run ?? '', 'report.json');
  return run !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined;
}

function began(folder: string): boolean {
  return readdirSync(folder).some((name) => existsSync(join(folder, name, 'events.jsonl')));
}

/** The command of a run gets a signal. */
export async function killRun(rng: Random, lengthMs: number): Promise<Killed> {
  await using place = openPlace();
  const signal = rng.pick(SIGNALS);
  const afterMs = rng.below(lengthMs);
  const what = `run: ${signal} after ${(afterMs / 1000).toFixed(1)} s`;
  const { child, ended } = place.start(...RUN, '--report-dir', place.folder);
  await Promise.race([delay(afterMs), ended]);
  child.kill(signal);
  const end = await ended;
  const wrong = stackIn(end);
  const allowed = signal === 'SIGKILL' ? ['SIGKILL', 0] : [130, 0];
  if (!allowed.includes(end.how)) wrong.push(`exit ${end.how}\n${end.text.slice(-1500)}`);
  wrong.push(...(await place.leftovers()));
  // Written when it ends; of what was killed outright the history stays, and gives a report.
  if (signal !== 'SIGKILL' && began(place.folder) && reportOf(place.folder) === undefined) wrong.push('no report.json');
  if (signal === 'SIGKILL' && began(place.folder)) wrong.push(...(await reportedAgain(place)));
  return { what, wrong };
}

async function reportedAgain(place: Place): Promise<string[]> {
  const run = readdirSync(place.folder).find((name) => existsSync(join(place.folder, name, 'events.jsonl'))) ?? '';
  // Killed before its first event was written, there is nothing to report, and that is what it says.
  if (readFileSync(join(place.folder, run, 'events.jsonl'), 'utf8') === '') return [];
  const again = await place.run('report', join(place.folder, run));
  return [...stackIn(again), ...(reportOf(place.folder) === undefined ? [`no report of it: ${again.text}`] : [])];
}

/** A node of a run gets SIGKILL. */
export async function killNode(rng: Random, lengthMs: number): Promise<Killed> {
  await using place = openPlace();
  const name = rng.pick(NODES);
  const afterMs = rng.below(lengthMs);
  const { ended } = place.start(...RUN, '--report-dir', place.folder);
  await Promise.race([delay(afterMs), ended]);
  let over = false;
  void ended.then(() => (over = true));
  let killed = false;
  while (!killed && !over) {
    const pid = place.nodes().get(name);
    if (pid !== undefined) killed = tryKill(pid);
    else await delay(20);
  }
  const what = `node: SIGKILL to ${name} after ${(afterMs / 1000).toFixed(1)} s${killed ? '' : ' (the run was over)'}`;
  const end = await ended;
  const wrong = stackIn(end);
  if (killed) wrong.push(...saysExit(end, name));
  else if (end.how !== 0) wrong.push(`exit ${end.how}\n${end.text.slice(-1500)}`);
  wrong.push(...(await place.leftovers()));
  if (reportOf(place.folder) === undefined) wrong.push('no report.json');
  return { what, wrong };
}

function tryKill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** A run whose node was killed says so, and has no verdict; one that was ending anyway may have had its own. */
function saysExit({ how, text }: Ended, name: string): string[] {
  if (how === 0 && /^PASS /m.test(text)) return [];
  const says = new RegExp(`the node ${name} (exited|did not start)`).test(text);
  return how === 3 && says
    ? []
    : [`exit ${how}, and it does ${says ? '' : 'not '}say that ${name} exited\n${text.slice(-1500)}`];
}

/** The live lab's daemon gets a signal, while it starts or later; or one of its nodes gets SIGKILL. */
export async function killLab(rng: Random, victim: 'daemon' | 'node', lengthMs: number): Promise<Killed> {
  const [port] = await freePorts(1);
  await using place = openPlace({ DRIFTLAB_PORT: String(port) });
  const afterMs = rng.below(lengthMs);
  const signal = victim === 'node' ? 'SIGKILL' : rng.pick(['SIGTERM', 'SIGKILL'] as const);
  const name = rng.pick(NODES);
  const { ended } = place.start('up', '--variants', 'dedup');
  await delay(afterMs);
  const pid = await until(() => (victim === 'node' ? place.nodes().get(name) : daemonOf(place)), ended);
  if (pid !== undefined) process.kill(pid, signal);
  const up = await ended;
  const what = `lab: ${signal} to ${victim === 'node' ? name : 'the daemon'} after ${(afterMs / 1000).toFixed(1)} s`;
  const wrong = stackIn(up);
  if (typeof up.how !== 'number' || ![0, 3].includes(up.how)) wrong.push(`up: exit ${up.how}\n${up.text.slice(-1500)}`);
  if (victim === 'node' && pid !== undefined && up.how === 3 && !up.text.includes(`the node ${name} exited`))
    wrong.push(`up does not say that ${name} exited\n${up.text.slice(-1500)}`);
  const status = await place.run('status');
  wrong.push(...stackIn(status));
  if (victim === 'node' && pid !== undefined && up.how === 0) {
    const health = await fetch(`http://127.0.0.1:${port}/health`).then((answer) => answer.text());
    if (!health.includes(`the node ${name} exited`)) wrong.push(`the lab does not say that ${name} exited: ${health}`);
  }
  const clean = await place.run('clean');
  wrong.push(...stackIn(clean));
  if (clean.how !== 0) wrong.push(`clean: exit ${clean.how}\n${clean.text}`);
  wrong.push(...(await place.leftovers()));
  return { what, wrong };
}

function daemonOf(place: Place): number | undefined {
  try {
    const state = JSON.parse(readFileSync(join(place.folder, 'live', 'state.json'), 'utf8')) as {
      readonly daemon?: { readonly pid: number };
    };
    return state.daemon?.pid;
  } catch {
    return undefined;
  }
}

/** Asks until there is an answer, or the command has failed. */
async function until<T>(ask: () => T | undefined, ended: Promise<Ended>): Promise<T | undefined> {
  let failed = false;
  void ended.then(({ how }) => (failed = how !== 0));
  for (;;) {
    const answer = ask();
    if (answer !== undefined || failed) return answer;
    await delay(20);
  }
}

/** Set-up of the JVM parts into an empty cache gets a signal; the next set-up must end well. */
export async function killSetup(rng: Random): Promise<Killed> {
  const cache = openPlace();
  await using place = openPlace({ DRIFTLAB_CACHE: join(cache.folder, 'cache') });
  await using _folder = cache;
  mkdirSync(join(cache.folder, 'cache'));
  const signal = rng.pick(SIGNALS);
  const afterMs = rng.below(20_000);
  const { child, ended } = place.start('setup');
  await Promise.race([delay(afterMs), ended]);
  child.kill(signal);
  const end = await ended;
  const wrong = stackIn(end);
  const allowed = signal === 'SIGKILL' ? ['SIGKILL', 0] : [signal, 130, 143, 0];
  if (!allowed.includes(end.how)) wrong.push(`exit ${end.how}\n${end.text.slice(-1500)}`);
  const again = await place.run('setup');
  if (again.how !== 0) wrong.push(`the next set-up: exit ${again.how}\n${again.text.slice(-1500)}`);
  wrong.push(...(await place.leftovers()));
  return { what: `set-up: ${signal} after ${(afterMs / 1000).toFixed(1)} s`, wrong };
}
