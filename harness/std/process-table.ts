import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What the operating system says of one process. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** When it started, in a form that is only compared: a pid may be given to another process, the pair may not. */
  readonly started: string;
  /** Ended, and only kept by the system until its parent asks for its status. */
  readonly zombie: boolean;
}

export type ProcessTable = ReadonlyMap<number, ProcessEntry>;

/** Parses `/proc/<pid>/stat`. The command's name is in parentheses and may itself hold blanks and parentheses. */
export function parseStat(stat: string, boot: string): ProcessEntry | undefined {
  const close = stat.lastIndexOf(')');
  const pid = Number.parseInt(stat, 10);
  const fields = stat.slice(close + 2).split(' ');
  const [state, parent] = fields;
  // Field 22 of the line, counted from the pid; ticks since the boot, hence the boot's id beside it.
  const ticks = fields[19];
  if (close < 0 || Number.isNaN(pid) || parent === undefined || ticks === undefined) return undefined;
  return { pid, parent: Number(parent), started: `${boot}/${ticks}`, zombie: state === 'Z' || state === 'X' };
}

/** Parses one line of `ps -A -o pid=,ppid=,state=,lstart=`. */
export function parsePsLine(line: string): ProcessEntry | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line);
  if (match === null) return undefined;
  const [, pid, parent, state, started] = match;
  return { pid: Number(pid), parent: Number(parent), started: started ?? '', zombie: state?.startsWith('Z') ?? false };
}

let bootId: string | undefined;

function readStat(pid: number | string): ProcessEntry | undefined {
  try {
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'), bootId);
  } catch {
    return undefined; // It ended between two looks.
  }
}

function ps(args: readonly string[]): ProcessEntry[] {
  let output = '';
  try {
    output = execFileSync('ps', [...args, '-o', 'pid=,ppid=,state=,lstart='], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    // `ps -p` ends with 1 when there is no such process.
  }
  return output.split('\n').flatMap((line) => parsePsLine(line) ?? []);
}

/** All processes. Synchronous, because it is also needed in the moment in which this process ends. */
function processTable(): ProcessTable {
  const entries =
    process.platform === 'linux'
      ? readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (readStat(name) ?? []) : []))
      : ps(['-A']);
  return new Map(entries.map((entry) => [entry.pid, entry]));
}

/** One process; undefined where there is none, or only its zombie. */
function processEntry(pid: number): ProcessEntry | undefined {
  const entry = process.platform === 'linux' ? readStat(pid) : ps(['-p', String(pid)])[0];
  return entry === undefined || entry.zombie ? undefined : entry;
}

/** Which process of all that ever had this pid. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

/** Whether a value that was read from a file names a process. Pid 0 and those below it mean groups, and 1 the system's own. */
export function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, started } = value as Partial<ProcessIdentity>;
  return Number.isInteger(pid) && Number(pid) > 1 && typeof started === 'string';
}

export function identify(pid: number): ProcessIdentity | undefined {
  const entry = processEntry(pid);
  return entry === undefined ? undefined : { pid, started: entry.started };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return processEntry(identity.pid)?.started === identity.started;
}

/** A process and all that descend from it, parents before children; zombies left out. */
export function treeOf(pid: number, table: ProcessTable = processTable()): ProcessEntry[] {
  const children = new Map<number, ProcessEntry[]>();
  for (const entry of table.values()) {
    const siblings = children.get(entry.parent);
    if (siblings === undefined) children.set(entry.parent, [entry]);
    else siblings.push(entry);
  }
  const root = table.get(pid);
  const tree = root === undefined ? [] : [root];
  for (const entry of tree) tree.push(...(children.get(entry.pid) ?? []));
  return tree.filter((entry) => !entry.zombie);
}

/** Sends a signal; false where the process is gone. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * Sends a signal to all that `find` finds, and returns whom it reached. Asked again until nobody new is found, so that
 * what is forked meanwhile is reached too.
 */
function signalAll(find: () => readonly ProcessEntry[], signal: NodeJS.Signals): ProcessEntry[] {
  const reached = new Map<number, ProcessEntry>();
  for (let round = 0; round < 10; round++) {
    const fresh = find().filter((entry) => !reached.has(entry.pid));
    if (fresh.length === 0) break;
    for (const entry of fresh) {
      reached.set(entry.pid, entry);
      sendSignal(entry.pid, signal);
    }
  }
  return [...reached.values()];
}

/**
 * Sends a signal to a process and its whole tree, and returns whom it reached. The tree is used and not the process
 * group because each of PostgreSQL's backends makes itself a group of its own.
 */
export function signalTree(pid: number, signal: NodeJS.Signals): ProcessEntry[] {
  return signalAll(() => treeOf(pid), signal);
}

/** A variable of the environment that all descendants of a process inherit, wherever in the table they have gone. */
export interface ProcessMark {
  readonly name: string;
  readonly value: string;
}

/**
 * All processes that were started with the mark, but for this one: also those that have left their process group, their
 * session and their parents (`setsid`, `nohup`, a double fork). Those of other users cannot be read, and are not found.
 */
export function markedWith({ name, value }: ProcessMark, table: ProcessTable = processTable()): ProcessEntry[] {
  const word = `${name}=${value}`;
  const pids = process.platform === 'linux' ? undefined : markedByPs(word);
  return [...table.values()].filter(
    ({ pid, zombie }) => !zombie && pid !== process.pid && (pids?.has(pid) ?? environmentHas(pid, word)),
  );
}

function environmentHas(pid: number, word: string): boolean {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(`\0${word}\0`);
  } catch {
    return false; // Another user's, or ended.
  }
}

function markedByPs(word: string): Set<number> {
  try {
    const output = execFileSync('ps', ['-A', '-E', '-ww', '-o', 'pid=,command='], {
      ...{ encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'ignore'] },
    });
    return new Set(
      output.split('\n').flatMap((line) => (line.includes(` ${word}`) ? [Number.parseInt(line, 10)] : [])),
    );
  } catch {
    return new Set();
  }
}

/** Sends a signal to a process, its tree, and all that bear the mark. */
export function signalMarked(pid: number | undefined, mark: ProcessMark, signal: NodeJS.Signals): ProcessEntry[] {
  const find = (): ProcessEntry[] => {
    const table = processTable();
    return [...(pid === undefined ? [] : treeOf(pid, table)), ...markedWith(mark, table)];
  };
  return signalAll(find, signal);
}
