import { appendFileSync } from 'node:fs';
import { engineOf } from '#engines/index.ts';
import type { DatabaseServer, End, Node, NodeState } from '#model/stack.ts';
import { messageOf, OperatorError, reworded } from '#std/errors.ts';
import { requireUsableServer } from '../own-server.ts';

export interface AttachedNodeOptions {
  readonly end: End;
  readonly server: DatabaseServer;
  /** File in which it says where the server's own log is to be looked for. */
  readonly log: string;
  readonly onState?: (node: Node, tookMs?: number) => void;
}

/** A database server that runs already, whoever has started it: it is asked whether it can be used, and nothing is done to it. */
export class AttachedNode implements Node {
  readonly #options: AttachedNodeOptions;
  readonly can = [];
  #state: NodeState = 'stopped';

  constructor(options: AttachedNodeOptions) {
    this.#options = options;
  }

  get name(): End {
    return this.#options.end;
  }
  get state(): NodeState {
    return this.#state;
  }
  readonly pid = undefined;
  get log(): string {
    return this.#options.log;
  }
  readonly lastExit = undefined;

  /** Resolves once the server has said that it is what an end needs; throws an OperatorError (exit 2) with what it lacks. */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#state === 'running') return;
    signal?.throwIfAborted();
    const { end, server } = this.#options;
    const engine = engineOf(server);
    const place = `${engine.title} at ${server.host}:${server.port}`;
    const began = performance.now();
    this.#enter('starting');
    try {
      await requireUsableServer(server, end, signal);
      const version = await engine.server.version(server);
      this.#say(`${place}, version ${version}, runs already and is used as it is: its log is where it writes it`);
    } catch (error) {
      this.#say(`${place} cannot be used: ${messageOf(error)}`);
      this.#enter('failed');
      // Which of the servers it is that the message speaks of. Another one has to be named: nothing was judged.
      throw error instanceof OperatorError ? reworded(error, `the ${end}, ${place}: ${error.message}`, 2) : error;
    }
    this.#enter('running', performance.now() - began);
  }

  /** Lets go of it. */
  async stop(): Promise<void> {
    this.#enter('stopped');
  }

  async end(): Promise<void> {
    this.#enter('stopped');
  }

  /** No fault asks for it: the capabilities of its stack leave it out. */
  async kill(): Promise<void> {
    throw this.#untouched();
  }

  async pause(): Promise<void> {
    throw this.#untouched();
  }

  async resume(): Promise<void> {}

  #untouched(): Error {
    return new Error(`the server of the ${this.name} is not the lab's to kill or to pause`);
  }

  #enter(state: NodeState, tookMs?: number): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(this, tookMs);
  }

  #say(text: string): void {
    appendFileSync(this.#options.log, `${new Date().toISOString()} ${text}\n`);
  }
}
