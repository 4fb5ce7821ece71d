import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OperatorError } from '#std/errors.ts';
import { takesDocker } from '../auto.ts';
import { openEngine } from './engine.ts';
import { recordFile } from './record.ts';
import { imagesOf } from './stack.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-engine-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function refusal(work: () => unknown): Promise<Partial<OperatorError>> {
  try {
    await work();
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

test('without an engine nothing is started, and the error says what else to do', async () => {
  vi.stubEnv('DOCKER_HOST', `unix://${folder}/none.sock`);
  const error = await refusal(openEngine);
  expect(error).toMatchObject({ code: 'docker-none', exit: 3, found: `unix://${folder}/none.sock: no such socket` });
  expect(error.hint).toContain('--runtime embedded');
});

test('an engine whose machine is too small for five servers is not used', async () => {
  const socket = join(folder, 'engine.sock');
  const info = JSON.stringify({ ServerVersion: '28.0.1', MemTotal: 2_000_000_000 });
  const server = createServer((_, response) => response.end(info));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  vi.stubEnv('DOCKER_HOST', `unix://${socket}`);
  try {
    expect(await refusal(openEngine)).toMatchObject({ code: 'docker-memory', exit: 3, found: '2000 MB' });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('a stack takes Kafka’s image and one for each engine of its databases', () => {
  expect(imagesOf({})).toEqual(['kafka', 'postgres']);
  expect(imagesOf({ engines: { source: 'mariadb', sink: 'postgres' } })).toEqual(['kafka', 'mariadb', 'postgres']);
});

test('an engine of databases without an image, and a server that runs already, are refused', async () => {
  expect(await refusal(() => imagesOf({ engines: { source: 'mysql' } }))).toMatchObject({ code: 'no-server' });
  vi.stubEnv('DRIFTLAB_POSTGRES_URL', 'postgresql://me:secret@127.0.0.1:5432/');
  const error = await refusal(() => imagesOf({ attach: true }));
  expect(error).toMatchObject({ code: 'attached-outside', found: 'DRIFTLAB_POSTGRES_URL names a server' });
});

test('the automatic choice is processes where no engine answers', async () => {
  vi.stubEnv('DOCKER_HOST', `unix://${folder}/none.sock`);
  expect(await takesDocker({})).toBe(false);
});

test('a lab that was kept goes on as what it was, whatever engine answers now', async () => {
  expect(await takesDocker({ kept: folder })).toBe(false);
  writeFileSync(recordFile(folder), '{}');
  expect(await takesDocker({ kept: folder })).toBe(true);
});
