import { join } from 'node:path';
import { defaultEngine } from '#engines/index.ts';
import {
  type Addresses,
  type Client,
  type DatabaseServer,
  type End,
  type Node,
  type NodeName,
  nodeNames,
  type Service,
  type Stack,
  type WorkerGroup,
} from '#model/stack.ts';
import type { Ways } from '../proxy/ways.ts';
import type { StackOptions } from '../runtime.ts';
import { type BrokerContainer, brokersSeen, type ContainerPort, placeBrokers } from './brokers.ts';
import type { ContainerNode, ContainerSpec } from './container-node.ts';
import { imageOf, planServerContainer } from './databases.ts';
import { tagOfImage } from './images.ts';
import { accessOfGroup, planBroker, planWorker, pluginFiles, WORKER_PORT, workersAccess } from './kafka.ts';
import type { ContainerRecord } from './record.ts';
import type { TarFile } from './tar.ts';

const GROUPS = ['connect', 'connect-sink'] as const;
const ENDS: readonly End[] = ['source', 'sink'];

/** The names of a stack's nodes: `broker`, `broker-2`, `connect`, `connect-2`. */
export interface NodeNames {
  readonly brokers: readonly NodeName[];
  readonly workers: Readonly<Record<(typeof GROUPS)[number], readonly NodeName[]>>;
  readonly all: readonly NodeName[];
}

export function namesOf({ brokers, workers }: Pick<StackOptions, 'brokers' | 'workers'>): NodeNames {
  const names = {
    brokers: nodeNames('broker', brokers),
    workers: { connect: nodeNames('connect', workers), 'connect-sink': nodeNames('connect-sink', workers) },
  };
  return { ...names, all: [...names.brokers, ...Object.values(names.workers).flat(), ...ENDS] };
}

export interface Planning {
  readonly names: NodeNames;
  readonly record: ContainerRecord;
  readonly options: StackOptions;
  /** The lab's folder, and that of the logs. */
  readonly lab: string;
  readonly logs: string;
  readonly network: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The ways of clients to servers, where they lead through relays, and the address that these listen on. */
  readonly led?: { readonly ways: Ways; readonly relays: string } | undefined;
  /** Where the nodes will be once they have been made. */
  readonly nodes: ReadonlyMap<NodeName, ContainerNode>;
}

/** What is to be started, and where it will answer for each client. */
export interface ContainerPlan extends Pick<Stack, 'services' | 'workers'> {
  readonly specs: readonly ContainerSpec[];
  readonly addresses: Readonly<Record<Client, Addresses>>;
}

export async function planContainers(planning: Planning): Promise<ContainerPlan> {
  const { names, record, options, lab, led, nodes } = planning;
  const portOf = (key: string): number => record.ports[key] ?? 0;
  const kafka = tagOfImage('kafka');
  const cluster = await placeBrokers(names.brokers, portOf, led);
  const brokers = cluster.map((broker) => ({
    ...common(planning, broker.name, kafka, broker.ports),
    ...planBroker(broker, cluster),
  }));
  const access = workersAccess(record.passwords.connect);
  const plugins = pluginFiles(lab, options.plugins);
  const format = options.format === 'plain' ? 'plain' : 'json';
  const workers = GROUPS.flatMap((group) =>
    names.workers[group].map((name, _, all) => ({
      ...common(planning, name, kafka, [{ host: portOf(name), container: WORKER_PORT }]),
      ...planWorker({ ...{ name, group, workers: all.length, port: portOf(name), cluster, access, plugins }, format }),
    })),
  );
  const group = (name: (typeof GROUPS)[number]): WorkerGroup => ({
    name,
    urls: names.workers[name].map((worker) => `http://127.0.0.1:${portOf(worker)}`),
    access: accessOfGroup(access, (files: readonly TarFile[]) =>
      Promise.all(names.workers[name].map((worker) => nodes.get(worker)?.put(files))),
    ),
  });
  const database = (end: End) => {
    const engine = options.engines?.[end] ?? defaultEngine.name;
    const planned = planServerContainer(end, engine, { port: portOf(end), password: record.passwords[end] });
    const spec: ContainerSpec = {
      ...common(planning, end, tagOfImage(imageOf(engine)), [{ host: portOf(end), container: planned.containerPort }]),
      ...planned.spec,
      files: [],
    };
    return { ...planned, spec };
  };
  const [source, sink] = [database('source'), database('sink')];
  const service = (kind: Service['kind'], name: string, of: readonly NodeName[]): Service => ({
    kind,
    name,
    nodes: of,
  });
  return {
    // The longest chain (brokers, then the workers) has the processors first.
    specs: [...brokers, ...workers, source.spec, sink.spec],
    services: [
      service('brokers', 'broker', names.brokers),
      ...GROUPS.map((name) => service('workers', name, names.workers[name])),
      ...ENDS.map((end) => service('database', end, [end])),
    ],
    workers: { source: group('connect'), sink: group('connect-sink') },
    addresses: await addressesOf(led?.ways, cluster, { source, sink }),
  };
}

type Sides = Readonly<Record<'outside' | 'inside', DatabaseServer>>;

/** Where each client finds the servers: by a relay where there is one, inside of the network what is in a container itself. */
async function addressesOf(
  ways: Ways | undefined,
  cluster: readonly BrokerContainer[],
  { source, sink }: Readonly<Record<End, Sides>>,
): Promise<ContainerPlan['addresses']> {
  const lab = { source: source.outside, sink: sink.outside, brokers: brokersSeen(cluster, 'lab') };
  return {
    lab,
    capture: {
      source: (await ways?.toDatabase('capture', 'source', source.outside)) ?? source.inside,
      sink: sink.inside,
      brokers: brokersSeen(cluster, 'capture'),
    },
    sinks: {
      source: source.inside,
      sink: (await ways?.toDatabase('sinks', 'sink', sink.outside)) ?? sink.inside,
      brokers: brokersSeen(cluster, 'sinks'),
    },
    consumers: {
      ...lab,
      sink: (await ways?.toDatabase('consumers', 'sink', sink.outside)) ?? sink.outside,
      brokers: brokersSeen(cluster, 'consumers'),
    },
  };
}

/** What every container is made with. */
function common(
  { options, logs, lab, network, labels }: Planning,
  name: NodeName,
  image: string,
  ports: readonly ContainerPort[],
) {
  const { onState } = options;
  return {
    ...{ name, image, ports, network, labels, place: lab, log: join(logs, `${name}.log`) },
    ...(onState === undefined ? {} : { onState: (node: Node, tookMs?: number) => onState(node, tookMs) }),
  };
}
