import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ContainerRuntimeClient } from 'testcontainers';
import type { Node, NodeName, NodeState } from '#model/stack.ts';
import { inTurn } from '#std/in-turn.ts';
import { openCappedLog } from '#std/log-cap.ts';
import { until } from '#std/wait.ts';
import { NODE_LOG, type StartSpec, startError, untilReady } from '../node-start.ts';
import type { ContainerPort } from './brokers.ts';
import type { Engine } from './engine.ts';
import { exitWords, secondsOf } from './engine-words.ts';
import { type TarFile, tarOf } from './tar.ts';

type Container = ReturnType<ContainerRuntimeClient['container']['getById']>;

/** What a container is made of. */
export interface ContainerSpec extends StartSpec {
  readonly image: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Put into it before a stack first starts it; paths from its root. */
  readonly files: readonly TarFile[];
  /** Ports of 127.0.0.1 at which its own are reached. */
  readonly ports: readonly ContainerPort[];
  /** The user-defined network on which others call it by its name. */
  readonly network: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Heap and all, in MB. */
  readonly memoryMb: number;
  readonly stopLimitMs: number;
  /** Where it keeps its data, for errors. */
  readonly place: string;
  /** Runs before each start, which an aborted signal ends. */
  prepare?(signal?: AbortSignal): Promise<void>;
  onState?(node: Node, tookMs?: number): void;
}

/** A server in a container of its own. It is made at the first start and stays until {@link ContainerNode.remove}. */
export class ContainerNode implements Node {
  readonly #spec: ContainerSpec;
  readonly #engine: Engine;
  readonly #died: (node: Node) => void;
  #state: NodeState = 'stopped';
  #container: Container | undefined;
  #pid: number | undefined;
  #lastExit: string | undefined;
  #running = false;
  /** It has not been started by this process. */
  #fresh = true;
  #exited: Promise<void> = Promise.resolve();
  /** Set while an end is what was asked for. */
  #ending = false;
  readonly #next = inTurn();

  /** `made`: the container, where it is there already. */
  constructor(spec: ContainerSpec, engine: Engine, died: (node: Node) => void, made?: string) {
    this.#spec = spec;
    this.#engine = engine;
    this.#died = died;
    if (made !== undefined) this.#container = engine.client.container.getById(made);
  }

  get name(): NodeName {
    return this.#spec.name;
  }
  readonly can = ['kill', 'pause', 'restart'] as const;
  get state(): NodeState {
    return this.#state;
  }
  /** Of its first process, in the engine's own table of processes. */
  get pid(): number | undefined {
    return this.#pid;
  }
  get log(): string {
    return this.#spec.log;
  }
  get lastExit(): string | undefined {
    return this.#lastExit;
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.#next(async () => {
      if (this.#state === 'paused') await this.#unpause();
      if (this.#state === 'running') return;
      signal?.throwIfAborted();
      await this.#spec.prepare?.(signal);
      const began = performance.now();
      this.#ending = false;
      this.#enter('starting');
      try {
        await this.#run();
        await untilReady(this.#spec, this.#exited, signal);
      } catch (cause) {
        const exited = this.#running ? undefined : this.#lastExit;
        await this.#kill();
        this.#enter('failed');
        if (signal?.aborted) throw signal.reason;
        throw startError(this.#spec, { cause, from: 0, exited, place: this.#spec.place });
      }
      this.#enter('running', performance.now() - began);
    });
  }

  stop(): Promise<void> {
    return this.#next(async () => {
      if (!this.#running) return;
      if (this.#state === 'paused') await this.#unpause();
      this.#ending = true;
      await this.#engine.client.container.stop(this.#made, { timeout: this.#spec.stopLimitMs });
      await this.#exited;
      this.#enter('stopped');
    });
  }

  kill(): Promise<void> {
    return this.#next(async () => {
      if (!this.#running) return;
      await this.#kill();
      this.#enter('killed');
    });
  }

  pause(): Promise<void> {
    return this.#next(async () => {
      if (this.#state !== 'running') return;
      await this.#made.pause();
      this.#enter('paused');
    });
  }

  resume(): Promise<void> {
    return this.#next(async () => {
      if (this.#state === 'paused') await this.#unpause();
    });
  }

  /** Removes it with its data, running or not. */
  remove(): Promise<void> {
    return this.#next(async () => {
      if (this.#container === undefined) return;
      this.#ending = true;
      await this.#container.remove({ force: true, v: true }).catch(ignoreMissing);
      await this.#exited;
      this.#container = undefined;
      this.#enter('stopped');
    });
  }

  /** Puts files into its container, which must have been made. */
  put(files: readonly TarFile[]): Promise<void> {
    return this.#engine.client.container.putArchive(this.#made, tarOf(files), '/');
  }

  get #made(): Container {
    if (this.#container === undefined) throw new Error(`the container of ${this.name} has not been made`);
    return this.#container;
  }

  async #create(): Promise<Container> {
    const { name, image, command, env, ports, network, labels, memoryMb } = this.#spec;
    const published = ports.map(
      ({ host, container }) => [`${container}/tcp`, [{ HostIp: '127.0.0.1', HostPort: String(host) }]] as const,
    );
    return this.#engine.client.container.create({
      Image: image,
      Cmd: [...command],
      Env: Object.entries(env).map(([variable, value]) => `${variable}=${value}`),
      Labels: { ...labels, 'driftlab.node': name },
      ExposedPorts: Object.fromEntries(published.map(([port]) => [port, {}])),
      HostConfig: {
        NetworkMode: network,
        PortBindings: Object.fromEntries(published),
        Memory: memoryMb * 1024 * 1024,
        SecurityOpt: ['no-new-privileges'],
        // The engine keeps what a server writes beside the lab's own copy of it.
        LogConfig: { Type: 'json-file', Config: { 'max-size': '32m', 'max-file': '2' } },
      },
      NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [name] } } },
    });
  }

  async #run(): Promise<void> {
    const { files } = this.#spec;
    this.#container ??= await this.#create();
    const container = this.#container;
    // One that was kept may find others at other addresses than before.
    if (this.#fresh && files.length > 0) await this.put(files);
    this.#fresh = false;
    await this.#engine.client.container.start(container);
    this.#running = true;
    const { State } = await container.inspect();
    this.#pid = State.Pid === 0 ? undefined : State.Pid;
    const written = this.#record(await this.#logsSince(container, State.StartedAt));
    this.#exited = container.wait().then(
      async ({ StatusCode }: { StatusCode: number }) => {
        // Its last words are in the log before anybody hears that it has ended.
        await written;
        this.#onExit(exitWords(StatusCode));
      },
      () => this.#onExit('removed'),
    );
  }

  #onExit(how: string): void {
    this.#lastExit = how;
    this.#running = false;
    this.#pid = undefined;
    const unasked = !this.#ending && (this.#state === 'running' || this.#state === 'paused');
    if (!unasked) return;
    this.#enter('failed');
    this.#died(this);
  }

  async #logsSince(container: Container, started: string): Promise<Readable> {
    const since = secondsOf(started);
    const stream = await container.logs({ follow: true, stdout: true, stderr: true, since } as never);
    return stream as unknown as Readable;
  }

  /** Takes what it writes into its log, in the engine's frames of both streams. */
  async #record(stream: Readable): Promise<void> {
    using log = openCappedLog(this.#spec.log, NODE_LOG);
    const sink = { write: (chunk: Buffer) => log.write(chunk) };
    this.#engine.docker.modem.demuxStream(stream, sink as never, sink as never);
    await finished(stream).catch(() => {});
  }

  async #kill(): Promise<void> {
    if (!this.#running) return;
    this.#ending = true;
    await this.#made.kill().catch(ignoreMissing);
    await this.#exited;
    await until(async () => !(await this.#made.inspect()).State.Running, {
      what: `the container of ${this.name} to end`,
      limitMs: 10_000,
    });
  }

  async #unpause(): Promise<void> {
    await this.#made.unpause();
    this.#enter('running');
  }

  #enter(state: NodeState, tookMs?: number): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#spec.onState?.(this, tookMs);
  }
}

/** Gone already, or not running any more: what was asked for. */
function ignoreMissing(error: unknown): void {
  const { statusCode } = error as { statusCode?: number };
  if (statusCode !== 404 && statusCode !== 409) throw error;
}
