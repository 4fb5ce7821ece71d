import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '#engines/postgres/client.ts';
import { ROOT } from '#setup/layout.mjs';
import { freePorts } from '#std/free-port.ts';
import { serverSent } from '#std/server-sent.ts';
import { until } from '#std/wait.ts';
import { type PipelineBench, startPipelineBench } from '#testing/pipelines.ts';

let bench: PipelineBench;
let folder: string;
let server: ChildProcess;
let port: number;
let tokenFile: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-serve-'));
  bench = await startPipelineBench(folder);
  [port] = await freePorts(1);
  server = spawn(process.execPath, [join(ROOT, 'harness/cli/main.ts'), 'pipeline', 'serve', '--port', String(port)], {
    cwd: folder,
    env: { ...process.env, ...bench.env, DRIFTLAB_LABS: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: server.stdout as NodeJS.ReadableStream }), 'line')) as [string];
  tokenFile = line.replace(/^.* the token is in /, '');
  await bench.source.query(`CREATE TABLE items (id int PRIMARY KEY, n int);
    INSERT INTO items SELECT i, i FROM generate_series(1, 25000) AS i`);
});
afterAll(async () => {
  server?.kill('SIGTERM');
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: Record<string, unknown>;
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const type = answer.headers.get('content-type')?.split(';')[0] ?? null;
  return { status: answer.status, type, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

const definition = (name: string, more: object = {}) => ({
  ...{ name, source: bench.sourceAddress, target: bench.targetAddress, tables: ['items'], mode: 'full_load_only' },
  ...more,
});

/** The events of a pipeline until one is as wanted. */
async function eventsUntil(name: string, done: (event: string, data: Record<string, unknown>) => boolean) {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/pipelines/${name}/events`);
  const seen: { readonly event: string; readonly data: Record<string, unknown> }[] = [];
  for await (const { event, data } of serverSent(answer.body as unknown as AsyncIterable<Uint8Array>)) {
    const parsed = JSON.parse(data) as Record<string, unknown>;
    seen.push({ event, data: parsed });
    if (done(event, parsed)) break;
  }
  return seen;
}

test('who has no token may read, and change nothing', async () => {
  expect(await ask('GET', '/health', undefined, { authorization: '' })).toMatchObject({
    ...{ status: 200, body: { status: 'healthy' } },
  });
  const refused = await ask('POST', '/api/v1/pipelines', definition('shop'), { authorization: '' });
  expect(refused).toMatchObject({ status: 401, type: 'application/problem+json' });
  expect(refused.body.hint).toContain(tokenFile);
});

test('a full load: created, started, followed in rows and per cent, shown, deleted', async () => {
  expect(await ask('POST', '/api/v1/pipelines', definition('shop'))).toMatchObject({
    ...{ status: 201, body: { name: 'shop', status: 'CREATED', tables: ['items'] } },
  });
  const following = eventsUntil('shop', (_, { status, held }) => status === 'COMPLETED' && held === false);
  expect(await ask('POST', '/api/v1/pipelines/shop/start', { jobs: 2 })).toMatchObject({
    ...{ status: 200, body: { status: 'COMPLETED', full_load_rows: 25_000, last_error: null, held: false } },
  });
  const events = await following;
  const lines = events.filter(({ event }) => event === 'line').map(({ data }) => data.line);
  expect(lines).toContain('Step 1: public.items: 25000 rows, 100 %');
  expect(events.at(-1)?.data.progress).toEqual({ rows: 25_000, rows_expected: 25_000, percent: 100 });
  const one = await ask('GET', '/api/v1/pipelines/shop');
  expect(one.body).toEqual(events.at(-1)?.data);
  expect((await ask('GET', '/api/pipelines/shop')).body).toEqual(one.body);
  expect((await ask('GET', '/api/v1/pipelines')).body).toEqual({ pipelines: [one.body] });
  const gone = eventsUntil('shop', (event) => event === 'deleted');
  expect((await ask('DELETE', '/api/pipelines/shop')).status).toBe(204);
  expect((await gone).at(-1)).toEqual({ event: 'deleted', data: { name: 'shop' } });
  expect(await ask('GET', '/api/v1/pipelines/shop')).toMatchObject({
    ...{ status: 404, body: { type: 'urn:driftlab:unknown-pipeline' } },
  });
  expect(await bench.target.query('SELECT count(*)::int AS n FROM items')).toEqual([{ n: '25000' }]);
});

test('a start that fails is a problem, in the words of last_error', async () => {
  const servers = { mode: 'full_load_and_cdc', connect: ['http://127.0.0.1:1'], brokers: ['127.0.0.1:1'] };
  await ask('POST', '/api/v1/pipelines', definition('stream', { ...servers, on_existing: 'truncate' }));
  const failed = await ask('POST', '/api/v1/pipelines/stream/start');
  expect(failed).toMatchObject({ status: 502, type: 'application/problem+json' });
  const { body } = await ask('GET', '/api/v1/pipelines/stream');
  expect(body).toMatchObject({ status: 'ERROR', full_load_status: 'COMPLETED', cdc_status: 'ERROR' });
  expect(body.last_error).toContain('Step 2: Kafka Connect does not answer');
  // "message; expected: …; found: …; do: …" there, and the hint for itself here.
  expect(body.last_error).toContain(String(failed.body.detail).split('; ')[0]);
  expect(body.last_error).toContain(String(failed.body.hint));
  const diagnosis = await ask('GET', '/api/v1/pipelines/stream/diagnosis', undefined, { authorization: '' });
  expect(diagnosis).toMatchObject({
    status: 200,
    body: {
      pipeline: 'stream',
      last_error: body.last_error,
      causes: [{ code: 'brokers-unreachable' }, { code: 'source-connect-unreachable' }],
    },
  });
  expect((await ask('GET', '/api/v1/pipelines/none/diagnosis')).status).toBe(404);
  expect((await ask('DELETE', '/api/v1/pipelines/stream?forget=true')).status).toBe(204);
  await bench.source.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
});

test('a start is ended by a stop, and goes on afterwards', async () => {
  await ask('POST', '/api/v1/pipelines', definition('slow', { on_existing: 'truncate' }));
  const locking = openDatabase(bench.source.url, { max: 1 });
  await locking.query('BEGIN; LOCK TABLE items IN ACCESS EXCLUSIVE MODE');
  const begun = await ask('POST', '/api/v1/pipelines/slow/start', {}, { prefer: 'respond-async' });
  const again = await ask('POST', '/api/v1/pipelines/slow/start');
  // Not before it waits for the table: a start that has not come to that ends by itself.
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
  await until(async () => (await bench.source.query(waiting)).length > 0, {
    what: 'the start to wait',
    limitMs: 30_000,
  });
  const stopped = await ask('POST', '/api/v1/pipelines/slow/stop');
  await locking.close();
  expect(begun).toMatchObject({ status: 202, body: { held: true } });
  expect(again).toMatchObject({ status: 409, body: { type: 'urn:driftlab:pipeline-held' } });
  expect(stopped).toMatchObject({ status: 200, body: { status: 'STOPPED' } });
  expect(await ask('POST', '/api/v1/pipelines/slow/start')).toMatchObject({
    ...{ status: 200, body: { status: 'COMPLETED', full_load_rows: 25_000 } },
  });
});

const DATABASES = { source: 'postgres://a@b/c', target: 'postgres://a@b/d' };

test.for([
  ['a name taken', { ...DATABASES, name: 'slow', tables: 'a', mode: 'full_load_only' }, 409, 'name-taken'],
  ['no mapping', [], 400, 'wrong-request'],
  ['an unknown property', { name: 'x', tabels: ['a'] }, 400, 'pipeline-invalid'],
  ['a password', { ...DATABASES, name: 'x', source: 'postgres://a:b@c/d', tables: 'a' }, 400, 'literal-secret'],
] as const)('%s is told', async ([, body, status, code]) => {
  expect(await ask('POST', '/api/v1/pipelines', body)).toMatchObject({
    status,
    body: { type: `urn:driftlab:${code}` },
  });
});

test('what is served ends with its token when it is interrupted', async () => {
  const exit = once(server, 'exit');
  server.kill('SIGTERM');
  expect((await exit)[0]).toBe(130);
  await until(() => !existsSync(tokenFile), { what: 'the token to go', limitMs: 1000 });
});
