import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProgramSpec } from '#model/stack.ts';
import { startProgram } from '#runtimes/programs.ts';
import { logTail } from '#std/log-tail.ts';
import { until } from '#std/wait.ts';
import { type CommandOptions, startCommand } from './command.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-command-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A group that has a member, or has none; `committed` is what it has committed of the one partition. */
function options(run: string, group: { readonly joined: boolean; committed: number }): CommandOptions {
  return {
    name: 'mine',
    spec: { kind: 'command', title: run, command: { run, folder, env: {}, restart: true } },
    stack: {
      seen: () => ({ sink: { engine: 'postgres', host: 'h', port: 1, user: 'u', password: 'p' }, brokers: [] }),
      programs: { start: (program: ProgramSpec) => startProgram(program, () => () => {}) },
    },
    ...{
      groupId: 'g',
      prefix: 'p',
      topics: ['t'],
      uncompared: [],
      sink: {},
      logs: folder,
      signal: new AbortController().signal,
    },
    database: `db_${Math.random()}`,
    admin: {
      describeGroups: async () => ({ groups: [{ members: group.joined ? [{}] : [] }] }),
      fetchOffsets: async () => [{ topic: 't', partitions: [{ partition: 0, offset: String(group.committed) }] }],
    },
  } as unknown as CommandOptions;
}

test('a program that is started again, and ends each time before it has joined, is given up with its last words', async () => {
  const started = startCommand(options('echo no such file >&2; exit 2', { joined: false, committed: 0 }));
  await expect(started).rejects.toMatchObject({
    code: 'command-ended',
    exit: 2,
    message: 'the program of mine ended with exit status 2 before it had joined its consumer group, 3 times',
    found: expect.stringContaining('no such file'),
  });
});

const HOPELESS = 'while :; do echo cannot reach the warehouse; echo retrying >&2; sleep 0.1; done';

test('a program that never joins is given up with what it says again and again', async () => {
  const started = startCommand({ ...options(HOPELESS, { joined: false, committed: 0 }), joinLimitMs: 1500 });
  await expect(started).rejects.toMatchObject({
    code: 'timed-out',
    exit: 3,
    found: expect.stringMatching(/the program runs, and its last words: .*cannot reach the warehouse/),
  });
});

test('one that has joined and gets nowhere runs, and its last words are what it says again and again', async () => {
  await using command = await startCommand(options(HOPELESS, { joined: true, committed: 0 }));
  // Once each, however often it has said it.
  const words = /^(cannot reach the warehouse \/ retrying|retrying \/ cannot reach the warehouse)$/;
  await until(() => words.test(command.lastWords?.() ?? ''), { what: 'words', limitMs: 30_000 });
  expect(await command.status()).toEqual({ state: 'running' });
});

test('one that is paused while it is down does nothing when it is started again, until it is resumed', async () => {
  const lives = join(folder, 'lives');
  const run = `sleep 0.3; echo life >>${lives}; exit 1`;
  await using command = await startCommand(options(run, { joined: true, committed: 0 }));
  const count = (): number => logTail(lives).split('life').length - 1;
  await until(() => count() === 1, { what: 'its first life to end', limitMs: 30_000 });
  await command.pause();
  // On a machine that is busy its second life may have begun by now.
  const before = count();
  await delay(2000);
  expect(count()).toBe(before);
  await command.resume();
  await until(() => count() > before, { what: 'its next life to end', limitMs: 30_000 });
});

test('one that goes on ending has failed, unless it commits meanwhile', async () => {
  const group = { joined: true, committed: 0 };
  await using command = await startCommand(options('sleep 0.1; echo poison >&2; exit 1', group));
  expect(await command.status()).toEqual({ state: 'running' });
  await until(async () => (await command.status()).state === 'failed', { what: 'the status', limitMs: 30_000 });
  expect((await command.status()).error).toMatch(
    /has ended \d times without committing anything, the last time with exit status 1; its last words: poison/,
  );
  await command.applied();
  group.committed++;
  await command.applied();
  expect(await command.status()).toEqual({ state: 'running' });
});
