import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { leaveGroups, type Membership } from '#clients/leave-groups.ts';
import type { NodeName } from '#model/stack.ts';
import type { WorkerAccess } from './connect-access.ts';
import { type Boot, type JvmParts, javaCommand, link } from './jvm.ts';
import type { LabFolder } from './lab-folder.ts';
import type { NodeSpec } from './node.ts';
import { properties } from './properties.ts';

export interface ConnectOptions {
  readonly name: NodeName;
  readonly group: 'connect' | 'connect-sink';
  /** How many workers the group has. */
  readonly workers: number;
  readonly port: number;
  readonly brokers: readonly string[];
  /** Resolves once topics can be made. */
  readonly brokersReady: (signal?: AbortSignal) => Promise<void>;
  /**
   * How often offsets are committed. The source's worker holds them back, so that a SIGKILL always replays; an orderly
   * stop commits them all the same.
   */
  readonly offsetFlushMs: number;
  /** A folder with a folder for each plugin. */
  readonly plugins: string;
  /** How records are written and read where a connector does not say it. */
  readonly converters: Readonly<Record<string, string | boolean>>;
  readonly access: WorkerAccess;
  readonly boot: Boot;
  readonly log: string;
  readonly onState?: NodeSpec['onState'];
}

const LIMIT_MS = 60_000;
/** How long a worker, or a sink task's consumer, may be silent before others get its work. There are no others of a single one. */
const SESSION_OF_SEVERAL_MS = 10_000;

/** The worker's configuration and its plugins, in its working folder. */
const CONFIG = 'worker.properties';
const PLUGINS = 'plugins';

/** What of a worker does not depend on how it is run. */
export type Worker = Pick<
  ConnectOptions,
  'name' | 'group' | 'workers' | 'port' | 'brokers' | 'brokersReady' | 'offsetFlushMs' | 'access'
>;

export function connectProperties(
  options: Omit<Worker, 'brokersReady'> & Pick<ConnectOptions, 'converters'>,
): Record<string, string | number | boolean> {
  const { name, group, port, brokers } = options;
  const sessionMs = options.workers === 1 ? LIMIT_MS : SESSION_OF_SEVERAL_MS;
  return {
    'bootstrap.servers': brokers.join(','),
    'group.id': group,
    // By which the members of a group are told apart.
    'client.id': name,
    'config.storage.topic': `_${group}-configs`,
    'offset.storage.topic': `_${group}-offsets`,
    'status.storage.topic': `_${group}-status`,
    'config.storage.replication.factor': brokers.length,
    'offset.storage.replication.factor': brokers.length,
    'status.storage.replication.factor': brokers.length,
    'offset.storage.partitions': 1,
    'status.storage.partitions': 1,
    'offset.flush.interval.ms': options.offsetFlushMs,
    'offset.flush.timeout.ms': LIMIT_MS,
    ...options.converters,
    'connector.client.config.override.policy': 'All',
    'plugin.path': PLUGINS,
    // Reads the plugins' service files; the default looks into every class of every jar as well, some 8 s a worker.
    'plugin.discovery': 'service_load',
    listeners: `http://127.0.0.1:${port}`,
    'rest.advertised.host.name': '127.0.0.1',
    'rest.advertised.port': port,
    'scheduled.rebalance.max.delay.ms': 0,
    // No session of a single worker ends because the machine is busy. What a killed one leaves in its groups is taken out of
    // them before it starts again, so nothing has to wait for these. One of several must be missed soon.
    'session.timeout.ms': sessionMs,
    'heartbeat.interval.ms': 500,
    'rebalance.timeout.ms': LIMIT_MS,
    'worker.sync.timeout.ms': LIMIT_MS,
    'consumer.session.timeout.ms': sessionMs,
    'consumer.heartbeat.interval.ms': 500,
    // A sink task that retries for ever ends with the limit alone; one that captures is given the time for its offsets.
    'task.shutdown.graceful.timeout.ms': group === 'connect' ? 30_000 : 5000,
    ...options.access.properties,
  };
}

/**
 * Whether a member of a group was this worker, or a consumer of one of its sink tasks. Whose worker a consumer was, of several,
 * cannot be told: those of a dead one are missed when their session ends.
 */
function wasWorker(
  { groupId, clientId }: Membership,
  protocol: string,
  options: Pick<Worker, 'name' | 'group' | 'workers'>,
): boolean {
  const { name, group, workers } = options;
  if (protocol !== 'consumer') return groupId === group && clientId === name;
  if (workers > 1 || group !== 'connect-sink') return false;
  // Apache Iceberg's sink reads its control topic with the worker's own properties, its name among them.
  return clientId.startsWith('connector-consumer-') || clientId === name;
}

/**
 * What is done before each start of a worker: the brokers are waited for, and what it has left in its groups when it was killed
 * goes out of them. `brokers` are the addresses that this process reaches.
 */
export function preparing(
  options: Pick<Worker, 'name' | 'group' | 'workers' | 'brokers' | 'brokersReady'>,
): (signal?: AbortSignal) => Promise<void> {
  let started = false;
  return async (signal) => {
    await options.brokersReady(signal);
    if (started)
      await leaveGroups(options.brokers, (member, protocol) => wasWorker(member, protocol, options)).catch(() => {});
    started = true;
  };
}

/** Whether a worker's REST interface answers who may use it. */
export function workerAnswers(url: string, authorization: string): (signal: AbortSignal) => Promise<boolean> {
  return async (signal) => {
    const answer = await fetch(`${url}/connectors`, {
      headers: { authorization },
      signal: AbortSignal.any([signal, AbortSignal.timeout(2000)]),
    });
    await answer.text();
    return answer.ok;
  };
}

export function connectNode(lab: LabFolder, parts: JvmParts, options: ConnectOptions): NodeSpec {
  const folder = join(lab.path, options.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, CONFIG), properties(connectProperties(options)));
  link(options.plugins, join(folder, PLUGINS));
  const mainClass = 'org.apache.kafka.connect.cli.ConnectDistributed';
  const { boot } = options;
  const { authorization = '', systemProperties: system } = options.access;
  const java = javaCommand({ parts, folder, boot, heapMb: 512, archive: 'connect', system, mainClass, args: [CONFIG] });
  return {
    name: options.name,
    lab,
    log: options.log,
    command: java,
    prepare: preparing(options),
    ready: workerAnswers(`http://127.0.0.1:${options.port}`, authorization),
    startLimitMs: 300_000,
    stopSignal: 'SIGTERM',
    stopLimitMs: boot === 'archive' ? 60_000 : 15_000,
    endSignal: 'SIGKILL',
    ...(options.onState === undefined ? {} : { onState: options.onState }),
  };
}
