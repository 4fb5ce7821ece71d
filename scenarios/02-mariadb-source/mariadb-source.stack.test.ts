import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scenarioCommand } from '#testing/command.ts';

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

test('a fault stops the capture of a MariaDB source, and its cause is named first', async () => {
  // What stops the capture is the same to every variant.
  const modes = ['--only', 'binlog,history,row-image', '--variants', 'upsert', '--hold', '0.1'];
  const args = ['mariadb-source', '--seed', '7', '--source', 'mariadb', ...modes];
  const { outcome, report } = await scenarioCommand<Report>(reports, ...args);
  const seen = report.modes.flatMap(({ steps }) =>
    steps.map(({ id, fault, variants: { upsert } }) => [id, fault.bit, upsert?.seen, upsert?.causes[0]?.code]),
  );
  expect(seen).toEqual([
    ['purged', true, 'stalled 1', 'binlog-purged'],
    ['lost', true, 'stalled 1', 'schema-history-lost'],
    ['minimal', true, 'stalled 1', 'row-image-minimal'],
  ]);
  expect([outcome.exit, report.verdict]).toEqual([0, 'PASS']);
}, 600_000);
