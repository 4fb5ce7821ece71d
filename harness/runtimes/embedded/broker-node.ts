import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import type { NodeName } from '#model/stack.ts';
import { until } from '#std/wait.ts';
import { type Boot, type JvmParts, javaCommand } from './jvm.ts';
import type { LabFolder } from './lab-folder.ts';
import type { NodeSpec } from './node.ts';
import { properties } from './properties.ts';

/** Any 16 bytes in base64; each lab is a cluster of its own on ports of its own. */
const CLUSTER_ID = 'ZHJpZnRsYWItbGFiLTAwMA';

/** The broker's data and its configuration, in its working folder. */
const DATA = 'data';
const CONFIG = 'server.properties';

export interface Listener {
  /** In capital letters. */
  readonly name: string;
  readonly port: number;
  /** Where clients are told to connect, where that is another port: a relay's that leads here. */
  readonly advertised?: number | undefined;
}

/** A broker of the cluster, which is a controller as well, and where it listens. */
export interface BrokerPlace {
  /** Its number in the cluster, from 1 on. */
  readonly id: number;
  /** The first is the lab's. */
  readonly listeners: readonly [Listener, ...Listener[]];
  readonly controller: Listener;
  /** Where the other brokers read what it has; the lab's where it is left out. */
  readonly replication?: Listener | undefined;
}

/** A broker as the lab reaches it. */
export function forLab({ id, listeners: [{ port }] }: BrokerPlace): { readonly id: number; readonly port: number } {
  return { id, port };
}

const portSeen = ({ port, advertised = port }: Listener): number => advertised;

/** How many of the replicas must have a record before it is acknowledged, where there are several. */
const IN_SYNC = 2;

/**
 * One node that is broker and controller. All topics are replicated to every broker. A single one waits and replicates for nobody;
 * several hold what one of them acknowledges on two at least.
 */
export function brokerProperties(
  { id, listeners, controller, replication }: BrokerPlace,
  cluster: readonly BrokerPlace[],
): Record<string, string | number | boolean> {
  const replicas = cluster.length;
  const inSync = Math.min(replicas, IN_SYNC);
  const clients = [...listeners, ...(replication === undefined ? [] : [replication])];
  const all = [...clients, controller];
  // A controller is found by the list of voters; what it advertises has to agree where that is a relay.
  const advertised = controller.advertised === undefined ? clients : all;
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': cluster.map((one) => `${one.id}@127.0.0.1:${portSeen(one.controller)}`).join(','),
    listeners: all.map(({ name, port }) => `${name}://127.0.0.1:${port}`).join(','),
    'advertised.listeners': advertised.map((one) => `${one.name}://127.0.0.1:${portSeen(one)}`).join(','),
    'inter.broker.listener.name': (replication ?? listeners[0]).name,
    'controller.listener.names': controller.name,
    'listener.security.protocol.map': all.map(({ name }) => `${name}:PLAINTEXT`).join(','),
    'log.dirs': DATA,
    'auto.create.topics.enable': true,
    'num.partitions': 1,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    // One for each broker: the groups have not all the same coordinator.
    'offsets.topic.num.partitions': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Retention that a fault makes short takes effect within a second.
    'log.retention.check.interval.ms': 500,
    'log.initial.task.delay.ms': 500,
    'log.segment.delete.delay.ms': 1000,
    // A busy machine must not fence the broker: all groups would lose their coordinator. The price is paid after a SIGKILL
    // of the broker, which the controller lets register again only when its old session has ended. Where there are others,
    // that end is when its partitions get another leader.
    'broker.session.timeout.ms': replicas === 1 ? 18_000 : 9000,
    'broker.heartbeat.interval.ms': 300,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.recovery.threads.per.data.dir': 2,
    'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
  };
}

export interface BrokerOptions {
  readonly name: NodeName;
  readonly place: BrokerPlace;
  /** All of them, this one as well. */
  readonly cluster: readonly BrokerPlace[];
  readonly boot: Boot;
  readonly log: string;
  readonly onState?: NodeSpec['onState'];
}

export function brokerNode(lab: LabFolder, parts: JvmParts, options: BrokerOptions): NodeSpec {
  const { name, place, cluster, boot } = options;
  const folder = join(lab.path, name);
  const data = join(folder, DATA);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, CONFIG), properties(brokerProperties(place, cluster)));
  const java = javaCommand({
    ...{ parts, folder, boot, heapMb: cluster.length === 1 ? 512 : 320, archive: 'broker' },
    ...{ mainClass: 'kafka.Kafka', args: [CONFIG] },
  });
  return {
    name,
    lab,
    log: options.log,
    command: java,
    async prepare() {
      if (existsSync(data)) return;
      if (boot === 'plain') await format(parts, folder, boot);
      else copyStorage(storageTemplate(parts) ?? (await formattedStorage(parts)), data, place.id);
    },
    ready: () => brokerAnswers(forLab(place)),
    startLimitMs: 180_000,
    stopSignal: 'SIGTERM',
    stopLimitMs: boot === 'archive' ? 60_000 : 10_000,
    endSignal: 'SIGKILL',
    ...(options.onState === undefined ? {} : { onState: options.onState }),
  };
}

function storageTemplate(parts: JvmParts): string | undefined {
  const storage = join(parts.folder, 'kraft');
  return existsSync(storage) ? storage : undefined;
}

const ANY: BrokerPlace = {
  id: 1,
  listeners: [{ name: 'LAB', port: 9092 }],
  controller: { name: 'CONTROLLER', port: 9093 },
};

/**
 * Storage as `kafka-storage format` leaves it, formatted once. It knows no address and no path, so a copy serves, of which each
 * broker's bears its own number and a name of its own.
 */
async function formattedStorage(parts: JvmParts): Promise<string> {
  const storage = join(parts.folder, 'kraft');
  const fresh = `${storage}.${process.pid}.${randomBytes(3).toString('hex')}`;
  mkdirSync(fresh, { recursive: true });
  try {
    writeFileSync(join(fresh, CONFIG), properties(brokerProperties(ANY, [ANY])));
    await format(parts, fresh, 'fast');
    renameSync(join(fresh, DATA), storage);
  } catch (error) {
    // Another lab may have been quicker; its storage is as good.
    if (!existsSync(storage)) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return storage;
}

function copyStorage(template: string, data: string, id: number): void {
  cpSync(template, data, { recursive: true });
  const meta = join(data, 'meta.properties');
  const own = readFileSync(meta, 'utf8')
    .replace(/^node\.id=.*$/m, `node.id=${id}`)
    .replace(/^directory\.id=.*$/m, `directory.id=${directoryId()}`);
  writeFileSync(meta, own);
}

/** As Kafka makes them: 16 random bytes, never with a dash before them. */
function directoryId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

async function format(parts: JvmParts, folder: string, boot: Boot): Promise<void> {
  const args = ['format', '--cluster-id', CLUSTER_ID, '--config', CONFIG];
  const tool = { mainClass: 'kafka.tools.StorageTool', args };
  const { file, args: all, cwd, env } = javaCommand({ parts, folder, boot, heapMb: 128, ...tool });
  await promisify(execFile)(file, [...all], { cwd, env });
}

/** Whether a broker serves clients: it lists itself once the controller has let it in. */
export function brokerAnswers({ id, port }: ReturnType<typeof forLab>): Promise<boolean> {
  return lists(port, (ids) => ids.includes(id));
}

/** Whether a broker lists what is asked for, by their numbers. */
async function lists(port: number, wanted: (ids: readonly number[]) => boolean): Promise<boolean> {
  const kafka = new Kafka({
    clientId: 'driftlab-boot',
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1000,
    requestTimeout: 2000,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return wanted((await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId));
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

const CLUSTER_LIMIT_MS = 180_000;

/**
 * Resolves once all brokers are members of the cluster: until then no topic can be made that is replicated to all, and a worker
 * that finds no room for its topics ends.
 */
export async function clusterComplete(
  cluster: readonly ReturnType<typeof forLab>[],
  signal?: AbortSignal,
): Promise<void> {
  // A single one is waited for by whoever needs it, which costs no time.
  if (cluster.length === 1) return;
  const complete = ({ port }: ReturnType<typeof forLab>) =>
    lists(port, (ids) => cluster.every(({ id }) => ids.includes(id))).catch(() => false);
  await until(async () => (await Promise.all(cluster.map(complete))).every(Boolean), {
    what: `the ${cluster.length} brokers to find each other`,
    limitMs: CLUSTER_LIMIT_MS,
    signal,
  });
}
