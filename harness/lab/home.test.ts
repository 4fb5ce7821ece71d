import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { labHome, labPort, makeToken, readToken, standing } from './home.ts';
import type { LabState } from './state.ts';

const state = (phase: LabState['phase'], boot = 'boot-a'): LabState => ({
  id: 'lab-1',
  phase,
  daemon: { pid: 4711, started: `${boot}/100` },
  port: 8089,
  startedAt: 1,
  seed: 7,
  rate: 100,
  variants: ['dedup'],
});
const look = (alive: boolean) => ({ isAlive: () => alive, ownStarted: 'boot-a/900' });

test('a lab whose daemon lives is alive, whatever it does', () => {
  for (const phase of ['starting', 'running', 'stopping'] as const)
    expect(standing(state(phase), look(true)).kind).toBe('alive');
});

test('a daemon that is gone was ended where it said so, and killed where it did not', () => {
  expect(standing(state('down'), look(false)).kind).toBe('down');
  expect(standing(state('failed'), look(false)).kind).toBe('down');
  expect(standing(state('running'), look(false))).toMatchObject({ kind: 'killed', rebooted: false });
});

test('a machine that has started anew since is told from a daemon that was killed', () => {
  expect(standing(state('running', 'boot-before'), look(false))).toMatchObject({ kind: 'killed', rebooted: true });
});

test('without a state there is no lab', () => {
  expect(standing(undefined, look(false)).kind).toBe('none');
});

test('a port that cannot be is refused with what is expected', () => {
  expect(labPort({})).toBe(8089);
  expect(labPort({ DRIFTLAB_PORT: '9000' })).toBe(9000);
  for (const wrong of ['0', '70000', 'http', '-1'])
    expect(() => labPort({ DRIFTLAB_PORT: wrong })).toThrow(/DRIFTLAB_PORT cannot be/);
});

test('the token is in a file that only its owner can read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-home-'));
  try {
    const home = labHome({ DRIFTLAB_HOME: join(folder, 'live') });
    const token = makeToken(home);
    expect(readToken(home)).toBe(token);
    expect(statSync(home.token).mode & 0o777).toBe(0o600);
    expect(token.length).toBeGreaterThan(40);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
