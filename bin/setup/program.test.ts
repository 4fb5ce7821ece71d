import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { identify, isAlive } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import { runProgram } from './program.mjs';

const cwd = import.meta.dirname;

test('a program has the status and the output that it ends with, and no input', async () => {
  expect(await runProgram('sh', ['-c', 'echo "$1"; cat; exit 3', 'sh', 'a b'], { cwd })).toEqual({
    status: 3,
    output: 'a b\n',
  });
});

test('a program that is not there has status 127, and is named', async () => {
  const { status, output } = await runProgram('no-such-program', [], { cwd });
  expect(status).toBe(127);
  expect(output).toContain('no-such-program');
});

/** A set-up whose program starts another, as Maven's wrapper does, and writes that one's id into a file. */
const SET_UP = `
  import { runProgram } from ${JSON.stringify(join(cwd, 'program.mjs'))};
  await runProgram('sh', ['-c', 'sleep 600 & echo $! >told; wait'], { cwd: process.cwd() });`;

test('what a set-up runs ends with it, also where it is killed outright', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-program-'));
  const file = join(folder, 'told');
  const told = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  try {
    const setUp = spawn(process.execPath, ['--input-type=module', '-e', SET_UP], { cwd: folder, stdio: 'ignore' });
    await until(() => told().endsWith('\n'), { what: 'the program to start', limitMs: 60_000 });
    const program = identify(Number(told()));
    if (program === undefined) throw new Error(`no process ${told()}`);
    setUp.kill('SIGKILL');
    await until(() => !isAlive(program), { what: 'the program to end with its set-up', limitMs: 60_000 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
