import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Addresses,
  type DatabaseServer,
  type End,
  type Node,
  type NodeName,
  nodeNames,
  type Service,
  type Stack,
  type WorkerGroup,
} from '#model/stack.ts';
import { freePorts } from '#std/free-port.ts';
import { type AttachedServers, noServer } from '../attached/attached.ts';
import { AttachedNode } from '../attached/node.ts';
import type { StackOptions } from '../runtime.ts';
import { type BrokerPlace, brokerNode, clusterComplete } from './broker-node.ts';
import { workerAccess } from './connect-access.ts';
import { connectNode } from './connect-node.ts';
import type { PlanDatabaseNode } from './database-node.ts';
import type { Boot, JvmParts } from './jvm.ts';
import type { LabFolder } from './lab-folder.ts';
import { mariadbNode } from './mariadb-node.ts';
import { mysqlNode } from './mysql-node.ts';
import type { NodeSpec } from './node.ts';
import { linkPlugins } from './own-plugins.ts';
import { postgresNode } from './postgres-node.ts';

export interface PlanOptions extends StackOptions {
  readonly engines: Readonly<Record<End, string>>;
  /** Those that run already. */
  readonly servers: AttachedServers;
}

/** What is to be started, and where it will answer. */
export interface StackPlan extends Pick<Stack, 'services' | 'workers'> {
  /**
   * In the order in which it is best begun, those of a service together: each finds those before it that it needs, and the longest chain (broker, then the
   * workers) has the processors first.
   */
  readonly nodes: readonly (NodeSpec | AttachedNode)[];
  readonly addresses: Addresses;
}

/** The servers that this runtime can start, by their engines' names. */
const DATABASES: Readonly<Record<string, PlanDatabaseNode>> = {
  postgres: postgresNode,
  mariadb: mariadbNode,
  mysql: mysqlNode,
};

/** How a server of an engine is planned. Throws an OperatorError (`no-server`) for an engine of which there is none here. */
export function databaseNode(engine: string): PlanDatabaseNode {
  const found = Object.hasOwn(DATABASES, engine) ? DATABASES[engine] : undefined;
  if (found !== undefined) return found;
  throw noServer(engine);
}

const HOUR_MS = 3_600_000;

/** How often the workers of each group commit offsets. */
export const OFFSET_FLUSH_MS = { connect: HOUR_MS, 'connect-sink': 500 } as const;

interface Common {
  readonly boot: Boot;
  readonly log: string;
  readonly onState?: (node: Node, tookMs?: number) => void;
}

interface Planning {
  readonly lab: LabFolder;
  readonly parts: JvmParts;
  readonly options: PlanOptions;
  readonly boot: Boot;
  /** Ports that have been given to a node: nobody listens there yet. */
  readonly taken: Set<number>;
  /** What every node is planned with. */
  common(name: NodeName): Common;
}

type Planned<T> = T & Pick<StackPlan, 'nodes'> & { readonly service: Service };

export async function planStack(lab: LabFolder, parts: JvmParts, options: PlanOptions, boot: Boot): Promise<StackPlan> {
  const logs = options.logs ?? join(lab.path, 'logs');
  mkdirSync(logs, { recursive: true });
  const { onState } = options;
  const common = (name: NodeName) => ({
    boot,
    log: join(logs, `${name}.log`),
    ...(onState === undefined ? {} : { onState }),
  });
  const planning = { lab, parts, options, boot, taken: new Set<number>(), common };
  const broker = await planBrokers(planning);
  const { source: connect, sink: connectSink } = await planWorkers(planning, broker);
  const source = await planDatabase(planning, 'source');
  const sink = await planDatabase(planning, 'sink');
  const planned = [broker, connect, connectSink, source, sink];
  return {
    nodes: planned.flatMap(({ nodes }) => nodes),
    services: planned.map(({ service }) => service),
    workers: { source: connect.group, sink: connectSink.group },
    addresses: { source: source.server, sink: sink.server, brokers: broker.addresses },
  };
}

interface PlannedBrokers {
  readonly addresses: readonly string[];
  readonly ready: (signal?: AbortSignal) => Promise<void>;
}

async function planBrokers({ lab, parts, options, boot, taken, common }: Planning): Promise<Planned<PlannedBrokers>> {
  const names = nodeNames('broker', options.brokers);
  const cluster: BrokerPlace[] = [];
  for (const index of names.keys()) {
    const [port, controllerPort] = await freePorts(2, taken);
    cluster.push({ id: index + 1, port, controllerPort });
  }
  return {
    nodes: cluster.map((place, index) => {
      const name = names[index] ?? 'broker';
      return brokerNode(lab, parts, { ...common(name), name, place, cluster, boot: bootOfOne(boot, index) });
    }),
    service: { name: 'broker', kind: 'brokers', nodes: names },
    addresses: cluster.map(({ port }) => `127.0.0.1:${port}`),
    ready: (signal) => clusterComplete(cluster, signal),
  };
}

/** Nodes that do the same are alike, so one archive serves all, and only one writes it. */
function bootOfOne(boot: Boot, index: number): Boot {
  return boot === 'archive' && index > 0 ? 'fast' : boot;
}

/** Two groups: the source connector's holds back its offsets, that of sink connectors commits what it has applied at once. */
async function planWorkers(
  { lab, parts, options, boot, taken, common }: Planning,
  brokers: PlannedBrokers,
): Promise<Record<End, Planned<{ readonly group: WorkerGroup }>>> {
  const { plugins } = options;
  const own = plugins !== undefined && plugins.folders.length > 0;
  const access = workerAccess(lab);
  const all = {
    ...{ access, brokers: brokers.addresses, brokersReady: brokers.ready },
    plugins: own ? linkPlugins(lab.path, parts.plugins, plugins) : parts.plugins,
  };
  const planGroup = async (
    group: 'connect' | 'connect-sink',
    offsetFlushMs: number,
    bootOf: (index: number) => Boot,
  ): Promise<Planned<{ readonly group: WorkerGroup }>> => {
    const names = nodeNames(group, options.workers);
    const ports: number[] = [];
    for (const _ of names) ports.push(...(await freePorts(1, taken)));
    return {
      nodes: names.map((name, index) => {
        const one = { name, group, workers: names.length, port: ports[index] ?? 0 };
        return connectNode(lab, parts, { ...common(name), ...all, ...one, offsetFlushMs, boot: bootOf(index) });
      }),
      service: { name: group, kind: 'workers', nodes: names },
      group: { name: group, urls: ports.map((port) => `http://127.0.0.1:${port}`), access },
    };
  };
  return {
    source: await planGroup('connect', OFFSET_FLUSH_MS.connect, (index) => bootOfOne(boot, index)),
    sink: await planGroup('connect-sink', OFFSET_FLUSH_MS['connect-sink'], (index) => bootOfOne(boot, index + 1)),
  };
}

async function planDatabase(
  { lab, options, taken, common }: Planning,
  end: End,
): Promise<Planned<{ readonly server: DatabaseServer }>> {
  const service: Service = { name: end, kind: 'database', nodes: [end] };
  const attached = options.servers[end];
  if (attached !== undefined)
    return { service, server: attached, nodes: [new AttachedNode({ end, server: attached, ...common(end) })] };
  const { engines, signal } = options;
  const [port] = await freePorts(1, taken);
  const fetching = signal === undefined ? {} : { signal };
  const { server, spec } = await databaseNode(engines[end])(end, lab, { port, ...fetching, ...common(end) });
  return { service, server, nodes: [spec] };
}
