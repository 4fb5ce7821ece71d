import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import type { Node, NodeName, NodeState } from '#model/stack.ts';
import { inTurn } from '#std/in-turn.ts';
import { capLog } from '#std/log-cap.ts';
import { isAlive, type ProcessEntry, sendSignal, signalTree } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import { NODE_LOG, type StartSpec, startError, untilReady } from '../node-start.ts';
import type { LabFolder } from './lab-folder.ts';

interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

export interface NodeSpec extends StartSpec {
  readonly lab: LabFolder;
  readonly command: Command;
  /** Runs before each start, which an aborted signal ends. */
  prepare?(signal?: AbortSignal): Promise<void>;
  /** The signal on which the server ends in its orderly way. */
  readonly stopSignal: NodeJS.Signals;
  readonly stopLimitMs: number;
  /** The signal on which it ends soonest and leaves nothing behind that its folders do not hold. */
  readonly endSignal: NodeJS.Signals;
  /** Told of every change of state; `tookMs` with `running`, how long the start took. */
  onState?(node: Node, tookMs?: number): void;
}

const CAP_EVERY_MS = 5000;

/** A server as a child process with a process group of its own, so that a terminal's Ctrl-C does not reach it. */
export class EmbeddedNode implements Node {
  readonly #spec: NodeSpec;
  #state: NodeState = 'stopped';
  #child: ChildProcess | undefined;
  #lastExit: string | undefined;
  #exited: Promise<void> = Promise.resolve();
  /** Set while an end of the process is what was asked for. */
  #ending = false;
  readonly #next = inTurn();
  readonly #died: (node: Node) => void;
  readonly can = ['kill', 'pause', 'restart'] as const;

  constructor(spec: NodeSpec, died: (node: Node) => void) {
    this.#spec = spec;
    this.#died = died;
  }

  get name(): NodeName {
    return this.#spec.name;
  }
  get state(): NodeState {
    return this.#state;
  }
  get pid(): number | undefined {
    return this.#child?.pid;
  }
  get log(): string {
    return this.#spec.log;
  }
  get lastExit(): string | undefined {
    return this.#lastExit;
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#next(async () => {
      if (this.#state === 'paused') this.#resume();
      if (this.#state === 'running') return;
      signal?.throwIfAborted();
      await this.#spec.prepare?.(signal);
      const began = performance.now();
      const from = sizeOf(this.#spec.log);
      try {
        this.#spawn();
        await untilReady(this.#spec, this.#exited, signal);
      } catch (error) {
        const exited = this.#child === undefined;
        await this.#end('SIGKILL', 0);
        this.#enter('failed');
        if (signal?.aborted) throw signal.reason;
        throw startError(this.#spec, {
          cause: error,
          from,
          exited: exited ? (this.#lastExit ?? 'unknown') : undefined,
          place: this.#spec.lab.path,
        });
      }
      this.#enter('running', performance.now() - began);
    });
  }

  stop(): Promise<void> {
    return this.#next(async () => {
      if (this.#child === undefined) return;
      if (this.#state === 'paused') this.#resume();
      await this.#end(this.#spec.stopSignal, this.#spec.stopLimitMs);
      this.#enter('stopped');
    });
  }

  /** Ends it for good, as fast as can be: nothing it holds is wanted any more. */
  end(): Promise<void> {
    return this.#next(async () => {
      if (this.#child === undefined) return;
      if (this.#state === 'paused') this.#resume();
      await this.#end(this.#spec.endSignal, 3000);
      this.#enter('stopped');
    });
  }

  kill(): Promise<void> {
    return this.#next(async () => {
      if (this.#child === undefined) return;
      await this.#end('SIGKILL', 0);
      this.#enter('killed');
    });
  }

  pause(): Promise<void> {
    return this.#next(async () => {
      if (this.#state !== 'running' || this.#child?.pid === undefined) return;
      signalTree(this.#child.pid, 'SIGSTOP');
      this.#enter('paused');
    });
  }

  resume(): Promise<void> {
    return this.#next(async () => {
      if (this.#state === 'paused') this.#resume();
    });
  }

  #resume(): void {
    if (this.#child?.pid !== undefined) signalTree(this.#child.pid, 'SIGCONT');
    this.#enter('running');
  }

  #enter(state: NodeState, tookMs?: number): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#spec.onState?.(this, tookMs);
  }

  #spawn(): void {
    const { command, log, lab, name, endSignal } = this.#spec;
    const out = openSync(log, 'a');
    this.#ending = false;
    this.#enter('starting');
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      detached: true,
      stdio: ['ignore', out, out],
      env: { ...(command.env ?? process.env), [lab.mark.name]: lab.mark.value },
      ...(command.uid === undefined ? {} : { uid: command.uid }),
      ...(command.gid === undefined ? {} : { gid: command.gid }),
    });
    closeSync(out);
    const { pid } = child;
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      const ended = (how: string) => {
        this.#lastExit = how;
        if (pid !== undefined) lab.removeChild(pid);
        this.#child = undefined;
        resolve();
        const unasked = !this.#ending && (this.#state === 'running' || this.#state === 'paused');
        if (!unasked) return;
        this.#enter('failed');
        this.#died(this);
      };
      child.once('exit', (status, signal) => ended(signal ?? `exit status ${status}`));
      // Could not be started at all: no such file, not allowed.
      child.once('error', (error) => ended(error.message));
    });
    // The servers do not keep this process alive; disposing of the stack ends them.
    child.unref();
    if (pid !== undefined) lab.addChild({ name, pid, endSignal });
    const capping = setInterval(() => this.#cap(), CAP_EVERY_MS);
    capping.unref();
    void this.#exited.then(() => clearInterval(capping));
  }

  /** What cannot be cut now is cut later. */
  #cap(): void {
    try {
      capLog(this.#spec.log, NODE_LOG);
    } catch {
      // A disk that is full, or a log that somebody has removed.
    }
  }

  async #end(signal: NodeJS.Signals, limitMs: number): Promise<void> {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    // While its end is waited for, it does keep this process alive.
    this.#child?.ref();
    this.#ending = true;
    let left: readonly ProcessEntry[] = [];
    if (signal === 'SIGKILL') left = signalTree(pid, 'SIGKILL');
    else {
      sendSignal(pid, signal);
      const timer = setTimeout(() => signalTree(pid, 'SIGKILL'), limitMs);
      await this.#exited;
      clearTimeout(timer);
    }
    await this.#exited;
    // PostgreSQL refuses to start on its folder while one backend of the old server is still there.
    await until(() => !left.some(isAlive), { what: `the processes of ${this.name} to end`, limitMs: 10_000 });
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
