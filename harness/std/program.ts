import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal, signalTree } from './process-table.ts';

export interface ProgramSpec {
  /** A shell's command line. */
  readonly run: string;
  readonly folder: string;
  /** Beside this process's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Started again a moment after it ended with a failure. */
  readonly restart: boolean;
}

/** Somebody's program as a child process with all that it starts. */
export interface Program {
  /** How it ended, in words (`exit status 1`, `SIGKILL`); undefined while it runs. */
  readonly ended: string | undefined;
  /** It has ended and will be started again. */
  readonly restarting: boolean;
  readonly paused: boolean;
  /** How often it has ended, and how the last time, in words. */
  readonly endings: number;
  readonly lastEnding: string | undefined;
  pause(): void;
  resume(): void;
  /** SIGKILL; what happens then is what its spec says of a crash. */
  kill(): void;
  /** Starts it where it does not run. */
  start(): void;
  /** Ends it for good: SIGTERM, and SIGKILL where that is not enough. Twice is harmless. */
  stop(): Promise<void>;
}

const AGAIN_MS = 1000;
const STOP_LIMIT_MS = 5000;

/**
 * Starts a program. Its output goes to `log`. `adopt` is told each process's id as it is born, and what it returns is
 * called when that process has ended.
 */
export function startProgram(spec: ProgramSpec, log: string, adopt: (pid: number) => () => void): Program {
  let ended: string | undefined;
  let paused = false;
  let stopping = false;
  let endings = 0;
  let lastEnding: string | undefined;
  let pid: number | undefined;
  let exited = Promise.resolve();
  let again: NodeJS.Timeout | undefined;

  const start = (): void => {
    if (pid !== undefined || stopping) return;
    clearTimeout(again);
    again = undefined;
    mkdirSync(dirname(log), { recursive: true });
    const out = openSync(log, 'a');
    const { promise, resolve } = Promise.withResolvers<void>();
    exited = promise;
    const child = spawn('/bin/sh', ['-c', spec.run], {
      cwd: spec.folder,
      env: { ...process.env, ...spec.env },
      stdio: ['ignore', out, out],
      detached: true,
    });
    closeSync(out);
    ended = undefined;
    pid = child.pid;
    // Paused between two of its lives it stands still from the first moment of the next.
    if (paused && pid !== undefined) signalTree(pid, 'SIGSTOP');
    const letGo = pid === undefined ? () => {} : adopt(pid);
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
    child.once('error', (error) => end(error.message, true));
    child.once('exit', (code, signal) => end(signal ?? `exit status ${code}`, code !== 0));
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
      if (pid !== undefined) signalTree(pid, 'SIGSTOP');
    },
    resume() {
      paused = false;
      if (pid !== undefined) signalTree(pid, 'SIGCONT');
    },
    kill() {
      if (pid !== undefined) signalTree(pid, 'SIGKILL');
    },
    async stop() {
      stopping = true;
      clearTimeout(again);
      again = undefined;
      if (pid === undefined) return;
      const tree = signalTree(pid, 'SIGTERM');
      signalTree(pid, 'SIGCONT');
      await Promise.race([exited, delay(STOP_LIMIT_MS, undefined, { ref: false })]);
      // The shell may be gone and its children not.
      for (const one of tree) sendSignal(one.pid, 'SIGKILL');
      await exited;
    },
  };
}
