import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '#setup/layout.mjs';
import type { TdsAnswer } from '#testing/tds/tokens.ts';
import { startTdsServer, type TdsServerOptions } from '#testing/tds-server.ts';

const MAIN = join(ROOT, 'harness', 'cli', 'main.ts');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-sqlserver-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the canonical scenario from SQL Server to PostgreSQL. What it says, and its exit status. */
function scenario(url: string | undefined): Promise<{ readonly status: number; readonly said: string }> {
  const { DRIFTLAB_SQLSERVER_URL: _, ...env } = process.env;
  const args = [MAIN, 'scenario', 'canonical', '--source', 'sqlserver', '--report-dir', 'reports'];
  const options = {
    cwd: folder,
    env: { ...env, NO_COLOR: '1', ...(url === undefined ? {} : { DRIFTLAB_SQLSERVER_URL: url }) },
  };
  return new Promise((done) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : Number(error.code ?? -1), said: stdout + stderr }),
    );
  });
}

async function scenarioOn(options: TdsServerOptions) {
  await using server = await startTdsServer(options);
  return await scenario(`sqlserver://sa:S3cret@127.0.0.1:${server.port}/?trustServerCertificate=true`);
}

const row = (facts: Readonly<Record<string, string>>): TdsAnswer => ({
  columns: Object.keys(facts).map((name) => ({ name, type: 'nvarchar(128)' })),
  rows: [Object.values(facts)],
});

test('without the variable one error says which one, and how a URL is written', async () => {
  const { status, said } = await scenario(undefined);
  expect(status).toBe(2);
  expect(said).toContain('error: the embedded runtime has no server of SQL Server');
  expect(said).toContain("export DRIFTLAB_SQLSERVER_URL='sqlserver://user:password@host:1433/'");
});

test('a URL of another engine is refused before anything is started', async () => {
  const { status, said } = await scenario('postgres://sa:S3cret@127.0.0.1/');
  expect(status).toBe(2);
  expect(said).toContain('error: DRIFTLAB_SQLSERVER_URL: that is no URL of SQL Server');
  expect(said).not.toContain('S3cret');
});

const LOGIN = "Login failed for user 'sa'.";
const FACTS = { version: '16', kind: '4', edition: 'Express Edition (64-bit)', sysadmin: '1', login: 'sa' };

test.each<[string, () => ReturnType<typeof scenario>, RegExp]>([
  [
    'a server that is not there',
    () => scenario('sqlserver://sa:S3cret@127.0.0.1:1/'),
    /the source, SQL Server at 127\.0\.0\.1:1: cannot connect to SQL Server.*nothing listens there/s,
  ],
  [
    'a login that is refused',
    () => scenarioOn({ login: () => ({ number: 18456, message: LOGIN, state: 1 }) }),
    /the source, SQL Server at 127\.0\.0\.1:\d+: cannot connect to SQL Server.*Login failed for user 'sa'/s,
  ],
  [
    'an edition without Change Data Capture',
    () => scenarioOn({ answer: () => row(FACTS) }),
    /the source, SQL Server at 127\.0\.0\.1:\d+: changes of this server cannot be captured.*Express Edition/s,
  ],
])('%s is one error, before anything is started', async (_, run, message) => {
  const { status, said } = await run();
  expect(status).toBe(2);
  expect(said).toMatch(message);
  expect(said.match(/^error: /gm)).toHaveLength(1);
  expect(said).not.toContain('S3cret');
  expect(said).not.toMatch(/broker|connect-sink/);
});
