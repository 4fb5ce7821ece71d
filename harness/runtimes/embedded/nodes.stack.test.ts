import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import type { DatabaseServer, Node, NodeName, NodeState, Stack } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { freePorts } from '#std/free-port.ts';
import { isAlive, type ProcessEntry, treeOf } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import { type LabFolder, openLab } from './lab-folder.ts';
import { mariadbNode } from './mariadb-node.ts';
import { EmbeddedNode } from './node.ts';
import { postgresNode } from './postgres-node.ts';
import { startEmbeddedStack } from './stack.ts';

const states: [NodeName, NodeState][] = [];
let stack: Stack;

beforeAll(async () => {
  // One database of each engine: what is tested holds for both.
  stack = await startEmbeddedStack({
    engines: { sink: 'mariadb' },
    onState: (node) => states.push([node.name, node.state]),
  });
});
afterAll(() => stack?.[Symbol.asyncDispose]());

function node(name: NodeName): Node {
  const found = stack.nodes.get(name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
}

/** Whether the node answers, in the way in which its clients ask it, before a time is over in which any machine does. */
async function answers(name: NodeName, withinMs = 20_000): Promise<boolean> {
  const group = Object.values(stack.workers).find((one) => one.name === name);
  const signal = AbortSignal.timeout(withinMs);
  const { authorization = '' } = group?.access ?? {};
  try {
    if (group !== undefined)
      return (await fetch(`${group.urls[0]}/connectors`, { headers: { authorization }, signal })).ok;
    if (name === 'broker') return await brokerAnswers(withinMs);
    return await asked(name === 'source' ? stack.source : stack.sink, signal);
  } catch {
    return false;
  }
}

/** A paused server keeps the connection open, and its client waits longer. */
async function asked(server: DatabaseServer, signal: AbortSignal): Promise<boolean> {
  const late = new Promise<false>((resolve) => signal.addEventListener('abort', () => resolve(false)));
  return Promise.race([engineOf(server).server.answers(server), late]);
}

async function brokerAnswers(withinMs: number): Promise<boolean> {
  const kafka = new Kafka({
    brokers: [...stack.brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: withinMs,
    requestTimeout: withinMs,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length === 1;
  } finally {
    await admin.disconnect();
  }
}

function processes(name: NodeName): ProcessEntry[] {
  const { pid } = node(name);
  return pid === undefined ? [] : treeOf(pid);
}

const NAMES = ['source', 'sink', 'broker', 'connect', 'connect-sink'] as const;

test('a started stack has every node running and answering', async () => {
  expect([...stack.nodes.keys()].toSorted()).toEqual(NAMES.toSorted());
  for (const name of NAMES) {
    expect(node(name).state).toBe('running');
    expect(states.filter(([of]) => of === name).map(([, state]) => state)).toEqual(['starting', 'running']);
    expect(await answers(name), name).toBe(true);
  }
});

test.for(NAMES)('%s answers nothing while paused, and goes on when resumed', async (name) => {
  const before = node(name).pid;
  await node(name).pause();
  expect(node(name).state).toBe('paused');
  expect(await answers(name, 1000)).toBe(false);
  await node(name).resume();
  expect(node(name).state).toBe('running');
  await until(() => answers(name, 1000), { what: `${name} to answer`, limitMs: 30_000 });
  expect(node(name).pid).toBe(before);
});

test.for(NAMES)('%s killed leaves no process, and answers again once started', async (name) => {
  const died: Node[] = [];
  stack.onNodeDied((dead) => died.push(dead));
  const before = processes(name);
  expect(before.length).toBeGreaterThan(0);
  await node(name).kill();
  expect(node(name).state).toBe('killed');
  expect(before.filter(isAlive)).toEqual([]);
  expect(await answers(name, 1000)).toBe(false);
  await node(name).start();
  expect(node(name).state).toBe('running');
  expect(await answers(name)).toBe(true);
  expect(died).toEqual([]);
});

/** What a server's log says at the end of an orderly stop, and not when it is killed. */
const FAREWELL = /database system is shut down|mariadbd: Shutdown complete|shut down completed|Kafka Connect stopped/;

test.for(NAMES)('%s stops in its orderly way, even when paused', async (name) => {
  const before = processes(name);
  const farewells = async () => (await readFile(node(name).log, 'utf8')).split(FAREWELL).length - 1;
  const said = await farewells();
  await node(name).pause();
  await node(name).stop();
  expect(node(name).state).toBe('stopped');
  expect(before.filter(isAlive)).toEqual([]);
  expect(await farewells()).toBe(said + 1);
  await node(name).start();
  expect(await answers(name)).toBe(true);
});

test.for(['source', 'sink'] as const)('what a killed %s had committed is there when it is back', async (name) => {
  const server = stack[name];
  const { create, openNamed } = engineOf(server).server;
  const database = await create(server, 'kept');
  await database.query('CREATE TABLE kept (id int PRIMARY KEY)');
  await Promise.all(Array.from({ length: 200 }, (_, id) => database.query(`INSERT INTO kept VALUES (${id})`)));
  await node(name).kill();
  await database.close();
  await node(name).start();
  const again = openNamed(server, 'kept');
  expect(await again.query('SELECT count(*) AS count FROM kept')).toEqual([{ count: '200' }]);
  await again.close();
});

test('a node that dies by itself is said to have died, once', async () => {
  const died: NodeName[] = [];
  stack.onNodeDied((dead) => died.push(dead.name));
  const before = processes('sink');
  process.kill(node('sink').pid ?? 0, 'SIGKILL');
  await until(() => died.length > 0, { what: 'the news', limitMs: 5000 });
  expect(died).toEqual(['sink']);
  expect(node('sink').state).toBe('failed');
  // Its backends end by themselves once they notice; PostgreSQL refuses to start beside one of them.
  await until(() => !before.some(isAlive), { what: 'its backends to end', limitMs: 30_000 });
  await node('sink').start();
  expect(await answers('sink')).toBe(true);
});

async function withLab(work: (lab: LabFolder) => Promise<void>): Promise<void> {
  const lab = openLab();
  try {
    await work(lab);
  } finally {
    lab.destroy();
  }
}

test('a start that fails shows the end of the right log, and leaves nothing running', async () => {
  await withLab(async (lab) => {
    const log = join(lab.path, 'broken.log');
    const broken = new EmbeddedNode(
      {
        ...{
          name: 'broken',
          lab,
          log,
          startLimitMs: 10_000,
          stopSignal: 'SIGTERM',
          endSignal: 'SIGKILL',
          stopLimitMs: 1,
        },
        command: { file: 'sh', args: ['-c', 'seq 1 100; echo the disk is on fire; exit 1'], cwd: lab.path },
        ready: async () => false,
      },
      () => {},
    );
    const error = await broken.start().catch((thrown: unknown) => thrown);
    if (!(error instanceof OperatorError)) throw error;
    expect(error.message).toContain('the node broken exited while it was starting (exit status ');
    expect(error.found).toContain(log);
    expect(error.found).toContain('the disk is on fire');
    expect(error.found).toContain('    100\n');
    expect(error.found).not.toContain('    50\n');
    expect(broken.state).toBe('failed');
    expect(broken.pid).toBeUndefined();
  });
});

test.for([
  ['PostgreSQL', postgresNode],
  ['MariaDB', mariadbNode],
] as const)('%s whose port another program has taken says so', async ([, plan]) => {
  await withLab(async (lab) => {
    const [port] = await freePorts(1);
    const other = createServer().listen(port, '127.0.0.1');
    try {
      const { spec } = await plan('source', lab, { port, log: join(lab.path, 'source.log') });
      const taken = new EmbeddedNode(spec, () => {});
      await expect(taken.start()).rejects.toMatchObject({ code: 'port-taken' });
    } finally {
      other.close();
    }
  });
});

test('an aborted start ends with the reason of the abort, and no process of it is left', async () => {
  const limit = new AbortController();
  const began: Node[] = [];
  const start = startEmbeddedStack({
    signal: limit.signal,
    onState(of) {
      if (of.state === 'starting') began.push(of);
      if (began.length === 3) limit.abort(new Error('enough'));
    },
  });
  await expect(start).rejects.toThrow('enough');
  expect(began.length).toBeGreaterThanOrEqual(3);
  expect(began.map(({ pid }) => pid).filter((pid) => pid !== undefined)).toEqual([]);
});
