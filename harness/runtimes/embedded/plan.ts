import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AVRO_CONVERTER } from '#model/registry-converter.ts';
import {
  type Addresses,
  type Client,
  type DatabaseServer,
  type End,
  type Node,
  type NodeName,
  needsRegistry,
  nodeNames,
  type OwnPlugins,
  type RegistryAddresses,
  type Service,
  type Stack,
  type StackObjects,
  type StackRegistry,
  type WorkerGroup,
} from '#model/stack.ts';
import { freePorts } from '#std/free-port.ts';
import { classesIn } from '#std/plugin-archives.ts';
import { type AttachedServers, noServer } from '../attached/attached.ts';
import { AttachedNode } from '../attached/node.ts';
import { type OpenStoreWay, openStoreWay } from '../proxy/store-way.ts';
import type { Ways } from '../proxy/ways.ts';
import type { StackOptions } from '../runtime.ts';
import { brokerNode, clusterComplete, forLab } from './broker-node.ts';
import { workerAccess } from './connect-access.ts';
import { connectNode } from './connect-node.ts';
import { avroConverters, jsonConverters } from './converters.ts';
import type { PlanDatabaseNode } from './database-node.ts';
import { icebergHome } from './iceberg-home.ts';
import type { Boot, JvmParts } from './jvm.ts';
import type { LabFolder } from './lab-folder.ts';
import { mariadbNode } from './mariadb-node.ts';
import { mysqlNode } from './mysql-node.ts';
import type { NodeSpec } from './node.ts';
import { OBJECTS_NODE, objectStoreHome, objectsNode } from './objects-node.ts';
import { linkPlugins } from './own-plugins.ts';
import { type BrokersPlan, placeBrokers } from './plan-brokers.ts';
import { postgresNode } from './postgres-node.ts';
import { forgetSchemas, REGISTRY_NODE, registryAddresses, registryHome, registryNode } from './registry-node.ts';

export interface PlanOptions extends StackOptions {
  readonly engines: Readonly<Record<End, string>>;
  /** Those that run already. */
  readonly servers: AttachedServers;
  /** Through which the clients' connections lead, where they do. */
  readonly ways: Ways | undefined;
}

/** The object store, and the way to it, which whoever plans it ends. */
interface OpenObjects extends StackObjects {
  readonly way: OpenStoreWay;
}

/** What is to be started, and where it will answer. */
export interface StackPlan extends Pick<Stack, 'services' | 'workers' | 'registry'> {
  readonly objects?: OpenObjects;
  /**
   * In the order in which it is best begun, those of a service together: each finds those before it that it needs, and the longest chain (broker, then the
   * workers) has the processors first.
   */
  readonly nodes: readonly (NodeSpec | AttachedNode)[];
  readonly addresses: Readonly<Record<Client, Addresses>>;
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
  const registry = needsRegistry(options) ? await planRegistry(planning) : undefined;
  const { source: connect, sink: connectSink } = await planWorkers(planning, broker, registry);
  const source = await planDatabase(planning, 'source');
  const sink = await planDatabase(planning, 'sink');
  const objects = options.objects === true ? await planObjects(planning) : undefined;
  const asked = [registry, objects].filter((one) => one !== undefined);
  const planned = [broker, ...asked, connect, connectSink, source, sink];
  return {
    nodes: planned.flatMap(({ nodes }) => nodes),
    services: planned.map(({ service }) => service),
    workers: { source: connect.group, sink: connectSink.group },
    ...(registry === undefined ? {} : { registry: registry.registry }),
    ...(objects === undefined ? {} : { objects: objects.objects }),
    addresses: await seenThrough(options.ways, {
      source: source.server,
      sink: sink.server,
      brokers: broker.addresses,
      registry: registry?.seen,
    }),
  };
}

interface PlannedBrokers extends Pick<BrokersPlan, 'addresses'> {
  readonly ready: (signal?: AbortSignal) => Promise<void>;
}

interface Places extends Pick<Addresses, End> {
  readonly brokers: PlannedBrokers['addresses'];
  readonly registry: PlannedRegistry['seen'] | undefined;
}

/** The servers' addresses for each client: those of the relays where its connections lead through them. */
async function seenThrough(
  ways: Ways | undefined,
  { source, sink, brokers, registry }: Places,
): Promise<StackPlan['addresses']> {
  const of = (client: Client) => (registry === undefined ? {} : { registry: registry[client] });
  const seen = (client: Client): Addresses => ({ source, sink, brokers: brokers[client], ...of(client) });
  const [lab, capture, sinks, consumers] = [seen('lab'), seen('capture'), seen('sinks'), seen('consumers')];
  if (ways === undefined) return { lab, capture, sinks, consumers };
  return {
    lab,
    capture: { ...capture, source: await ways.toDatabase('capture', 'source', source) },
    sinks: { ...sinks, sink: await ways.toDatabase('sinks', 'sink', sink) },
    consumers: { ...consumers, sink: await ways.toDatabase('consumers', 'sink', sink) },
  };
}

async function planBrokers({ lab, parts, options, boot, taken, common }: Planning): Promise<Planned<PlannedBrokers>> {
  const { names, cluster, addresses } = await placeBrokers(options.brokers, options.ways, taken);
  return {
    nodes: cluster.map((place, index) => {
      const name = names[index] ?? 'broker';
      return brokerNode(lab, parts, { ...common(name), name, place, cluster, boot: bootOfOne(boot, index) });
    }),
    service: { name: 'broker', kind: 'brokers', nodes: names },
    addresses,
    ready: (signal) => clusterComplete(cluster.map(forLab), signal),
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
  registry: PlannedRegistry | undefined,
): Promise<Record<End, Planned<{ readonly group: WorkerGroup }>>> {
  const plugins = withConverters(options.plugins, registry?.converters);
  const access = workerAccess(lab);
  const all = { access, brokersReady: brokers.ready };
  const usual = plugins.folders.length > 0 ? linkPlugins(lab.path, parts.plugins, plugins) : parts.plugins;
  const own = { connect: usual, 'connect-sink': await withIceberg(lab, usual, options) };
  const planGroup = async (
    group: 'connect' | 'connect-sink',
    seen: readonly string[],
    bootOf: (index: number) => Boot,
  ): Promise<Planned<{ readonly group: WorkerGroup }>> => {
    const names = nodeNames(group, options.workers);
    const ports: number[] = [];
    for (const _ of names) ports.push(...(await freePorts(1, taken)));
    return {
      nodes: names.map((name, index) => {
        const one = { name, group, brokers: seen, workers: names.length, port: ports[index] ?? 0 };
        return connectNode(lab, parts, {
          ...common(name),
          ...all,
          ...one,
          plugins: own[group],
          converters:
            registry === undefined
              ? jsonConverters(options.format === 'plain' ? 'plain' : 'json')
              : avroConverters(registry.seen[group === 'connect' ? 'capture' : 'sinks']),
          offsetFlushMs: OFFSET_FLUSH_MS[group],
          boot: bootOf(index),
        });
      }),
      service: { name: group, kind: 'workers', nodes: names },
      group: { name: group, urls: ports.map((port) => `http://127.0.0.1:${port}`), access },
    };
  };
  return {
    source: await planGroup('connect', brokers.addresses.capture, (index) => bootOfOne(boot, index)),
    sink: await planGroup('connect-sink', brokers.addresses.sinks, (index) => bootOfOne(boot, index + 1)),
  };
}

/**
 * The plugins, and the converters for the registry, which name no class themselves. Where a plugin has them at a version of its
 * own, Connect would have two of one name to choose from.
 */
function withConverters(own: OwnPlugins | undefined, converters: string | undefined): OwnPlugins {
  const { folders, classes } = own ?? { folders: [], classes: [] };
  if (converters === undefined || classesIn(folders)(AVRO_CONVERTER)) return { folders, classes };
  return { folders: [...folders, converters], classes: [...classes, { name: AVRO_CONVERTER, kind: 'converter' }] };
}

/** The plugins, and Apache Iceberg's sink, where it is asked for: who has no use for it does not look through its jars. */
async function withIceberg(lab: LabFolder, plugins: string, { iceberg, signal }: PlanOptions): Promise<string> {
  if (iceberg !== true) return plugins;
  const folders = [await icebergHome(signal)];
  return linkPlugins(join(lab.path, 'of-sinks'), plugins, { folders, classes: [] });
}

interface PlannedRegistry {
  readonly registry: StackRegistry;
  /** Where each client asks it. */
  readonly seen: Readonly<Record<Client, RegistryAddresses>>;
  /** The folder of the converters that write with it. */
  readonly converters: string;
}

async function planRegistry({ lab, options, taken, common }: Planning): Promise<Planned<PlannedRegistry>> {
  const registry = await registryHome(options.signal);
  const [port] = await freePorts(1, taken);
  const through = async (from: 'capture' | 'sinks'): Promise<RegistryAddresses> =>
    registryAddresses((await options.ways?.open(from, 'registry', { host: '127.0.0.1', port })) ?? port);
  const direct = registryAddresses(port);
  return {
    nodes: [registryNode(lab, { ...common(REGISTRY_NODE), registry, port })],
    service: { name: REGISTRY_NODE, kind: 'registry', nodes: [REGISTRY_NODE] },
    registry: { ...direct, forget: () => forgetSchemas(lab) },
    seen: { lab: direct, capture: await through('capture'), sinks: await through('sinks'), consumers: direct },
    converters: registry.converters,
  };
}

async function planObjects({
  lab,
  options,
  taken,
  common,
}: Planning): Promise<Planned<{ readonly objects: OpenObjects }>> {
  const store = await objectStoreHome(options.signal);
  const [port] = await freePorts(1, taken);
  // Whoever has the lab's folder has its secret: it is as good as the processes' own life.
  const credentials = { keyId: 'driftlab', secret: randomBytes(12).toString('hex') };
  const { boot: _, ...shared } = common(OBJECTS_NODE);
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    nodes: [objectsNode(lab, { ...shared, ...credentials, store, port })],
    service: { name: OBJECTS_NODE, kind: 'objects', nodes: [OBJECTS_NODE] },
    objects: { endpoint, credentials, way: await openStoreWay(endpoint) },
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
