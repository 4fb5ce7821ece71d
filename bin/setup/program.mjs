// Programs that the set-up runs (npm, Maven, the maker of archives), and how it ends when it is told to. Node 20, no
// dependency.
import { spawn } from 'node:child_process';

/** Exit status of what was interrupted, by whichever signal. */
export const INTERRUPTED = 130;

export const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

const controller = new AbortController();
/** Aborted when the set-up is told to end. */
export const interrupted = controller.signal;

/** Those that run, each the leader of a process group: npm and Maven start others. @type {Set<number>} */
const groups = new Set();

/** @param {NodeJS.Signals} signal */
function endGroups(signal) {
  for (const pid of groups)
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended.
    }
}

/** Who gets the signals from now on. @type {((signal: NodeJS.Signals) => void) | undefined} */
let successor;

/** @type {(signal: NodeJS.Signals) => void} */
const onSignal = (signal) => {
  if (successor !== undefined) return successor(signal);
  if (interrupted.aborted) {
    endGroups('SIGKILL');
    process.exit(INTERRUPTED);
  }
  controller.abort(new Error('interrupted'));
  endGroups('SIGTERM');
};

/**
 * Has the first signal end what the set-up runs, so that its locks are given back and nothing runs on; the second ends it
 * at once.
 */
export function listen() {
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

/**
 * Hands the signals on. The listener stays: one that was taken off would lose a signal that has come and was not yet told.
 * @param {(signal: NodeJS.Signals) => void} listener
 */
export function handSignalsTo(listener) {
  successor = listener;
}

/** The end of an output is kept; a program that floods it would fill the memory otherwise. */
const OUTPUT_MAX = 1 << 20;

/**
 * Starts a program as the leader of a group, whose end does not need us: whoever waits for a line from us finds the end of
 * its input where we were killed outright, and kills the group. Maven would write on, into what the next set-up makes.
 */
const BOUND = 'exec 3<&0 </dev/null; (read -r _ <&3 || kill -KILL 0) >/dev/null 2>&1 & exec 3<&-; exec "$@"';

/**
 * Runs a program to its end: its status (127 where it could not be started) and what it wrote. Throws once the set-up has
 * been interrupted.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ status: number | null, output: string }>}
 */
export async function runProgram(file, args, options) {
  interrupted.throwIfAborted();
  let output = '';
  const status = await new Promise((resolve) => {
    // A group of its own: Ctrl-C reaches us alone, and we end all of it.
    const child = spawn('sh', ['-c', BOUND, 'sh', file, ...args], {
      ...options,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const { pid } = child;
    if (pid !== undefined) groups.add(pid);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output = `${output}${text}`.slice(-OUTPUT_MAX);
      });
    // Nobody may wait for it any more.
    child.stdin.on('error', () => {});
    child.once('exit', () => child.stdin.end('\n'));
    child.once('error', (error) => {
      output += error.message;
      resolve(127);
    });
    child.once('close', (code) => {
      if (pid !== undefined) groups.delete(pid);
      resolve(code);
    });
  });
  interrupted.throwIfAborted();
  return { status, output };
}
