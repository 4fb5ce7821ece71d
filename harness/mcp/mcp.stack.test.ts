import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioOf2025 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, expect, test } from 'vitest';
import type { LabReport } from '#contracts/lab-report.ts';
import { ROOT } from '#setup/layout.mjs';
import { until } from '#std/wait.ts';
import { openOwnLab } from '#testing/own-lab.ts';
import { TOKENS_MAX } from './answer.ts';
import { TOOLS } from './tools/index.ts';

/** An agent on a live lab, which sees nothing of it but the tools; one test goes on from another. */
const lab = await openOwnLab();
const LIMIT_MS = 300_000;
const server = {
  command: process.execPath,
  args: [join(ROOT, 'bin', 'driftlab.mjs'), 'mcp'],
  env: { ...(process.env as Record<string, string>), ...lab.env },
};
const agent = new Client({ name: 'agent', version: '1' }, { versionNegotiation: { mode: 'auto' } });
await agent.connect(new StdioClientTransport(server));

afterAll(async () => {
  await agent.close();
  await lab[Symbol.asyncDispose]();
}, LIMIT_MS);

interface Called {
  readonly isError: boolean;
  readonly text: string;
  // What a tool answers is its own; tests look at what they name.
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly said: any;
}

function calledOf(answer: unknown): Called {
  const { isError = false, content } = answer as { isError?: boolean; content: readonly { text: string }[] };
  const [{ text }] = content as [{ text: string }];
  return { isError, text, said: JSON.parse(text) };
}

async function call(name: string, args: Record<string, unknown> = {}): Promise<Called> {
  const called = calledOf(await agent.callTool({ name, arguments: args }));
  expect(Buffer.byteLength(called.text)).toBeLessThanOrEqual(TOKENS_MAX);
  return called;
}

test('without a lab a tool says so, and what to do', async () => {
  expect(agent.getProtocolEra()).toBe('modern');
  expect(await call('verifier_report')).toMatchObject({
    isError: true,
    said: { error: { code: 'lab-not-up', expected: 'a lab that runs', hint: 'npx driftlab up' } },
  });
});

test('once the lab is up, the same server answers', { timeout: LIMIT_MS }, async () => {
  const up = await lab.driftlab('up', '--seed', '7', '--variants', 'insert,dedup');
  expect(up, up.err).toMatchObject({ status: 0 });
  await until(
    async () => (await lab.get<LabReport>('/api/v1/report')).variants.every(({ tables }) => tables.length > 0),
    {
      what: 'a first check',
      limitMs: 60_000,
    },
  );
  const { said } = await call('verifier_report', { variant: 'dedup' });
  expect(said.variants).toEqual([expect.objectContaining({ variant: 'dedup', anomalies: {} })]);
  expect(Object.keys(said.variants[0].tables)).toHaveLength(3);
  expect((await call('connector_status')).said).toMatchObject({
    nodes: expect.arrayContaining([{ name: 'broker', state: 'running', healthy: true, restarts: 0 }]),
    connectors: [{ type: 'source', state: 'RUNNING', error: null }],
  });
  const lag = await call('kafka_consumer_lag', { table: 'customers' });
  expect(lag.said.groups.map(({ variant }: { variant: string }) => variant)).toEqual(['insert', 'dedup']);
  expect(lag.said.partitions[0]).toMatchObject({
    committed: expect.stringMatching(/^\d+$/),
    lag_ms: expect.any(Number),
  });
});

test('a client of the protocol of 2025 has the same tools', { timeout: LIMIT_MS }, async () => {
  const older = new ClientOf2025({ name: 'older', version: '1' });
  await older.connect(new StdioOf2025(server));
  const names = (tools: readonly { name: string }[]): string[] => tools.map(({ name }) => name);
  expect(names((await older.listTools()).tools)).toEqual(names(TOOLS));
  expect(names((await agent.listTools()).tools)).toEqual(names(TOOLS));
  const answer = await older.callTool({ name: 'verifier_report', arguments: { variant: 'dedup' } });
  expect(calledOf(answer).said.variants).toHaveLength(1);
  await older.close();
});

test('clients of both protocols have the tools at /mcp, where the token is needed and no page may ask', {
  timeout: LIMIT_MS,
}, async () => {
  const url = new URL(`http://127.0.0.1:${lab.port}/mcp`);
  const requestInit = { headers: lab.owner() };
  const newer = new Client({ name: 'newer', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await newer.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  expect(newer.getProtocolEra()).toBe('modern');
  const older = new ClientOf2025({ name: 'older', version: '1' });
  await older.connect(new HttpOf2025(url, { requestInit }) as Parameters<typeof older.connect>[0]);
  for (const client of [newer, older]) {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
    const answer = await client.callTool({ name: 'verifier_report', arguments: { variant: 'insert' } });
    expect(calledOf(answer).said.variants).toHaveLength(1);
    await client.close();
  }
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
  const accept = { accept: 'application/json, text/event-stream' };
  expect(await lab.ask('POST', '/mcp', accept, body)).toMatchObject({ status: 401 });
  expect(
    await lab.ask('POST', '/mcp', { ...accept, ...lab.owner(), origin: 'http://evil.example' }, body),
  ).toMatchObject({
    status: 403,
  });
  expect(await lab.ask('POST', '/mcp', { ...accept, ...lab.owner(), host: 'evil.example' }, body)).toMatchObject({
    status: 403,
  });
  expect(await lab.ask('GET', '/mcp')).toMatchObject({ status: 405 });
});

test.for([
  ['verifier_report', { varaint: 'dedup' }, { code: 'wrong-argument', hint: 'did you mean variant?' }],
  ['verifier_report', { variant: 'dedupp' }, { code: 'unknown-variant', hint: 'did you mean dedup?' }],
  ['connector_status', { connector: 7 }, { code: 'wrong-argument', expected: 'must be string', found: '7' }],
  ['kafka_consumer_lag', { table: 'nowhere' }, { code: 'unknown-table' }],
  ['database_query', { side: 'both', sql: 'select 1' }, { code: 'wrong-argument', expected: 'one of source, sink' }],
  ['database_query', { side: 'source' }, { code: 'wrong-argument', expected: 'sql', found: 'it is missing' }],
  ['database_query', { side: 'sink', sql: 'select 1' }, { code: 'unknown-variant', expected: 'one of insert, dedup' }],
  ['connector_status', { cursor: 'bm9uc2Vuc2U' }, { code: 'wrong-cursor' }],
] as const)('%s %j is refused in a way that an agent can act on', async ([name, args, error]) => {
  expect(await call(name, args)).toMatchObject({ isError: true, said: { error } });
});

test('a query is answered in pages, each row on one of them', { timeout: LIMIT_MS }, async () => {
  const query = { side: 'source', sql: 'select * from generate_series(1, 900) n, repeat($$x$$, 40) x', rows: 800 };
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const { said } = await call('database_query', { ...query, ...(cursor === undefined ? {} : { cursor }) });
    expect(said).toMatchObject({ columns: ['n', 'x'], more_than: 800 });
    seen.push(...said.rows.map(([n]: [string]) => n));
    cursor = said.next_cursor;
  } while (cursor !== undefined);
  expect(seen).toEqual(Array.from({ length: 800 }, (_, index) => String(index + 1)));
});

test.for([
  ['a second statement', 'select 1; delete from customers', 'multiple commands'],
  ['an end of the transaction', 'commit', 'syntax error'],
  ['a write', 'delete from customers', 'syntax error'],
  ['a write in a WITH', 'with gone as (delete from customers returning 1) select * from gone', 'data-modifying'],
  ['a write that is explained', 'explain analyze delete from customers', 'read-only transaction'],
  ['another transaction', "select set_config('transaction_read_only', 'off', true)", 'before any query'],
  ['another role', "select set_config('role', 'driftlab', false)", 'permission denied'],
  ['another user', "select set_config('session_authorization', 'driftlab', false)", 'permission denied'],
  ['a slot dropped', 'select pg_drop_replication_slot(slot_name) from pg_replication_slots', 'permission denied'],
  [
    'a session ended',
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()',
    'permission',
  ],
  ["a file of the server's", "select pg_read_file('postgresql.conf')", 'permission denied'],
  ['a large object', 'select lo_create(0)', 'read-only transaction'],
] as const)('by a query there is no %s', async ([, sql, says]) => {
  const { said } = await call('database_query', { side: 'source', sql });
  expect(said.error).toMatchObject({ code: 'query-refused', message: expect.stringContaining(says) });
});

test('a query that goes on and on is ended', { timeout: LIMIT_MS }, async () => {
  const { said } = await call('database_query', { side: 'sink', variant: 'dedup', sql: 'select pg_sleep(60)' });
  expect(said.error).toMatchObject({ code: 'query-limit', message: 'the query took longer than 10 s' });
});
