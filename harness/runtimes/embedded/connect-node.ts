import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeName } from '#model/stack.ts';
import { type Boot, type JvmParts, javaCommandLine, writeLog4j } from './jvm.ts';
import type { LabFolder } from './lab-folder.ts';
import type { NodeSpec } from './node.ts';
import { properties } from './properties.ts';

export interface ConnectOptions {
  readonly name: Extract<NodeName, 'connect' | 'connect-sink'>;
  readonly port: number;
  readonly broker: string;
  /**
   * How often offsets are committed. The source's worker holds them back, so that a SIGKILL always replays; an orderly
   * stop commits them all the same.
   */
  readonly offsetFlushMs: number;
  /** A folder with a folder for each plugin. */
  readonly plugins: string;
  readonly boot: Boot;
  readonly log: string;
  readonly onState?: NodeSpec['onState'];
}

function connectProperties(options: ConnectOptions): Record<string, string | number | boolean> {
  const { name, port } = options;
  return {
    'bootstrap.servers': options.broker,
    'group.id': name,
    'config.storage.topic': `_${name}-configs`,
    'offset.storage.topic': `_${name}-offsets`,
    'status.storage.topic': `_${name}-status`,
    'config.storage.replication.factor': 1,
    'offset.storage.replication.factor': 1,
    'status.storage.replication.factor': 1,
    'offset.storage.partitions': 1,
    'status.storage.partitions': 1,
    'offset.flush.interval.ms': options.offsetFlushMs,
    'offset.flush.timeout.ms': 10_000,
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'key.converter.schemas.enable': true,
    'value.converter.schemas.enable': true,
    // By default a NULL in a column that has a default becomes that default on its way.
    'key.converter.replace.null.with.default': false,
    'value.converter.replace.null.with.default': false,
    'connector.client.config.override.policy': 'All',
    'plugin.path': options.plugins,
    // Reads the plugins' service files; the default looks into every class of every jar as well, some 8 s a worker.
    'plugin.discovery': 'service_load',
    listeners: `http://127.0.0.1:${port}`,
    'rest.advertised.host.name': '127.0.0.1',
    'rest.advertised.port': port,
    'scheduled.rebalance.max.delay.ms': 0,
    // A worker that was killed and comes back is a new member: its tasks are given to it when the old member is missed.
    'session.timeout.ms': 3000,
    'heartbeat.interval.ms': 500,
    'rebalance.timeout.ms': 10_000,
    // The same for the consumers of sink tasks; their default is 45 s.
    'consumer.session.timeout.ms': 3000,
    'consumer.heartbeat.interval.ms': 500,
    'task.shutdown.graceful.timeout.ms': 5000,
  };
}

export function connectNode(lab: LabFolder, parts: JvmParts, options: ConnectOptions): NodeSpec {
  const folder = join(lab.path, options.name);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'worker.properties');
  writeFileSync(config, properties(connectProperties(options)));
  const log4j = writeLog4j(join(folder, 'log4j2.properties'));
  const mainClass = 'org.apache.kafka.connect.cli.ConnectDistributed';
  const { boot } = options;
  const java = javaCommandLine({ parts, boot, heapMb: 512, log4j, archive: 'connect', mainClass, args: [config] });
  const url = `http://127.0.0.1:${options.port}/connectors`;
  return {
    name: options.name,
    lab,
    log: options.log,
    command: { ...java, cwd: folder },
    async ready(signal) {
      const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(2000)]) });
      await answer.text();
      return answer.ok;
    },
    startLimitMs: 90_000,
    stopSignal: 'SIGTERM',
    stopLimitMs: boot === 'archive' ? 60_000 : 15_000,
    endSignal: 'SIGKILL',
    ...(options.onState === undefined ? {} : { onState: options.onState }),
  };
}
