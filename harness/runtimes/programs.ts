import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Program, ProgramSpec, Programs } from '#model/stack.ts';
import { asDiskFull } from '#std/disk-full.ts';
import { openCappedLog } from '#std/log-cap.ts';
import { isAlive, type ProcessMark, signalMarked } from '#std/process-table.ts';
import { endRun } from '#std/run-end.ts';

const AGAIN_MS = 1000;
const STOP_LIMIT_MS = 5000;
const POLL_MS = 20;

/** Output that is taken in a second. A program that writes more waits for us to read: its log is not worth a processor. */
const OUTPUT_BYTES_PER_SECOND = 8 << 20;
/** How long what has left the program may hold its output open before it counts as ended all the same. */
const CLOSE_LIMIT_MS = 500;

/** Room for the log of a program. */
const LOG_MB = 16;

/** Takes a child's output into a log that is capped. */
function record(streams: readonly Socket[], file: string): void {
  const log = openCappedLog(file);
  let open = streams.length;
  let taken = 0;
  let since = performance.now();
  const onData = (chunk: Buffer): void => {
    try {
      log.write(chunk);
    } catch (error) {
      endRun(asDiskFull(error, { path: file, neededMb: LOG_MB }) ?? error);
    }
    const now = performance.now();
    if (now - since >= 1000) {
      since = now;
      taken = 0;
    }
    taken += chunk.length;
    if (taken < OUTPUT_BYTES_PER_SECOND) return;
    for (const stream of streams) stream.pause();
    setTimeout(
      () => {
        for (const stream of streams) stream.resume();
      },
      since + 1000 - now,
    ).unref();
  };
  for (const stream of streams) {
    stream.on('data', onData);
    stream.on('error', () => {});
    // What has left the program may write on after its end, until it is stopped.
    stream.once('close', () => {
      open--;
      if (open === 0) log[Symbol.dispose]();
    });
    // It does not keep this process alive.
    stream.unref();
  }
}

/** A process of its own group, whose output goes to the file. */
function spawnRecorded({ run, folder, env, log }: ProgramSpec, mark: ProcessMark): ChildProcess {
  mkdirSync(dirname(log), { recursive: true });
  const child = spawn('/bin/sh', ['-c', run], {
    cwd: folder,
    env: { ...process.env, ...env, [mark.name]: mark.value },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // Pipes of a child are sockets.
  record([child.stdout, child.stderr] as unknown as Socket[], log);
  return child;
}

/** A child that nobody could end later must not be. */
function adoptOr(kill: () => void, adopt: (pid: number) => () => void, pid: number): () => void {
  try {
    return adopt(pid);
  } catch (error) {
    kill();
    throw error;
  }
}

/** Tells how a child has ended, in words, and whether it failed; more than once, of which the first counts. */
function onEnd(child: ChildProcess, end: (words: string, failed: boolean) => void): void {
  child.once('error', (error) => end(error.message, true));
  child.once('exit', (code, signal) => {
    const over = () => end(signal ?? `exit status ${code}`, code !== 0);
    // Its last words are still to be read.
    child.once('close', over);
    setTimeout(over, CLOSE_LIMIT_MS);
  });
}

/** Who writes down which processes there are, so that none outlives the lab. */
export interface Processes {
  /** What all processes of the lab bear. */
  readonly mark: ProcessMark;
  addChild(child: { readonly name: string; readonly pid: number; readonly endSignal: NodeJS.Signals }): void;
  removeChild(pid: number): void;
}

/** Starts programs on this machine, beside whatever runs the servers. */
export function openPrograms({ mark, addChild, removeChild }: Processes): Programs {
  return {
    start({ name, env, ...program }) {
      const adopt = (pid: number) => {
        addChild({ name, pid, endSignal: 'SIGKILL' });
        return () => removeChild(pid);
      };
      return startProgram({ ...program, name, env: { ...env, [mark.name]: mark.value } }, adopt);
    },
  };
}

/**
 * Starts a program. `adopt` is told each process's id as it is born, and what it returns is called when that process has
 * ended.
 */
export function startProgram(spec: ProgramSpec, adopt: (pid: number) => () => void): Program {
  let ended: string | undefined;
  let paused = false;
  let stopping = false;
  let endings = 0;
  let lastEnding: string | undefined;
  let pid: number | undefined;
  let exited = Promise.resolve();
  let again: NodeJS.Timeout | undefined;
  // What it starts is found by it, though it may have left the tree.
  const mark: ProcessMark = { name: 'DRIFTLAB_PROGRAM', value: randomUUID() };
  const signalAll = (signal: NodeJS.Signals) => signalMarked(pid, mark, signal);

  const start = (): void => {
    if (pid !== undefined || stopping) return;
    clearTimeout(again);
    again = undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    exited = promise;
    const child = spawnRecorded(spec, mark);
    ended = undefined;
    pid = child.pid;
    // Paused between two of its lives it stands still from the first moment of the next.
    if (paused) signalAll('SIGSTOP');
    const letGo = pid === undefined ? () => {} : adoptOr(() => signalAll('SIGKILL'), adopt, pid);
    const end = (words: string, failed: boolean): void => {
      if (ended !== undefined) return;
      ended = words;
      lastEnding = words;
      endings++;
      pid = undefined;
      letGo();
      if (failed && spec.restart && !stopping) {
        again = setTimeout(start, AGAIN_MS);
        again.unref();
      }
      resolve();
    };
    onEnd(child, end);
    child.unref();
  };
  start();
  return {
    get ended() {
      return ended;
    },
    get restarting() {
      return again !== undefined;
    },
    get paused() {
      return paused;
    },
    get endings() {
      return endings;
    },
    get lastEnding() {
      return lastEnding;
    },
    start,
    pause() {
      paused = true;
      signalAll('SIGSTOP');
    },
    resume() {
      paused = false;
      signalAll('SIGCONT');
    },
    kill() {
      signalAll('SIGKILL');
    },
    async stop() {
      stopping = true;
      clearTimeout(again);
      again = undefined;
      const asked = signalAll('SIGTERM');
      signalAll('SIGCONT');
      const until = performance.now() + STOP_LIMIT_MS;
      // The shell may be gone and its children not.
      while (asked.some(isAlive) && performance.now() < until) await delay(POLL_MS);
      signalAll('SIGKILL');
      await exited;
    },
  };
}
