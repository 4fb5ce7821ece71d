import { join } from 'node:path';
import { concealed } from '#clients/conceal.ts';
import type { ConnectAccess, NodeName, OwnPlugins } from '#model/stack.ts';
import { brokerAnswers, clusterComplete } from '../embedded/broker-node.ts';
import { JAAS_PROPERTY, newAccess } from '../embedded/connect-access.ts';
import { connectProperties, preparing, workerAnswers } from '../embedded/connect-node.ts';
import { jsonConverters } from '../embedded/converters.ts';
import { jvmParts } from '../embedded/jvm.ts';
import { linkPlugins } from '../embedded/own-plugins.ts';
import { OFFSET_FLUSH_MS } from '../embedded/plan.ts';
import { properties } from '../embedded/properties.ts';
import { type BrokerContainer, brokerConfig, brokersSeen } from './brokers.ts';
import type { ContainerSpec } from './container-node.ts';
import { filesIn, type TarFile } from './tar.ts';

/** The user of docker/kafka/Dockerfile. */
const KAFKA_USER = 1001;

/** Where docker/kafka/Dockerfile has the plugins, and where those of somebody's own go. */
const PLUGINS = '/opt/driftlab/plugins';
const OWN_PLUGINS = 'opt/driftlab/own-plugins';

const CONFIG = 'etc/driftlab';

/** Port in a worker's container. */
export const WORKER_PORT = 8083;

type Properties = Readonly<Record<string, string | number | boolean>>;

type KafkaSpec = Pick<
  ContainerSpec,
  'command' | 'env' | 'files' | 'memoryMb' | 'ready' | 'startLimitMs' | 'stopLimitMs' | 'prepare'
>;

/** A file that only the servers' user reads: configurations have passwords in them. */
function privately(path: string, text: string): TarFile {
  return { path, from: { text }, mode: 0o600, owner: KAFKA_USER };
}

export function planBroker(broker: BrokerContainer, cluster: readonly BrokerContainer[]): KafkaSpec {
  const file = `${CONFIG}/broker.properties`;
  return {
    command: ['broker', `/${file}`],
    env: {},
    files: [privately(file, properties(brokerConfig(broker, cluster)))],
    memoryMb: 1024,
    ready: () => brokerAnswers(broker),
    startLimitMs: 180_000,
    stopLimitMs: 10_000,
  };
}

/** The workers' access, whatever container they are in, and the files that they need for it. */
export interface WorkersAccess {
  readonly access: ReturnType<typeof newAccess>['access'];
  readonly files: readonly TarFile[];
  readonly env: Readonly<Record<string, string>>;
}

export function workersAccess(password: string): WorkersAccess {
  const at = { users: `/${CONFIG}/users.properties`, secrets: `/${CONFIG}/secrets`, allowed: true };
  const { users, jaas, access } = newAccess(at, password);
  return {
    access,
    files: [
      privately(`${CONFIG}/users.properties`, users),
      privately(`${CONFIG}/jaas.conf`, jaas),
      // Its folder must be there before the first secret.
      privately(`${CONFIG}/secrets/.keep`, ''),
    ],
    env: { JAVA_OPTS: `-D${JAAS_PROPERTY}=/${CONFIG}/jaas.conf` },
  };
}

/** How the lab uses the workers: secrets go into every container of the group before a configuration refers to them. */
export function accessOfGroup(
  { access }: WorkersAccess,
  putIntoAll: (files: readonly TarFile[]) => Promise<unknown>,
): ConnectAccess {
  return {
    authorization: access.authorization,
    async conceal(connector, config) {
      const files: TarFile[] = [];
      const shown = concealed(connector, config, (file, value) => {
        files.push(privately(`${CONFIG}/secrets/${file}`, value));
        return access.reference(file);
      });
      if (files.length > 0) await putIntoAll(files);
      return shown;
    },
  };
}

export interface WorkerOptions {
  readonly name: NodeName;
  readonly group: 'connect' | 'connect-sink';
  /** How many workers the group has. */
  readonly workers: number;
  readonly port: number;
  readonly cluster: readonly BrokerContainer[];
  readonly access: WorkersAccess;
  readonly plugins: readonly TarFile[];
  /** How records are written. Default: JSON with its schema in each record. */
  readonly format?: 'json' | 'plain';
}

export function workerConfig({
  name,
  group,
  workers,
  cluster,
  access,
  plugins,
  format = 'json',
}: Omit<WorkerOptions, 'port'>): Properties {
  return {
    ...connectProperties({
      converters: jsonConverters(format),
      ...{ name, group, workers, port: WORKER_PORT, offsetFlushMs: OFFSET_FLUSH_MS[group] },
      brokers: brokersSeen(cluster, group === 'connect' ? 'capture' : 'sinks'),
      access: { ...access.access, systemProperties: {} },
    }),
    'plugin.path': plugins.length > 0 ? `/${OWN_PLUGINS}` : PLUGINS,
    listeners: `http://0.0.0.0:${WORKER_PORT}`,
    'rest.advertised.host.name': name,
    // A worker starts beside its brokers, and ends where none answers in time: by default in a minute.
    'default.api.timeout.ms': 180_000,
  };
}

export function planWorker(options: WorkerOptions): KafkaSpec {
  const { name, group, workers, port, cluster, access, plugins } = options;
  const file = `${CONFIG}/worker.properties`;
  return {
    command: ['connect', `/${file}`],
    env: access.env,
    files: [...access.files, privately(file, properties(workerConfig(options))), ...plugins],
    memoryMb: 1024,
    prepare: preparing({
      ...{ name, group, workers },
      brokers: brokersSeen(cluster, 'lab'),
      brokersReady: (signal) => clusterComplete(cluster, signal),
    }),
    ready: workerAnswers(`http://127.0.0.1:${port}`, access.access.authorization),
    startLimitMs: 300_000,
    stopLimitMs: 40_000,
  };
}

/** The plugins of somebody's own beside the lab's, as files for every worker; none where nobody names any. */
export function pluginFiles(lab: string, plugins: OwnPlugins | undefined): readonly TarFile[] {
  if (plugins === undefined || plugins.folders.length === 0) return [];
  return filesIn(linkPlugins(join(lab, 'plugins-of-containers'), jvmParts().plugins, plugins), OWN_PLUGINS);
}
