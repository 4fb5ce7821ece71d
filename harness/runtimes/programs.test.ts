import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { Program } from '#model/stack.ts';
import { cutLogs, LOG_CAP } from '#std/log-cap.ts';
import { identify, isAlive, type ProcessIdentity } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import { startProgram } from './programs.ts';

let folder: string;
let log: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-program-'));
  log = join(folder, 'program.log');
  return () => rmSync(folder, { recursive: true, force: true });
});

const start = (run: string, restart = false): Program =>
  startProgram({ name: 'program', run, folder, env: {}, restart, log }, () => () => {});

const said = (text: string) =>
  until(() => readFileSync(log, 'utf8').includes(text), { what: `${text} in the log`, limitMs: 30_000 });

/** Processes that a program has named by `pid N` in its log. */
const named = (): ProcessIdentity[] =>
  [...readFileSync(log, 'utf8').matchAll(/pid (\d+)/g)].flatMap(([, pid]) => identify(Number(pid)) ?? []);

test.for([
  ['setsid', "setsid sh -c 'echo pid $$; exec sleep 600'"],
  ['nohup in the background', "nohup sh -c 'echo pid $$; exec sleep 600' & sleep 600"],
  ['a double fork, whose parents have ended', "(setsid sh -c 'echo pid $$; exec sleep 600' &) ; exit 0"],
] as const)('what has left the program by %s ends with it', async ([, run]) => {
  const program = start(run);
  await said('pid ');
  const left = named();
  expect(left).toHaveLength(1);

  await program.stop();

  expect(left.filter(isAlive)).toEqual([]);
});

test('its output is in the log to the last word once it has ended', async () => {
  const program = start('echo first; echo last >&2; exit 3');
  await until(() => program.ended !== undefined, { what: 'its end', limitMs: 30_000 });
  expect(program.ended).toBe('exit status 3');
  expect(readFileSync(log, 'utf8').split('\n').sort()).toEqual(['', 'first', 'last']);
  await program.stop();
});

test('of a flood the head and the tail are kept, and the log says what was cut', async () => {
  const { headBytes, tailBytes } = LOG_CAP;
  const lines = Math.ceil((2 * (headBytes + 2 * tailBytes)) / 64);
  const program = start(`echo the first; i=0; yes ${'x'.repeat(63)} | head -n ${lines}; echo the last; exec sleep 600`);
  await said('the last');

  const text = readFileSync(log, 'utf8');
  expect(statSync(log).size).toBeLessThan(headBytes + 2 * tailBytes + (1 << 20));
  expect(text.startsWith('the first\nxxx')).toBe(true);
  expect(text.endsWith('x\nthe last\n')).toBe(true);
  expect(text).toMatch(/^\[driftlab: \d+ bytes were cut here;/m);
  expect(cutLogs(folder)).toEqual([{ file: log, bytes: expect.any(Number) }]);
  await program.stop();
});
