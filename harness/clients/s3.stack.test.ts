import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '#std/free-port.ts';
import { startTestObjects, type TestObjects } from '#testing/objects.ts';
import { type ObjectStore, openObjectStore } from './s3.ts';

let server: TestObjects;
let store: ObjectStore;
beforeAll(async () => {
  server = await startTestObjects();
  store = openObjectStore({ bucket: 'lake', ...server, pageObjects: 2 });
  await store.makeBucket();
});
afterAll(async () => {
  store?.[Symbol.dispose]();
  await server?.[Symbol.asyncDispose]();
});

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (read: Uint8Array | undefined) => (read === undefined ? undefined : new TextDecoder().decode(read));

async function keys(prefix: string) {
  const found: string[] = [];
  for await (const { key, bytes } of store.list(prefix)) found.push(`${key} ${bytes}`);
  return found;
}

test('objects are written, read, listed over pages, written over and deleted', async () => {
  expect(await store.get('a/none')).toBeUndefined();
  await store.put('a/1 +ä', bytes('one'), { type: 'text/plain' });
  await store.put('a/1 +ä', bytes('two.'));
  expect(textOf(await store.get('a/1 +ä'))).toBe('two.');
  const many = ['many/0', 'many/1', 'many/2', 'many/3', 'many/4'];
  await Promise.all(many.map((key) => store.put(key, bytes('x'))));
  expect(await keys('many/')).toEqual(many.map((key) => `${key} 1`));
  expect(await keys('a/')).toEqual(['a/1 +ä 4']);
  await store.delete([...many, 'a/none']);
  expect(await keys('many/')).toEqual([]);
});

test('an object is there still when the store was killed', async () => {
  await store.put('kept', bytes('kept'));
  await server.node.kill();
  await server.node.start();
  expect(textOf(await store.get('kept'))).toBe('kept');
});

test('what is wrong is said in plain words: no bucket, wrong credentials, nobody there', async () => {
  using none = openObjectStore({ bucket: 'nowhere', ...server });
  await expect(none.check('')).rejects.toMatchObject({ code: 'no-bucket', exit: 1 });
  await expect(none.put('a', bytes('a'))).rejects.toMatchObject({ code: 'no-bucket' });
  using wrong = openObjectStore({ bucket: 'lake', ...server, credentials: { keyId: 'driftlab', secret: 'wrong' } });
  await expect(wrong.check('')).rejects.toMatchObject({ code: 's3-refused', exit: 1 });
  await expect(wrong.get('kept')).rejects.toMatchObject({ code: 's3-refused' });
  const [port] = await freePorts(1);
  using away = openObjectStore({ bucket: 'lake', ...server, endpoint: `http://127.0.0.1:${port}` });
  await expect(away.check('')).rejects.toMatchObject({
    code: 's3-away',
    found: expect.stringContaining('ECONNREFUSED'),
  });
});

test('credentials that have expired are told from wrong ones', async () => {
  const answer = '<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>';
  const expired = createServer((_, response) =>
    response.writeHead(403, { 'content-type': 'application/xml' }).end(answer),
  );
  const [port] = await freePorts(1);
  await new Promise<void>((resolve) => expired.listen(port, '127.0.0.1', resolve));
  using other = openObjectStore({ bucket: 'lake', ...server, endpoint: `http://127.0.0.1:${port}` });
  await expect(other.put('a', bytes('a'))).rejects.toMatchObject({
    code: 's3-expired',
    found: expect.stringContaining('The provided token has expired.'),
  });
  await new Promise((resolve) => expired.close(resolve));
});
