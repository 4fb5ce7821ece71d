import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LABS, ROOT } from '#setup/layout.mjs';

/** What a kill was, and what was not as it must be after it. */
export interface Killed {
  readonly what: string;
  readonly wrong: readonly string[];
}

export interface Ended {
  /** Exit status, or the signal. */
  readonly how: number | NodeJS.Signals;
  readonly text: string;
}

/** A place of its own for commands that are to be killed: their processes bear its mark, their files lie in its folder. */
export interface Place extends AsyncDisposable {
  readonly folder: string;
  start(...args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> };
  run(...args: readonly string[]): Promise<Ended>;
  /** The nodes of its labs that run now, by name. */
  nodes(): ReadonlyMap<string, number>;
  /** What is left of it once the next command has run. */
  leftovers(): Promise<string[]>;
}

const COMMAND_LIMIT_MS = 900_000;

interface Manifest {
  readonly owner?: { readonly pid: number };
  readonly children?: readonly { readonly name: string; readonly pid: number }[];
  readonly folders?: readonly string[];
}

export function openPlace(env: Readonly<Record<string, string>> = {}): Place {
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-kills-'));
  const mark = `DRIFTLAB_BENCH_MARK=${randomBytes(8).toString('hex')}`;
  const [name = '', value = ''] = mark.split('=');
  const before = new Set(labNames());
  const start: Place['start'] = (...args) => {
    const child = spawn(process.execPath, [join(ROOT, 'bin', 'driftlab.mjs'), ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env, [name]: value, NO_COLOR: '1', DRIFTLAB_HOME: join(folder, 'live') },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: COMMAND_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (part) => (text += part));
    const ended = new Promise<Ended>((resolve) => {
      // What it started may hold its output open: its own end is what counts.
      child.once('exit', (status, signal) => setImmediate(() => resolve({ how: signal ?? status ?? -1, text })));
    });
    return { child, ended };
  };
  const run: Place['run'] = (...args) => start(...args).ended;
  return {
    folder,
    start,
    run,
    nodes: () =>
      new Map(ownManifests(before, mark).flatMap(({ children = [] }) => children.map((one) => [one.name, one.pid]))),
    async leftovers() {
      const folders = ownManifests(before, mark).flatMap(({ folders: own = [] }) => own);
      const next = await run('scenario', '--list');
      // A process that was killed a moment ago may still be on its way out.
      for (let look = 0; look < 100 && bearers(mark).length > 0; look++) await delay(100);
      return [
        ...(next.how === 0 ? [] : [`the next command exited with ${next.how}: ${next.text}`]),
        ...bearers(mark).map((pid) => `process ${pid} is left: ${commandLine(pid)}`),
        ...labNames()
          .filter((one) => !before.has(one))
          .map((one) => `.lab/${one} is left`),
        ...folders.filter((one) => existsSync(one)).map((one) => `${one} is left`),
      ];
    },
    async [Symbol.asyncDispose]() {
      for (const pid of bearers(mark)) process.kill(pid, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function labNames(): string[] {
  return existsSync(LABS) ? readdirSync(LABS).filter((name) => existsSync(join(LABS, name, 'manifest.json'))) : [];
}

/** The labs that processes with the mark have made, of those that were not there before. */
function ownManifests(before: ReadonlySet<string>, mark: string): Manifest[] {
  return labNames()
    .filter((name) => !before.has(name))
    .flatMap((name): Manifest[] => {
      try {
        return [JSON.parse(readFileSync(join(LABS, name, 'manifest.json'), 'utf8')) as Manifest];
      } catch {
        return [];
      }
    })
    .filter(({ owner }) => owner === undefined || !existsSync(`/proc/${owner.pid}`) || bears(owner.pid, mark));
}

function bears(pid: number | string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark);
  } catch {
    return false;
  }
}

/** Processes that bear the mark. */
function bearers(mark: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && bears(name, mark))
    .map(Number);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 120);
  } catch {
    return 'gone meanwhile';
  }
}

/** A stack of JavaScript or of a driver, which nobody at the keyboard can use. */
const STACK = /^\s+at .+:\d+:\d+\)?$/m;

export function stackIn({ text }: Ended): string[] {
  const line = STACK.exec(text)?.[0];
  return line === undefined ? [] : [`it prints a stack: ${line.trim()}\n${text.slice(-1500)}`];
}
