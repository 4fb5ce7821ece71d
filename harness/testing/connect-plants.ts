import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectClient, connectClient } from '#clients/connect.ts';
import { kafkaClient } from '#clients/kafka.ts';
import type { End, Node } from '#model/stack.ts';
import type { CdcBench } from './cdc-bench.ts';

/** A pipeline that runs, of one table `ill (id, note)`, and the connectors that it has at a real Kafka Connect. */
export interface IllBench extends CdcBench {
  readonly mark: string;
  readonly connect: Readonly<Record<End, ConnectClient>>;
}

/** What is wrong with a pipeline that ran, and the cause that says so. */
export interface ConnectPlant {
  readonly code: string;
  /** The cause that is named behind it: both are planted at once. */
  readonly behind?: string;
  plant(bench: IllBench): Promise<unknown>;
  /** A part of what the cause says. */
  readonly says: string;
  /** What a person does before what the cause has them run, or in its place. */
  mend?(bench: IllBench): Promise<unknown>;
}

export function connectsOf({ stack }: CdcBench): IllBench['connect'] {
  return { source: connectClient(stack.workers.source), sink: connectClient(stack.workers.sink) };
}

const signal = new AbortController().signal;

/** A configuration as the worker has it, with more in it. */
async function reconfigure({ connect, stack, mark }: IllBench, more: Readonly<Record<string, string>>): Promise<void> {
  const { urls, access } = stack.workers.source;
  const name = `${mark}_source`;
  const headers = { authorization: access.authorization ?? '' };
  const answer = await fetch(`${urls[0]}/connectors/${name}/config`, { headers });
  await connect.source.put(name, { ...((await answer.json()) as Record<string, string>), ...more });
}

async function halt({ connect, mark }: IllBench, side: End, to: 'pause' | 'stop'): Promise<void> {
  const name = `${mark}_${side}`;
  await connect[side].change(name, to);
  await connect[side].awaitState(name, to === 'pause' ? 'PAUSED' : 'STOPPED', { limitMs: 60_000, signal });
}

function workerOf({ stack }: Pick<CdcBench, 'stack'>, side: End): Node {
  const node = stack.nodes.get(stack.workers[side].name);
  if (node === undefined) throw new Error(`no worker of the ${side}`);
  return node;
}

/** The folders that a worker's `plugin.path` was made of before a plugin was taken away. */
const before = new Map<End, { readonly path: string; readonly all: string }>();

/** Starts a worker anew without one of its plugins. */
export async function without(bench: Pick<CdcBench, 'stack'>, side: End, plugin: RegExp): Promise<void> {
  const node = workerOf(bench, side);
  const path = join(readlinkSync(`/proc/${node.pid}/cwd`), 'plugins');
  const all = readlinkSync(path);
  before.set(side, { path, all });
  await node.stop();
  rmSync(path);
  mkdirSync(path);
  for (const name of readdirSync(all)) if (!plugin.test(name)) symlinkSync(join(all, name), join(path, name));
  await node.start();
}

/** Starts it anew with all of them. */
export async function withAll(bench: Pick<CdcBench, 'stack'>, side: End): Promise<void> {
  const { path, all } = before.get(side) ?? { path: '', all: '' };
  const node = workerOf(bench, side);
  await node.stop();
  rmSync(path, { recursive: true });
  symlinkSync(all, path);
  await node.start();
}

export const CONNECT_PLANTS: readonly ConnectPlant[] = [
  {
    code: 'source-connector-halted',
    plant: (bench) => halt(bench, 'source', 'pause'),
    says: 'is PAUSED',
  },
  {
    code: 'sink-connector-halted',
    plant: (bench) => halt(bench, 'sink', 'stop'),
    says: 'is STOPPED',
  },
  {
    code: 'source-connector-failed',
    async plant(bench) {
      const cast = { transforms: 'bad', 'transforms.bad.type': 'org.apache.kafka.connect.transforms.Cast$Value' };
      // A task that still runs would have the change in time.
      await halt(bench, 'source', 'stop');
      await reconfigure(bench, { ...cast, 'transforms.bad.spec': 'op:int32' });
      await bench.source.query('INSERT INTO ill VALUES (2)');
      await bench.connect.source.change(`${bench.mark}_source`, 'resume');
    },
    says: 'java.lang.NumberFormatException: For input string: "c"',
  },
  {
    code: 'sink-check',
    async plant({ source, target }) {
      await target.query('ALTER TABLE ill ADD CONSTRAINT none_above CHECK (id < 1000)');
      await source.query('INSERT INTO ill VALUES (2000)');
    },
    says: 'none_above',
    mend: ({ target }) => target.query('ALTER TABLE ill DROP CONSTRAINT none_above'),
  },
  {
    code: 'topics-missing',
    async plant(bench) {
      await halt(bench, 'sink', 'stop');
      await halt(bench, 'source', 'stop');
      const admin = kafkaClient(bench.stack.brokers).admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [`${bench.mark}.public.ill`] });
      await admin.disconnect();
    },
    says: 'not at the brokers any more',
  },
  {
    code: 'source-connector-missing',
    plant: ({ connect, mark }) => connect.source.delete(`${mark}_source`),
    says: 'There is no connector',
  },
  {
    code: 'sink-connector-missing',
    plant: ({ connect, mark }) => connect.sink.delete(`${mark}_sink`),
    says: 'There is no connector',
  },
  {
    ...{ code: 'source-plugin-missing', behind: 'sink-plugin-missing' },
    plant: (bench) => Promise.all([without(bench, 'source', /postgres/), without(bench, 'sink', /jdbc/)]),
    says: 'do not have io.debezium.connector.postgresql.PostgresConnector',
    mend: (bench) => Promise.all([withAll(bench, 'source'), withAll(bench, 'sink')]),
  },
];
