import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { type Boot, type JvmParts, javaCommand } from './jvm.ts';
import type { LabFolder } from './lab-folder.ts';
import type { NodeSpec } from './node.ts';
import { properties } from './properties.ts';

/** Any 16 bytes in base64; each lab is a cluster of its own on ports of its own. */
const CLUSTER_ID = 'ZHJpZnRsYWItbGFiLTAwMA';

/** The broker's data and its configuration, in its working folder. */
const DATA = 'data';
const CONFIG = 'server.properties';

/** One node that is broker and controller. Everything that a cluster would wait or replicate for is off. */
function brokerProperties(options: {
  readonly port: number;
  readonly controllerPort: number;
}): Record<string, string | number | boolean> {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${options.controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${options.port},CONTROLLER://127.0.0.1:${options.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${options.port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': DATA,
    'auto.create.topics.enable': true,
    'num.partitions': 1,
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Retention that a fault makes short takes effect within a second.
    'log.retention.check.interval.ms': 500,
    'log.initial.task.delay.ms': 500,
    'log.segment.delete.delay.ms': 1000,
    // A busy machine must not fence the broker: all groups would lose their coordinator. The price is paid after a SIGKILL
    // of the broker, which the controller lets register again only when its old session has ended.
    'broker.session.timeout.ms': 18_000,
    'broker.heartbeat.interval.ms': 300,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.recovery.threads.per.data.dir': 2,
    'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
  };
}

export interface BrokerOptions {
  readonly port: number;
  readonly controllerPort: number;
  readonly boot: Boot;
  readonly log: string;
  readonly onState?: NodeSpec['onState'];
}

export function brokerNode(lab: LabFolder, parts: JvmParts, options: BrokerOptions): NodeSpec {
  const folder = join(lab.path, 'broker');
  const data = join(folder, DATA);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, CONFIG), properties(brokerProperties(options)));
  const { boot } = options;
  const java = javaCommand({
    ...{ parts, folder, boot, heapMb: 512, archive: 'broker' },
    ...{ mainClass: 'kafka.Kafka', args: [CONFIG] },
  });
  return {
    name: 'broker',
    lab,
    log: options.log,
    command: java,
    async prepare() {
      if (existsSync(data)) return;
      if (boot === 'plain') await format(parts, folder, boot);
      else cpSync(storageTemplate(parts) ?? (await formattedStorage(parts)), data, { recursive: true });
    },
    ready: () => answers(options.port),
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

/** Storage as `kafka-storage format` leaves it, formatted once. It knows no address and no path, so a copy serves. */
async function formattedStorage(parts: JvmParts): Promise<string> {
  const storage = join(parts.folder, 'kraft');
  const fresh = `${storage}.${process.pid}.${randomBytes(3).toString('hex')}`;
  mkdirSync(fresh, { recursive: true });
  try {
    writeFileSync(join(fresh, CONFIG), properties(brokerProperties({ port: 9092, controllerPort: 9093 })));
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

async function format(parts: JvmParts, folder: string, boot: Boot): Promise<void> {
  const args = ['format', '--cluster-id', CLUSTER_ID, '--config', CONFIG];
  const tool = { mainClass: 'kafka.tools.StorageTool', args };
  const { file, args: all, cwd, env } = javaCommand({ parts, folder, boot, heapMb: 128, ...tool });
  await promisify(execFile)(file, [...all], { cwd, env });
}

/** The broker serves clients once it lists itself: the controller then has let it in. */
async function answers(port: number): Promise<boolean> {
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
    return (await admin.describeCluster()).brokers.length === 1;
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
