import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { openStoreWay } from './store-way.ts';

/** A store in memory: it puts whole bodies, and lists what it has. */
async function startStore() {
  const objects = new Map<string, string>();
  const server = createServer(async (asked, answer) => {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of asked) pieces.push(piece as Buffer);
    } catch {
      return;
    }
    const name = decodeURIComponent(new URL(asked.url ?? '/', 'http://x').pathname.slice(1));
    if (asked.method === 'PUT') objects.set(name, Buffer.concat(pieces).toString());
    const entries = [...objects.keys()].map((one) => `<Contents><Key>${one.replace('b/', '')}</Key></Contents>`);
    answer.end(asked.method === 'GET' ? `<KeyCount>${entries.length}</KeyCount>${entries.join('')}` : '');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const way = await openStoreWay(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const put = (key: string, signal: AbortSignal | null = null) =>
    fetch(`${way.endpoint}/b/${encodeURIComponent(key)}`, { method: 'PUT', body: 'x'.repeat(100), signal });
  const list = async () => (await fetch(`${way.endpoint}/b?list-type=2`)).text();
  const end = async () => {
    await way[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
  };
  return { objects, way, put, list, [Symbol.asyncDispose]: end };
}

/** An upload that is held up, and then given up as its process would at its end. */
async function cutOff({ way, put }: Awaited<ReturnType<typeof startStore>>): Promise<void> {
  const over = new AbortController();
  const uploading = put('o+1', over.signal).catch(() => {});
  await expect.poll(() => way.traffic.held).toEqual(['b/o+1']);
  over.abort();
  await uploading;
}

test('a way without trouble leads to the store', async () => {
  await using store = await startStore();
  expect((await store.put('o')).status).toBe(200);
  expect(await store.list()).toContain('<Key>o</Key>');
});

test('an upload that ends in its middle leaves no object; one whose answer is held up leaves it', async () => {
  await using store = await startStore();
  store.way.trouble({ kind: 'hold', at: 'body' });
  await cutOff(store);
  expect([...store.objects]).toEqual([]);
  store.way.trouble({ kind: 'hold', at: 'answer' });
  await cutOff(store);
  expect([...store.objects.keys()]).toEqual(['b/o+1']);
});

test('whoever is held up is cut off when the trouble ends', async () => {
  await using store = await startStore();
  store.way.trouble({ kind: 'hold', at: 'body' });
  const uploading = store.put('o').catch(() => 'cut off');
  await expect.poll(() => store.way.traffic.held).toHaveLength(1);
  store.way.clear();
  expect(await uploading).toBe('cut off');
});

test('late lists leave out what was written meanwhile, and show it afterwards', async () => {
  await using store = await startStore();
  await store.put('old');
  store.way.trouble({ kind: 'late-lists' });
  expect(await store.list()).toContain('<KeyCount>1</KeyCount>');
  await store.put('new');
  expect(await store.list()).toBe('<KeyCount>1</KeyCount><Contents><Key>old</Key></Contents>');
  expect(store.way.traffic).toMatchObject({ shortened: 1, hidden: 1 });
  store.way.clear();
  expect(await store.list()).toContain('<Key>new</Key>');
});

test('uploads are refused with the words of S3, and nothing else is', async () => {
  await using store = await startStore();
  store.way.trouble({ kind: 'refuse', status: 403, code: 'ExpiredToken', message: 'expired' });
  const refused = await store.put('o');
  expect([refused.status, await refused.text()]).toEqual([
    403,
    '<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>',
  ]);
  expect(await store.list()).toContain('<KeyCount>0</KeyCount>');
  expect(store.way.traffic.refused).toBe(1);
});
