import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectClient } from '#clients/connect.ts';
import { engineOf } from '#engines/index.ts';
import { HOPS } from '#model/network.ts';
import type { Node, NodeName, Stack } from '#model/stack.ts';
import { ROOT } from '#setup/layout.mjs';
import { until } from '#std/wait.ts';
import { describeDocker } from '#testing/with-docker.ts';
import { takesDocker } from '../auto.ts';
import { removeKept, sweep } from '../embedded/lab-folder.ts';
import { LAB_LABEL } from './labels.ts';
import { startDockerStack } from './stack.ts';

/** Labs of these tests alone, in an engine that others use at the same time, and that no command beside them sweeps. */
const labs = await vi.hoisted(async () => {
  const { mkdtempSync } = await import('node:fs');
  process.env.DRIFTLAB_LABS = mkdtempSync(`${(await import('node:os')).tmpdir()}/driftlab-labs-`);
  return process.env.DRIFTLAB_LABS;
});

describeDocker('a stack of containers', ({ docker }) => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startDockerStack({ network: true });
  }, 300_000);
  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]();
    rmSync(labs, { recursive: true, force: true });
  });

  const node = (name: NodeName): Node => {
    const found = stack.nodes.get(name);
    if (found === undefined) throw new Error(`no node ${name}`);
    return found;
  };
  const labels = (lab: string) => ({ all: true, filters: { label: [`${LAB_LABEL}=${lab}`] } });
  const ours = new Set<string>();
  /** The labs of these tests that have containers, running or not. */
  const labsInEngine = async (): Promise<Set<string>> => {
    for (const lab of readdirSync(labs)) ours.add(lab);
    const all = await docker.listContainers({ all: true, filters: { label: [LAB_LABEL] } });
    return new Set(all.map(({ Labels }) => Labels[LAB_LABEL] ?? '').filter((lab) => ours.has(lab)));
  };
  const sql = async (text: string) => {
    const database = engineOf(stack.source).server.openNamed(stack.source, 'postgres');
    try {
      return await database.query(text);
    } finally {
      await database.close();
    }
  };

  test('is found by its lab’s label, and reached at ports of 127.0.0.1 alone', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => address);
    const [lab = ''] = await labsInEngine();
    const containers = await docker.listContainers(labels(lab));
    expect(containers.map(({ Labels }) => Labels['driftlab.node']).sort()).toEqual([
      'broker',
      'connect',
      'connect-sink',
      'sink',
      'source',
    ]);
    const ports = containers.flatMap(({ Ports }) => Ports.filter(({ PublicPort }) => PublicPort !== undefined));
    // One a node, and one of the broker's for each client that comes by a relay.
    expect(ports.map(({ IP }) => IP)).toEqual(Array(8).fill('127.0.0.1'));
    for (const { PublicPort = 0 } of ports) {
      expect(await reachable('127.0.0.1', PublicPort)).toBe(true);
      for (const host of others) expect([host, await reachable(host, PublicPort)]).toEqual([host, false]);
    }
  });

  test('a worker captures from the source by the address that it sees, and no answer of its holds the password', async () => {
    const { source } = stack.seen('capture');
    const client = connectClient(stack.workers.source);
    await client.put('seen', {
      'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
      'topic.prefix': 'seen',
      'plugin.name': 'pgoutput',
      'database.hostname': source.host,
      'database.port': String(source.port),
      'database.user': source.user,
      'database.password': source.password,
      'database.dbname': 'postgres',
    });
    await client.awaitState('seen', 'RUNNING', { limitMs: 60_000 });
    const at = `${stack.workers.source.urls[0]}/connectors/seen`;
    expect((await fetch(at)).status).toBe(401);
    const { authorization = '' } = stack.workers.source.access;
    const shown = await (await fetch(at, { headers: { authorization } })).text();
    expect(shown).toContain('driftlab:/etc/driftlab/secrets');
    expect(shown).not.toContain(source.password);
    expect(readFileSync(node('connect').log, 'utf8')).not.toContain(source.password);
  });

  test('the network between any two hops can be cut: bytes are held back, and pass once it is healed', async () => {
    const { network } = stack;
    if (network === undefined) throw new Error('its relays are not there');
    const sinkSeen = engineOf(stack.sink).server.openNamed(stack.seen('consumers').sink, 'postgres');
    /** What makes bytes flow there. Workers beat by themselves. */
    const stir: Readonly<Record<string, () => Promise<unknown>>> = {
      'source connect': () => sql(`SELECT pg_logical_emit_message(false, 'driftlab', repeat('x', 100))`),
      'consumer sink': () => sinkSeen.query('SELECT 1'),
    };
    for (const between of HOPS.slice(0, 4)) {
      const name = between.join(' ');
      expect(network.whyNot(between), name).toBeUndefined();
      const trouble = await network.trouble(between, { kind: 'hold' });
      const stirred = stir[name]?.().catch(() => {});
      const stopped = async () => (await trouble.traffic()).stopped > 0;
      await until(stopped, { what: `bytes to be held back between ${name}`, limitMs: 60_000 });
      await trouble.heal();
      await stirred;
      const passed = async () => (await trouble.since()).passed > 0;
      await until(passed, { what: `bytes to pass between ${name}`, limitMs: 60_000 });
    }
    await sinkSeen.close();
    const client = connectClient(stack.workers.source);
    await client.awaitState('seen', 'RUNNING', { limitMs: 60_000 });
    await client.delete('seen');
  }, 300_000);

  test('a killed server comes back with its data, at its port', async () => {
    const { port } = stack.source;
    await sql('CREATE TABLE kept AS SELECT 7 AS n');
    await node('source').kill();
    expect([node('source').state, node('source').lastExit]).toEqual(['killed', 'SIGKILL']);
    await node('source').start();
    expect([stack.source.port, await sql('SELECT n::text FROM kept')]).toEqual([port, [{ n: '7' }]]);
  });

  test('a paused server keeps its clients waiting, and answers them when it goes on', async () => {
    await node('source').pause();
    expect(node('source').state).toBe('paused');
    let answered = false;
    const answer = engineOf(stack.source)
      .server.answers(stack.source)
      .catch(() => undefined)
      .then(() => {
        answered = true;
      });
    expect((await docker.listContainers({ filters: { status: ['paused'] } })).length).toBe(1);
    expect(answered).toBe(false);
    await node('source').resume();
    await answer;
    expect(await sql('SELECT n::text FROM kept')).toEqual([{ n: '7' }]);
  });

  test('a server that ends unasked is reported, its last words in its log', async () => {
    const died: string[] = [];
    stack.onNodeDied(({ name, lastExit }) => died.push(`${name} ${lastExit}`));
    const [lab = ''] = await labsInEngine();
    const containers = await docker.listContainers(labels(lab));
    const sink = containers.find(({ Labels }) => Labels['driftlab.node'] === 'sink');
    await docker.getContainer(sink?.Id ?? '').kill({ signal: 'SIGQUIT' });
    await until(() => died.length > 0, { what: 'the death of the sink to be reported', limitMs: 30_000 });
    expect(died).toEqual([`sink ${node('sink').lastExit}`]);
    expect(readFileSync(node('sink').log, 'utf8')).toMatch(/immediate shutdown/);
    await node('sink').start();
  });

  test('the automatic choice takes it, now that its images are there', async () => {
    expect(await takesDocker({})).toBe(true);
  });

  test('an image that cannot be pulled is told before anything is started', async () => {
    const before = await labsInEngine();
    vi.stubEnv('DRIFTLAB_BASE_IMAGE_MARIADB', 'driftlab-nowhere.invalid/mariadb:0');
    try {
      await expect(startDockerStack({ engines: { sink: 'mariadb' } })).rejects.toMatchObject({
        code: 'image-not-built',
        exit: 3,
        expected: 'driftlab-nowhere.invalid/mariadb:0, which the engine has or can pull, to build on',
      });
    } finally {
      vi.unstubAllEnvs();
    }
    expect(await labsInEngine()).toEqual(before);
  });

  test('what a run killed with SIGKILL leaves in the engine is gone after the next sweep, and nothing else', async () => {
    const before = await labsInEngine();
    const owner = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'owner.ts')], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: owner.stdout }), 'line');
    expect(line).toBe('ready');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const [left = ''] = [...(await labsInEngine())].filter((lab) => !before.has(lab));
    expect((await docker.listContainers(labels(left))).length).toBe(5);
    expect((await docker.listNetworks({ filters: labels(left).filters })).length).toBe(1);

    expect(sweep().labs).toBe(1);

    expect(await labsInEngine()).toEqual(before);
    expect(await docker.listNetworks({ filters: labels(left).filters })).toEqual([]);
  }, 300_000);

  test('a stack that was suspended goes on with its data, and is removed for good', async () => {
    const kept = (await stack.suspend?.()) ?? '';
    expect(await docker.listContainers({ filters: labels(basename(kept)).filters })).toEqual([]);
    expect(sweep().unreachable).toEqual([]);
    stack = await startDockerStack({ kept, network: true });
    expect(await sql('SELECT n::text FROM kept')).toEqual([{ n: '7' }]);
    await stack.suspend?.();
    removeKept(kept);
    expect(await labsInEngine()).toEqual(new Set());
  }, 300_000);
});

function reachable(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
