import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { engineAddresses, lookForEngine, whyNot } from './docker.mjs';

let home: string;
let server: Server | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'driftlab-docker-'));
});
afterEach(async () => {
  await new Promise<unknown>((done) => (server === undefined ? done(undefined) : server.close(done)));
  server = undefined;
  rmSync(home, { recursive: true });
});

/** Something that listens on a socket and answers every request with this. */
async function listening(status: number, body: string): Promise<string> {
  const socket = join(home, 'engine.sock');
  server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server?.listen(socket, resolve));
  return `unix://${socket}`;
}

test('an engine is looked for where it is named, or else at the sockets that engines make', () => {
  const env = { HOME: home };
  expect(engineAddresses({ ...env, DOCKER_HOST: 'unix:///x.sock' })).toEqual(['unix:///x.sock']);
  expect(engineAddresses({ ...env, XDG_RUNTIME_DIR: '/run/user/7' })).toEqual([
    'unix:///var/run/docker.sock',
    'unix:///run/user/7/docker.sock',
    `unix://${home}/.docker/run/docker.sock`,
    `unix://${home}/.docker/desktop/docker.sock`,
  ]);
  const id = createHash('sha256').update('colima').digest('hex');
  mkdirSync(join(home, '.docker', 'contexts', 'meta', id), { recursive: true });
  writeFileSync(join(home, '.docker', 'config.json'), JSON.stringify({ currentContext: 'colima' }));
  const meta = { Endpoints: { docker: { Host: 'unix:///colima.sock' } } };
  writeFileSync(join(home, '.docker', 'contexts', 'meta', id, 'meta.json'), JSON.stringify(meta));
  expect(engineAddresses(env)).toEqual(['unix:///colima.sock']);
});

test('one that answers is found with its version and the memory of its machine', async () => {
  const host = await listening(200, JSON.stringify({ ServerVersion: '28.0.1', MemTotal: 8_123_456_789 }));
  expect(await lookForEngine({ DOCKER_HOST: host })).toEqual({ host, version: '28.0.1', memoryMb: 8123 });
});

test('what is not there, on another machine, or no engine is each called what it is', async () => {
  expect(await lookForEngine({ DOCKER_HOST: `unix://${home}/none.sock` })).toMatchObject({ why: 'none' });
  expect(await lookForEngine({ DOCKER_HOST: 'tcp://192.0.2.7:2376' })).toMatchObject({ why: 'remote' });
  expect(await lookForEngine({ DOCKER_HOST: 'ssh://me@there' })).toMatchObject({ why: 'remote' });
  const host = await listening(500, 'not now');
  expect(await lookForEngine({ DOCKER_HOST: host })).toEqual({ why: 'silent', found: `${host}: HTTP 500` });
});

test('a socket that this user may not use is no engine that is not there', () => {
  const denied = Object.assign(new Error('connect EACCES'), { code: 'EACCES' });
  expect(whyNot('unix:///run/docker.sock', denied)).toEqual({
    why: 'permission',
    found: 'unix:///run/docker.sock: permission denied',
  });
});
