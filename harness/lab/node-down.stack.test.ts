import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabReport } from '#contracts/lab-report.ts';
import type { LabStack } from '#contracts/lab-stack.ts';
import type { Problem } from '#contracts/problem.ts';
import { isAlive } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import { openOwnLab } from '#testing/own-lab.ts';
import { readState } from './home.ts';

/** A lab whose nodes are killed one after another, which nobody asked it for; one test goes on from another. */
const lab = await openOwnLab();
const { home, driftlab, ask, get, owner } = lab;
const LIMIT_MS = 300_000;

beforeAll(async () => {
  const up = await driftlab('up', '--variants', 'dedup');
  expect(up.status, up.err).toBe(0);
}, LIMIT_MS);

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
}, LIMIT_MS);

async function kill(name: string): Promise<void> {
  const { nodes } = await get<LabStack>('/api/v1/stack');
  process.kill(nodes.find((node) => node.name === name)?.pid ?? 0, 'SIGKILL');
  await until(async () => (await ask('GET', '/health')).text.includes(`the node ${name} exited (SIGKILL)`), {
    what: `the lab to see that ${name} has failed`,
    limitMs: 30_000,
  });
}

/** The daemon is still the one that was started. */
function daemonLives(): boolean {
  const daemon = readState(home)?.daemon;
  return daemon !== undefined && isAlive(daemon);
}

test('a sink that dies while it is looked at is told, and the lab stays', { timeout: LIMIT_MS }, async () => {
  await kill('sink');
  await until(async () => (await driftlab('status')).out.includes('the sink could not be read'), {
    what: 'a check that could not read the sink',
    limitMs: 60_000,
  });
  expect(daemonLives()).toBe(true);
});

test('no fault goes in while a node is down', { timeout: LIMIT_MS }, async () => {
  const refused = await ask('POST', '/api/v1/faults/lag', owner(), { seconds: 1 });
  expect(refused.status).toBe(409);
  expect((JSON.parse(refused.text) as Problem).detail).toContain('the node sink exited (SIGKILL)');
  expect(await driftlab('trigger-schema')).toMatchObject({
    status: 2,
    err: expect.stringContaining('npx driftlab down'),
  });
  expect(await get('/api/v1/faults')).toEqual({ faults: [] });
});

test('a broker that does not answer is told as that', { timeout: LIMIT_MS }, async () => {
  await kill('broker');
  for (const word of ['kafka-topics', 'kafka-consume']) {
    const { status, err } = await driftlab(word);
    expect(status, err).toBe(3);
    expect(err).toMatch(/^error: the broker does not answer\n/);
  }
  expect(daemonLives()).toBe(true);
});

test('a request that names a type for the body it does not have is taken', { timeout: LIMIT_MS }, async () => {
  const json = { ...owner(), 'content-type': 'application/json' };
  expect((await ask('DELETE', '/api/v1/faults/none', json)).status).toBe(404);
  expect(JSON.parse((await ask('POST', '/api/v1/faults/lag', json)).text)).toMatchObject({ status: 409 });
  expect(JSON.parse((await ask('POST', '/api/v1/writers', json)).text)).toMatchObject({ status: 400 });
});

test('down keeps the data also where nodes have ended by themselves', { timeout: LIMIT_MS }, async () => {
  const { lab: before } = await get<LabReport>('/api/v1/report');
  const down = await driftlab('down');
  expect(down, down.err).toMatchObject({ status: 0, out: expect.stringContaining('data are kept') });
  expect(await driftlab('up')).toMatchObject({ status: 0, out: expect.stringContaining('goes on') });
  const sound = async (): Promise<LabReport | undefined> => {
    const report = await get<LabReport>('/api/v1/report');
    return report.variants.every(({ status, tables }) => status === 'PASS' && tables.length > 0) ? report : undefined;
  };
  const after = await until(sound, { what: 'every variant to be whole again', limitMs: 120_000 });
  expect(after.lab.id).toBe(before.id);
});
