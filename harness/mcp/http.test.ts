import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpServer, serveApp } from '#http/app.ts';
import { freePorts } from '#std/free-port.ts';
import { addMcp } from './http.ts';
import { toolWorld } from './tool.ts';
import { TOOLS } from './tools/index.ts';

/** The tools over HTTP, behind the guard of the lab's daemon, where there is no lab yet. */
const TOKEN = 'a-token-of-the-lab-for-agents';
const folder = mkdtempSync(join(tmpdir(), 'driftlab-mcp-'));
const world = toolWorld({ DRIFTLAB_HOME: join(folder, 'live') }, false);
let server: HttpServer;

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  server = await serveApp({
    ...{ port, token: TOKEN, tokenIn: 'the test', otherPort: '', title: '', description: '' },
    statusOf: () => 400,
    addRoutes: (app) => addMcp(app, world),
  });
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const NAMES = TOOLS.map(({ name }) => name);
const OWNER = { authorization: `Bearer ${TOKEN}` };

async function clientOf(generation: string) {
  const url = new URL(`http://127.0.0.1:${server.port}/mcp`);
  const requestInit = { headers: OWNER };
  if (generation === '2025') {
    const client = new ClientOf2025({ name: 'agent', version: '1' });
    await client.connect(new HttpOf2025(url, { requestInit }) as Parameters<typeof client.connect>[0]);
    return client;
  }
  const client = new Client({ name: 'agent', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
  expect(client.getProtocolEra()).toBe('modern');
  return client;
}

test.for(['2025', '2026'])('a client of %s lists the tools, and is answered', async (generation) => {
  const client = await clientOf(generation);
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(NAMES);
  const answer = await client.callTool({ name: 'verifier_report', arguments: {} });
  const { text } = (answer.content as readonly { text: string }[])[0] ?? { text: '' };
  expect(JSON.parse(text)).toMatchObject({ error: { code: 'lab-not-up', hint: 'npx driftlab up' } });
  expect(answer.isError).toBe(true);
  await client.close();
});

/** The status that a request has which lists the tools. */
function statusOf(headers: Readonly<Record<string, string>>, method = 'POST'): Promise<number> {
  const { port } = server;
  const all = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/mcp', method, headers: all }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end(
      method === 'GET' ? undefined : JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
    );
  });
}

test('whoever has not the token, or comes from a page or by another name, is refused', async () => {
  expect(await statusOf(OWNER)).toBe(200);
  expect(await statusOf({})).toBe(401);
  expect(await statusOf({ authorization: 'Bearer another' })).toBe(401);
  expect(await statusOf({ ...OWNER, origin: 'http://evil.example' })).toBe(403);
  expect(await statusOf({ ...OWNER, host: 'evil.example' })).toBe(403);
  expect(await statusOf(OWNER, 'GET')).toBe(405);
});
