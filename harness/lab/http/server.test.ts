import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HttpServer } from '#http/app.ts';
import { freePorts } from '#std/free-port.ts';
import { createEventHub } from '../events.ts';
import type { LiveLab } from '../open-lab.ts';
import { serveLab } from './server.ts';

const TOKEN = 'a-token-of-the-lab';
/** As much of a lab as answers before it is ready. */
const lab = {
  phase: 'starting',
  hub: createEventHub(1),
  desk: undefined,
  unhealthy: () => ['it starts'],
  onLatency: () => {},
  writers: () => ({ state: 'running' }),
} as unknown as LiveLab;

let server: HttpServer;
beforeAll(async () => {
  const [port] = await freePorts(1);
  server = await serveLab({ lab, port, token: TOKEN, catalogue: { modes: [], causes: [], recoveries: [] } });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** What comes back for bytes as they are sent, until the server ends the connection. */
function raw(sent: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(sent));
    let got = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      got += text;
    });
    socket.once('close', () => resolve(got));
    socket.once('error', reject);
  });
}

const HOST = (): string => `host: 127.0.0.1:${server.port}\r\n`;
const END = 'connection: close\r\n\r\n';
const OWNER = `authorization: Bearer ${TOKEN}\r\n`;

test.for<readonly [string, () => string, number]>([
  ['no HTTP at all', () => 'hello\r\n\r\n', 400],
  ['TLS', () => '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', 400],
  ['a line that is malformed', () => `GET /health HTTP/9.9\r\n${HOST()}\r\n`, 400],
  ['an unknown method', () => `BREW /health HTTP/1.1\r\n${HOST()}\r\n`, 400],
  ['headers that are too large', () => `GET /health HTTP/1.1\r\n${HOST()}x: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  ['a length that is no number', () => `POST /api/v1/writers HTTP/1.1\r\n${HOST()}content-length: x\r\n\r\n`, 400],
  [
    'two lengths',
    () => `POST /api/v1/writers HTTP/1.1\r\n${HOST()}content-length: 1\r\ncontent-length: 2\r\n\r\n`,
    400,
  ],
  ['a name with a space', () => `GET /health HTTP/1.1\r\n${HOST()}a b: c\r\n\r\n`, 400],
  ['no Host', () => `GET /health HTTP/1.1\r\n${END}`, 403],
  ['a foreign Host', () => `GET /health HTTP/1.1\r\nhost: evil.example\r\n${END}`, 403],
  ['an address that cannot be read', () => `GET /%zz HTTP/1.1\r\n${HOST()}${END}`, 400],
  ['a path that is not there', () => `GET /nothing HTTP/1.1\r\n${HOST()}${END}`, 404],
  ['a tunnel', () => `CONNECT example.org:443 HTTP/1.1\r\n${HOST()}\r\n`, 405],
  ['an expectation', () => `GET /health HTTP/1.1\r\nexpect: wonders\r\n${HOST()}${END}`, 417],
  ['JSON that cannot be read', () => post('/api/v1/writers', 'application/json', '{'), 400],
  ['a body of a wrong shape', () => post('/api/v1/writers', 'application/json', '{"rate":"x"}'), 400],
  ['a body that is no JSON', () => post('/api/v1/writers', 'text/plain', 'x'), 415],
  ['a form', () => post('/api/v1/writers', 'application/x-www-form-urlencoded', 'a=b'), 415],
  ['a body that is too large', () => post('/api/v1/writers', 'application/json', `"${'x'.repeat(70_000)}"`), 413],
  ['a body without the token', () => `POST /api/v1/writers HTTP/1.1\r\n${HOST()}content-length: 0\r\n${END}`, 401],
  ['a lab that is not ready', () => post('/api/v1/writers', 'application/json', '{"rate":1}'), 503],
])('%s is answered as a problem', async ([, request, status]) => {
  const answer = await raw(request());
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toMatch(/content-type: application\/problem\+json/i);
  const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
  expect(body).toMatchObject({ status, type: expect.stringMatching(/^urn:driftlab:[a-z-]+$/) });
  expect(body).toMatchObject({ title: expect.stringMatching(/^[A-Z]/), detail: expect.any(String) });
});

function post(path: string, type: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\n${HOST()}${OWNER}content-type: ${type}\r\ncontent-length: ${body.length}\r\n${END}${body}`;
}

test.for<readonly [string, string, string]>([
  ['POST', '/health', 'GET, HEAD'],
  ['DELETE', '/api/v1/report?x=1', 'GET, HEAD'],
  ['PUT', '/api/v1/faults/lag', 'DELETE, GET, HEAD, POST'],
  ['GET', '/api/v1/writers', 'POST'],
  ['OPTIONS', '/api/v1/events', 'GET, HEAD'],
  ['TRACE', '/metrics', 'GET, HEAD'],
  ['PROPFIND', '/openapi.json', 'GET, HEAD'],
])('%s %s is answered with the methods that the path takes', async ([method, path, allow]) => {
  const answer = await raw(`${method} ${path} HTTP/1.1\r\n${HOST()}${END}`);
  expect(answer).toMatch(/^HTTP\/1.1 405 Method Not Allowed\r\n/);
  expect(answer).toContain(`allow: ${allow}\r\n`);
  expect(answer).toContain('"type":"urn:driftlab:no-such-method"');
});

test('HEAD of the events ends at once, and so many readers at most are taken', async () => {
  const head = await raw(`HEAD /api/v1/events HTTP/1.1\r\n${HOST()}${END}`);
  expect(head).toMatch(/^HTTP\/1.1 200 [\s\S]*text\/event-stream/);
  const readers = await Promise.all(
    Array.from({ length: 64 }, () => fetch(`http://127.0.0.1:${server.port}/api/v1/events`)),
  );
  expect(readers.map(({ status }) => status)).toEqual(readers.map(() => 200));
  const more = await fetch(`http://127.0.0.1:${server.port}/api/v1/events`);
  expect(more.status).toBe(503);
  expect(await more.json()).toMatchObject({ type: 'urn:driftlab:too-many-readers' });
  await Promise.all(readers.map(({ body }) => body?.cancel()));
  await expect
    .poll(async () => {
      const again = await fetch(`http://127.0.0.1:${server.port}/api/v1/events`);
      await again.body?.cancel();
      return again.status;
    })
    .toBe(200);
});
