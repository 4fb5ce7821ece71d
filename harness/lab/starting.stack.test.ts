import { afterAll, expect, test } from 'vitest';
import type { LabReport } from '#contracts/lab-report.ts';
import { isAlive } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import { openOwnLab } from '#testing/own-lab.ts';
import { schemathesis, schemathesisPackages } from '#testing/python.ts';
import { readState } from './home.ts';
import type { LabState } from './state.ts';

/** Labs that are started twice, ended while they start, killed after they went on; one test goes on from another. */
const lab = await openOwnLab();
const { home, driftlab, ask, get, owner } = lab;
const LIMIT_MS = 300_000;

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
}, LIMIT_MS);

test('up twice at once starts one lab, of which both tell', { timeout: LIMIT_MS }, async () => {
  const both = await Promise.all([driftlab('up', '--variants', 'dedup'), driftlab('up', '--variants', 'dedup')]);
  for (const { status, out, err } of both) {
    expect(status, err).toBe(0);
    expect(out).toContain('the lab is up after');
  }
  expect(both.filter(({ out }) => out.includes('being started already'))).toHaveLength(1);
  expect(readState(home)?.phase).toBe('running');
  // The token that stands there is the lab's.
  expect((await ask('POST', '/api/v1/writers', owner(), { state: 'running' })).status).toBe(200);
});

test('of a lab that went on with kept data and was killed, down says that it is over, and up starts anew', {
  timeout: LIMIT_MS,
}, async () => {
  expect(await driftlab('down')).toMatchObject({ status: 0, out: expect.stringContaining('data are kept') });
  expect(await driftlab('up')).toMatchObject({ status: 0, out: expect.stringContaining('goes on') });
  const before = readState(home);
  process.kill(before?.daemon.pid ?? 0, 'SIGKILL');
  expect(await driftlab('down')).toMatchObject({ status: 0, out: expect.stringContaining('not running any more') });
  // Another seed: nothing is there any more that it could differ from.
  const up = await driftlab('up', '--seed', String((before?.seed ?? 0) + 1), '--variants', 'dedup');
  expect(up, up.err).toMatchObject({ status: 0, out: expect.not.stringContaining('goes on') });
  expect(readState(home)?.id).not.toBe(before?.id);
});

test('every request, whatever is in it, is answered as the OpenAPI document says', { timeout: LIMIT_MS }, async () => {
  const packages = await schemathesisPackages();
  expect((await ask('POST', '/api/v1/writers', owner(), { rate: 5 })).status).toBe(200);
  const { authorization = '' } = owner();
  const { status, out } = await schemathesis(packages, `http://127.0.0.1:${lab.port}/openapi.json`, authorization);
  expect(status, out).toBe(0);
  // Faults went in, were healed, and are under way still: of that the lab has to tell, and `clean` below to end it.
  const { faults } = await get<LabReport>('/api/v1/report');
  expect(faults).not.toEqual([]);
});

test('up says that the lab was ended while it started', { timeout: LIMIT_MS }, async () => {
  await driftlab('clean');
  for (const word of ['down', 'clean']) {
    const up = driftlab('up');
    const starting = (): LabState | undefined => {
      const state = readState(home);
      return state?.phase === 'starting' ? state : undefined;
    };
    const { daemon } = await until(starting, { what: 'a daemon', limitMs: 60_000 });
    expect((await driftlab(word)).status).toBe(0);
    expect(await up).toMatchObject({ status: 3, err: expect.stringContaining('ended before it was ready') });
    expect(isAlive(daemon)).toBe(false);
  }
});
