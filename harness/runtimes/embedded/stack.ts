import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { defaultEngine } from '#engines/index.ts';
import type { Capability, DatabaseServer, End, Node, NodeName, OwnPlugins, Stack } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { freePorts } from '#std/free-port.ts';
import { type Attached, type AttachedServers, attachedServers, noServer, openAttached } from '../attached/attached.ts';
import { AttachedNode } from '../attached/node.ts';
import { nodeExited } from '../node-exit.ts';
import { sourceCapabilities } from '../source-capabilities.ts';
import { brokerNode } from './broker-node.ts';
import { workerAccess } from './connect-access.ts';
import { connectNode } from './connect-node.ts';
import type { PlanDatabaseNode } from './database-node.ts';
import { type Boot, foundJava, type JvmParts, jvmParts } from './jvm.ts';
import { type LabFolder, openLab } from './lab-folder.ts';
import { mariadbNode } from './mariadb-node.ts';
import { mysqlNode } from './mysql-node.ts';
import { EmbeddedNode, type NodeSpec } from './node.ts';
import { linkPlugins } from './own-plugins.ts';
import { postgresNode } from './postgres-node.ts';

export interface EmbeddedOptions {
  /** The engines of source and sink; the lab's default where one is left out. */
  readonly engines?: { readonly source?: string; readonly sink?: string };
  /**
   * Uses servers that run already, where the environment names one of an engine (`DRIFTLAB_POSTGRES_URL` and its like). Who
   * asks for that makes databases by `pipelines/databases.ts` alone.
   */
  readonly attach?: boolean;
  /** Where the nodes' logs go; they outlive the stack there. Default: the lab's own folder, which ends with it. */
  readonly logs?: string;
  /** Goes on with the data of a stack that was suspended: what {@link Stack.suspend} returned. */
  readonly kept?: string;
  /** Connect plugins beside those of the set-up. */
  readonly plugins?: OwnPlugins | undefined;
  /** Aborting ends the start, and what was started. */
  readonly signal?: AbortSignal;
  /** Told of every change of a node's state; `tookMs` with `running`, how long its start took. */
  readonly onState?: (node: Node, tookMs?: number) => void;
}

const CAPABILITIES: readonly Capability[] = ['kill', 'pause', 'restart', 'topic-config', 'source-ddl', 'sink-write'];

/** The servers that this runtime can start, by their engines' names. */
const DATABASES: Readonly<Record<string, PlanDatabaseNode>> = {
  postgres: postgresNode,
  mariadb: mariadbNode,
  mysql: mysqlNode,
};

/** How a server of an engine is planned. Throws an OperatorError (`no-server`) for an engine of which there is none here. */
function databaseNode(engine: string): PlanDatabaseNode {
  const found = Object.hasOwn(DATABASES, engine) ? DATABASES[engine] : undefined;
  if (found !== undefined) return found;
  throw noServer(engine);
}

/** The servers that run already, of those that are wanted. Throws an OperatorError where there can be none of one. */
function runningServers(engines: Readonly<Record<End, string>>, { attach, kept }: EmbeddedOptions): AttachedServers {
  const servers = attach === true ? attachedServers(engines) : {};
  // Those of a lab that was kept are what they were.
  if (kept !== undefined) return servers;
  for (const end of ['source', 'sink'] as const) if (servers[end] === undefined) databaseNode(engines[end]);
  return servers;
}

const HOUR_MS = 3_600_000;
const SINK_FLUSH_MS = 500;

/**
 * Starts source and sink, broker (Kafka, KRaft) and two Connect workers as child processes, side by side,
 * and resolves when each of them answers. Throws an OperatorError that names the node and the end of its log; then
 * nothing is left running.
 */
export function startEmbeddedStack(options: EmbeddedOptions = {}): Promise<Stack> {
  return bootStack(options, 'fast');
}

/** As {@link startEmbeddedStack}, with or without the measures that make it fast; `plain` starts one after another. */
export async function bootStack(options: EmbeddedOptions, boot: Boot): Promise<Stack> {
  for (let tries = 1; ; tries++) {
    try {
      return await bootOnce(options, boot);
    } catch (error) {
      // Somebody was quicker to take a port that was free when it was chosen: other ports.
      if (!(error instanceof OperatorError && error.code === 'port-taken') || tries === 3) throw error;
    }
  }
}

async function bootOnce(options: EmbeddedOptions, boot: Boot): Promise<Stack> {
  const { source = defaultEngine.name, sink = defaultEngine.name } = options.engines ?? {};
  const engines = { source, sink };
  const running = runningServers(engines, options);
  const parts = jvmParts();
  const lab = openLab(undefined, options.kept);
  const nodes = new Map<NodeName, EmbeddedNode | AttachedNode>();
  let attached: Attached | undefined;
  let disposed: Promise<void> | undefined;
  const dispose = async () => {
    await Promise.all([...nodes.values()].map((node) => node.end()));
    try {
      await attached?.release();
    } finally {
      lab.destroy();
    }
  };
  const suspend = async (): Promise<string> => {
    // The workers first: on their orderly end they write to the broker how far they are.
    const workers = [...nodes.values()].filter(({ name }) => name.startsWith('connect'));
    await Promise.all(workers.map((node) => node.stop()));
    await Promise.all([...nodes.values()].map((node) => node.stop()));
    lab.keep();
    return lab.path;
  };
  try {
    attached = openAttached(lab.path, running, options.kept !== undefined);
    const servers = attached?.servers ?? {};
    const { specs, addresses } = await plan(lab, parts, { ...options, engines, servers }, boot);
    const listeners: ((node: Node) => void)[] = [];
    const exited = new AbortController();
    const died = (node: Node) => {
      // Those that are still starting would wait for it to their limits.
      exited.abort(nodeExited(node));
      for (const listener of listeners) listener(node);
    };
    for (const spec of specs) nodes.set(spec.name, spec instanceof AttachedNode ? spec : new EmbeddedNode(spec, died));
    const signal = options.signal === undefined ? exited.signal : AbortSignal.any([options.signal, exited.signal]);
    await startNodes([...nodes.values()], signal, boot);
    return {
      runtime: 'embedded',
      nodes,
      ...addresses,
      ...(attached === undefined ? {} : { claims: attached.claims }),
      capabilities: new Set([...CAPABILITIES, ...sourceCapabilities(addresses.source)]),
      mark: { [lab.mark.name]: lab.mark.value },
      adopt({ name, pid }) {
        lab.addChild({ name, pid, endSignal: 'SIGKILL' });
        return () => lab.removeChild(pid);
      },
      java: foundJava().version,
      onNodeDied(listener) {
        listeners.push(listener);
        for (const node of nodes.values()) if (node.state === 'failed') listener(node);
      },
      async suspend() {
        const suspended = suspend();
        disposed ??= suspended.then(() => {});
        return suspended;
      },
      [Symbol.asyncDispose]: () => (disposed ??= dispose()),
    };
  } catch (error) {
    // What could not be started again is as it was: the next start may find what it lacks.
    if (options.kept !== undefined) await suspend();
    else await dispose();
    throw error;
  }
}

interface PlanOptions extends EmbeddedOptions {
  readonly engines: Readonly<Record<End, string>>;
  /** Those that run already. */
  readonly servers: AttachedServers;
}

type Addresses = Pick<Stack, 'source' | 'sink' | 'brokers' | 'connectUrl' | 'sinkConnectUrl' | 'connectAccess'>;

/**
 * What is to be started, and where it will answer. In the order in which it is best begun: each finds those before it
 * that it needs, and the longest chain (broker, then the workers) has the processors first.
 */
async function plan(
  lab: LabFolder,
  parts: JvmParts,
  options: PlanOptions,
  boot: Boot,
): Promise<{ readonly specs: readonly (NodeSpec | AttachedNode)[]; readonly addresses: Addresses }> {
  const logs = options.logs ?? join(lab.path, 'logs');
  mkdirSync(logs, { recursive: true });
  const { onState } = options;
  const common = (name: NodeName) => ({
    boot,
    log: join(logs, `${name}.log`),
    ...(onState === undefined ? {} : { onState }),
  });
  const [ofSource, ofSink, port, controllerPort, ofConnect, ofSinkConnect] = await freePorts(6);
  const broker = `127.0.0.1:${port}`;
  const { engines, servers, signal } = options;
  const fetching = signal === undefined ? {} : { signal };
  const database = async (end: End, port: number): Promise<Planned> => {
    const server = servers[end];
    if (server === undefined) return databaseNode(engines[end])(end, lab, { port, ...fetching, ...common(end) });
    return { server, spec: new AttachedNode({ end, server, ...common(end) }) };
  };
  const source = await database('source', ofSource);
  const sink = await database('sink', ofSink);
  const { plugins } = options;
  const own = plugins !== undefined && plugins.folders.length > 0;
  const access = workerAccess(lab);
  const worker = { access, broker, plugins: own ? linkPlugins(lab.path, parts.plugins, plugins) : parts.plugins };
  const connect = { ...worker, name: 'connect', port: ofConnect, offsetFlushMs: HOUR_MS } as const;
  const sinkConnect = { ...worker, name: 'connect-sink', port: ofSinkConnect, offsetFlushMs: SINK_FLUSH_MS } as const;
  return {
    specs: [
      brokerNode(lab, parts, { port, controllerPort, ...common('broker') }),
      connectNode(lab, parts, { ...common('connect'), ...connect }),
      // The workers are alike, so one archive serves both, and only one writes it.
      connectNode(lab, parts, { ...common('connect-sink'), ...sinkConnect, boot: boot === 'archive' ? 'fast' : boot }),
      source.spec,
      sink.spec,
    ],
    addresses: {
      source: source.server,
      sink: sink.server,
      brokers: [broker],
      connectUrl: `http://127.0.0.1:${ofConnect}`,
      connectAccess: access,
      sinkConnectUrl: `http://127.0.0.1:${ofSinkConnect}`,
    },
  };
}

/** A database server that is to be started, or runs already. */
interface Planned {
  readonly server: DatabaseServer;
  readonly spec: NodeSpec | AttachedNode;
}

/** Starts all at once, or one after another. The first that fails ends the starts of the others. */
async function startNodes(
  nodes: readonly (EmbeddedNode | AttachedNode)[],
  signal: AbortSignal,
  boot: Boot,
): Promise<void> {
  // What runs already is asked first: where it cannot be used, nothing has to be started.
  for (const node of nodes) if (node instanceof AttachedNode || boot === 'plain') await node.start(signal);
  const failed = new AbortController();
  const limit = AbortSignal.any([signal, failed.signal]);
  const starts = nodes.map((node) => node.start(limit));
  for (const start of starts) start.catch((error) => failed.abort(error));
  await Promise.allSettled(starts);
  if (limit.aborted) throw limit.reason;
}
