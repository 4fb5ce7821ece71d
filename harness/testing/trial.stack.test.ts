import { type ExecFileException, execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const FILE = join(resolve(import.meta.dirname, '../..'), 'bin', 'driftlab.mjs');

/** The verifier's trial as a person runs it, at one sink and each round once; it ends with the test. */
function trial(
  source: string,
  sink: string,
  signal: AbortSignal,
): Promise<{ readonly exit: number; readonly lines: readonly string[] }> {
  const args = ['dev', 'bench', 'trial', '--source', source, '--sink', sink, '--variants', 'dedup'];
  return new Promise((done) => {
    execFile(
      process.execPath,
      [FILE, ...args, '--plantings', '1', '--seed', '7'],
      { signal },
      (error: ExecFileException | null, stdout, stderr) =>
        done({ exit: error === null ? 0 : Number(error.code ?? -1), lines: `${stdout}${stderr}`.split('\n') }),
    );
  });
}

const NOT_AT_MARIADB = ['insert passed over (lost)', 'at as "infinity"', 'ratio as "NaN"', 'ratio as "-Infinity"'];

type Pair = readonly [source: string, sink: string, skipped: readonly string[]];

test.for<Pair>([
  ['mariadb', 'postgres', []],
  ['postgres', 'mariadb', NOT_AT_MARIADB],
  ['mariadb', 'mariadb', NOT_AT_MARIADB],
])(
  'from %s to %s all that is planted is found, and nothing else',
  { timeout: 180_000 },
  async ([source, sink, skipped], { signal }) => {
    const { exit, lines } = await trial(source, sink, signal);
    expect(lines.filter((line) => /^(missed|false alarm|error)/.test(line))).toEqual([]);
    expect(lines.at(-2)).toMatch(/^all found, and nothing else: \d+ of \d+ plantings found, 0 false alarms/);
    expect(exit).toBe(0);
    const told = lines.filter((line) => line.startsWith('  skipped: '));
    expect(told.map((line) => skipped.find((what) => line.includes(what)))).toEqual(skipped);
  },
);
