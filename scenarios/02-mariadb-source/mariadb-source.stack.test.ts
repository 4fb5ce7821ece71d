import { type ExecFileException, execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

interface Report {
  readonly verdict: string;
  readonly modes: readonly {
    readonly steps: readonly {
      readonly id: string;
      readonly fault: { readonly bit: boolean };
      readonly variants: Readonly<
        Record<string, { readonly seen: string; readonly causes: readonly { readonly code: string }[] }>
      >;
    }[];
  }[];
}

let reports: string;
beforeAll(() => {
  reports = mkdtempSync(join(tmpdir(), 'driftlab-mariadb-source-'));
});
afterAll(() => rmSync(reports, { recursive: true, force: true }));

function run(...args: readonly string[]): Promise<number> {
  const file = join(ROOT, 'bin', 'driftlab.mjs');
  const all = [file, 'scenario', 'mariadb-source', '--seed', '7', '--report-dir', reports, ...args];
  return new Promise((done) => {
    execFile(process.execPath, all, { maxBuffer: 1 << 26 }, (error: ExecFileException | null) =>
      done(error === null ? 0 : Number(error.code ?? -1)),
    );
  });
}

test('a fault stops the capture of a MariaDB source, and its cause is named first', async () => {
  // What stops the capture is the same to every variant.
  const modes = ['--only', 'binlog,history,row-image', '--variants', 'upsert', '--hold', '0.1'];
  const exit = await run('--source', 'mariadb', ...modes);
  const report = JSON.parse(readFileSync(join(reports, 'latest', 'report.json'), 'utf8')) as Report;
  const seen = report.modes.flatMap(({ steps }) =>
    steps.map(({ id, fault, variants: { upsert } }) => [id, fault.bit, upsert?.seen, upsert?.causes[0]?.code]),
  );
  expect(seen).toEqual([
    ['purged', true, 'stalled 1', 'binlog-purged'],
    ['lost', true, 'stalled 1', 'schema-history-lost'],
    ['minimal', true, 'stalled 1', 'row-image-minimal'],
  ]);
  expect([exit, report.verdict]).toEqual([0, 'PASS']);
}, 600_000);
