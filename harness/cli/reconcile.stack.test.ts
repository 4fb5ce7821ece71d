import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ROOT } from '#setup/layout.mjs';
import { treeOf } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import { startTwoDatabases, type TwoDatabases } from '#testing/two-databases.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
let databases: TwoDatabases;
let folder: string;

beforeAll(async () => {
  databases = await startTwoDatabases();
  await databases.both(`CREATE TABLE orders (id int PRIMARY KEY, note text);
    INSERT INTO orders SELECT i, 'n' || i FROM generate_series(1, 5000) AS i`);
});

afterAll(() => databases?.[Symbol.asyncDispose]());

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-reconcile-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, 'reconcile', ...args], {
    cwd: folder,
    env: { ...process.env, DRIFTLAB_SOURCE_URL: databases.sourceUrl, DRIFTLAB_TARGET_URL: databases.targetUrl, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = start(args, env);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { stdout, stderr, status };
}

test('tables that match: exit 0 and the report on standard output', async () => {
  const { stdout, status } = await run(['--tables', 'orders', '--validate-checksums']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'PASS',
    source_total_rows: 5000,
    tables: [{ hashing: 'row-hash' }],
  });
});

test('a difference: exit 1, the report in the file, and a message to the webhook', async () => {
  await databases.target("UPDATE orders SET note = 'other' WHERE id = 17");
  const received: unknown[] = [];
  const server = createServer(async (request, response) => {
    received.push([request.method, request.url, await text(request)]);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const args = [
      '--tables',
      'orders',
      '--validate-checksums',
      '--settle',
      '0',
      '--output',
      'r.json',
      '--webhook',
      `${url}/hook`,
      '--pushgateway',
      url,
    ];
    const { stdout, status } = await run(args);
    expect([status, stdout]).toEqual([1, '']);
  } finally {
    server.close();
    await databases.target("UPDATE orders SET note = 'n17' WHERE id = 17");
  }
  const report = JSON.parse(readFileSync(join(folder, 'r.json'), 'utf8'));
  expect(report.discrepancies[0].details.changed).toEqual([
    { key: { id: '17' }, columns: [{ column: 'note', source: 'n17', target: 'other' }] },
  ]);
  expect(received).toEqual([
    ['PUT', '/metrics/job/driftlab_reconcile', expect.stringContaining('driftlab_reconcile_success 0')],
    ['POST', '/hook', expect.stringMatching(/^\{"text":"Reconciliation failed/)],
  ]);
});

test('wrong usage: exit 2, with what may have been meant', async () => {
  const { stderr, status } = await run(['--table', 'orders']);
  expect(status).toBe(2);
  expect(stderr).toContain('did you mean --tables?');
});

test('a password is neither in the list of processes, nor in logs or report; interrupted, it ends with 130', async () => {
  await databases.source("CREATE ROLE auditor LOGIN PASSWORD 'Geheim-1'");
  await databases.both('GRANT SELECT ON orders TO auditor');
  const source = new URL(databases.sourceUrl);
  source.username = 'auditor';
  source.password = 'Geheim-1';
  // A condition that takes long, so that there is something to interrupt.
  const target = new URL(databases.targetUrl);
  target.password = '';
  const child = start([
    '--source',
    source.href,
    '--target',
    target.href,
    '--target-username',
    'auditor',
    '--target-password',
    'Geheim-1',
    '--tables',
    'orders',
    '--validate-checksums',
    '--where',
    'pg_sleep(0.05) IS NOT NULL',
    '--log-level',
    'debug',
  ]);
  const output = Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
  ]);
  const exit = once(child, 'exit');
  const at = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'driftlab reconcile' AND query LIKE '%pg_sleep%'";
  await until(async () => (await databases.source(at)).length > 0, {
    what: 'the comparison to be under way',
    limitMs: 20_000,
  });
  expect(execFileSync('ps', ['-o', 'args=', '-p', String(child.pid)], { encoding: 'utf8' }).trim()).toBe(
    'driftlab reconcile',
  );
  child.kill('SIGINT');
  expect(await exit).toEqual([130, null]);
  expect((await output).join('')).not.toContain('Geheim');
  // Both servers were asked to cancel, and had done so before it ended.
  expect(await databases.source(at)).toEqual([]);
});

test('the launcher hands a password on so that nobody reads it in the list of processes', async () => {
  const source = new URL(databases.sourceUrl);
  const launcher = spawn(
    process.execPath,
    [join(ROOT, 'bin', 'driftlab.mjs'), 'reconcile', '--source', source.href, '--tables', 'orders'],
    {
      cwd: folder,
      env: { ...process.env, DRIFTLAB_TARGET_URL: databases.targetUrl },
      stdio: 'ignore',
    },
  );
  const exit = once(launcher, 'exit');
  let ended = false;
  void exit.then(() => {
    ended = true;
  });
  const seen: string[] = [];
  const others = new Set<number>();
  // As long as it runs, all that descends from it; its own line is what was typed, until it can write over it.
  while (!ended) {
    for (const { pid } of treeOf(launcher.pid ?? 0)) {
      if (pid === launcher.pid) continue;
      others.add(pid);
      const line = commandLine(pid);
      if (line.includes(source.password)) seen.push(line);
    }
    await delay(5);
  }
  expect(seen).toEqual([]);
  expect(others.size).toBeGreaterThan(0);
  expect((await exit)[0]).toBe(0);
});

function commandLine(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

test('without the password that a server asks for it ends at once, and says so', async () => {
  const source = new URL(databases.sourceUrl);
  source.password = '';
  const started = performance.now();
  // Nowhere to find one.
  const { stdout, status } = await run(['--tables', 'orders'], { DRIFTLAB_SOURCE_URL: source.href, HOME: folder });
  expect(status).toBe(1);
  expect(JSON.parse(stdout).tables[0].error).toContain('the server asks for a password, and none was given');
  expect(JSON.parse(stdout).tables[0].error).toContain(`127.0.0.1:${source.port}/source`);
  // The server would wait for one for a minute.
  expect(performance.now() - started).toBeLessThan(30_000);
});

test('on a schedule: a report a run, also while a database is away, until it is stopped', async () => {
  const child = start([
    '--tables',
    'orders',
    '--schedule',
    '--interval',
    '1',
    '--output-dir',
    'reports',
    '--settle',
    '0',
  ]);
  const exit = once(child, 'exit');
  const statuses = () =>
    readdirSync(join(folder, 'reports'))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => JSON.parse(readFileSync(join(folder, 'reports', name), 'utf8')).status);
  const reported = (what: string, condition: (all: string[]) => boolean) =>
    until(() => readdirSync(folder).includes('reports') && condition(statuses()), { what, limitMs: 20_000 });
  await reported('a first report', (all) => all.includes('PASS'));
  await databases.source('ALTER DATABASE target ALLOW_CONNECTIONS false');
  await reported('a report of the failure', (all) => all.at(-1) === 'FAIL');
  await databases.source('ALTER DATABASE target ALLOW_CONNECTIONS true');
  await reported('a report after the return', (all) => all.includes('FAIL') && all.at(-1) === 'PASS');
  child.kill('SIGTERM');
  expect(await exit).toEqual([130, null]);
  expect(
    readdirSync(join(folder, 'reports')).filter((name) => !/^reconcile-\d{8}T\d{6}-\d{3}Z\.json$/.test(name)),
  ).toEqual([]);
});
