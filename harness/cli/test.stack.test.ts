import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Report } from '#report/report.ts';
import { ROOT } from '#setup/layout.mjs';
import { mavenJars } from '#testing/maven-jars.ts';
import { hasTmux, openTerminal } from '#testing/terminal.ts';

const FIXTURES = join(ROOT, 'harness', 'subject', 'fixtures');
const DRIFTLAB = join(ROOT, 'bin', 'driftlab.mjs');

/** Somebody's folder, with their pipeline in it. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-mine-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function driftlab(cwd: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [DRIFTLAB, ...args], { cwd, env: { ...process.env, NO_COLOR: '1' } });
}

function reportIn(reports: string): Report {
  const [run = ''] = readdirSync(reports);
  return JSON.parse(readFileSync(join(reports, run, 'report.json'), 'utf8')) as Report;
}

test.skipIf(!hasTmux())('init asks at a terminal, and the file that it writes is tested as it is', async () => {
  cpSync(join(FIXTURES, 'weak', 'schema.sql'), join(folder, 'schema.sql'));
  {
    await using terminal = await openTerminal({
      columns: 120,
      rows: 30,
      command: ['sh', '-c', `cd '${folder}' && exec '${process.execPath}' '${DRIFTLAB}' init`],
    });
    await terminal.see(/SQL file that creates and fills the source/);
    await terminal.type('schema.sql');
    await terminal.see(/Debezium connector's configuration/);
    await terminal.type('');
    await terminal.see(/Kafka Connect sink configuration/);
    await terminal.type('');
    await terminal.see(/command line of a consumer/);
    await terminal.type('');
    await terminal.see(/load generator/);
    await terminal.type('');
    expect(await terminal.ended()).toBe(0);
  }
  expect(readFileSync(join(folder, 'my-pipeline.yaml'), 'utf8')).toContain('schema: schema.sql');
  await driftlab(folder, 'test', 'my-pipeline.yaml', '--only', 'none', '--report-dir', 'reports');
  expect(reportIn(join(folder, 'reports')).modes[0]?.variants).toMatchObject({
    'debezium-jdbc': { verdict: 'PASS' },
    control: { verdict: 'PASS' },
  });
});

test('a plugin of theirs is found by its folder of jars, and does its work', async () => {
  for (const one of ['weak', 'plugin']) cpSync(join(FIXTURES, one), join(folder, one), { recursive: true });
  const mine = join(folder, 'plugin');
  const jars = await mavenJars(join(mine, 'pom.xml'));
  symlinkSync(jars, join(mine, 'jars'));
  const { stdout } = await driftlab(mine, 'test', 'pipeline.yaml', '--report-dir', 'reports');
  expect(stdout).toContain('PASS  Every variant showed what it was expected to show.');
  const { warehouse } = reportIn(join(mine, 'reports')).modes[0]?.variants ?? {};
  // Written under the names that the transform makes: else the tables would be empty, and the rows lost.
  expect(warehouse?.tables.map(({ table, sink_rows }) => [table, sink_rows > 0])).toEqual([
    ['public.accounts', true],
    ['public.tickets', true],
  ]);
  expect(existsSync(join(jars, 'driftlab-services.jar'))).toBe(false);
});
