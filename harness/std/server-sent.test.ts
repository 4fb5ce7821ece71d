import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ServerSent, serverSent } from './server-sent.ts';

async function read(...chunks: readonly Uint8Array[]): Promise<ServerSent[]> {
  const messages: ServerSent[] = [];
  for await (const message of serverSent(
    (async function* () {
      yield* chunks;
    })(),
  ))
    messages.push(message);
  return messages;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const TEXT =
  'retry: 1000\n\nid: 7-1\nevent: sample\ndata: {"a":"né👩‍🚀"}\n\n: still here\n\ndata:one\r\ndata: two\r\n\r\nid: 7-3\ndata\n\nid: 7-4\n\n';

const MESSAGES = [
  { id: '7-1', event: 'sample', data: '{"a":"né👩‍🚀"}' },
  { id: '7-1', event: 'message', data: 'one\ntwo' },
  { id: '7-3', event: 'message', data: '' },
];

test('messages are read with their ids; comments, retry and messages without data are none', async () => {
  expect(await read(bytes(TEXT))).toEqual(MESSAGES);
});

test('wherever the stream is cut into pieces, the same is read', async () => {
  const all = bytes(TEXT);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(all.length), { maxLength: 12 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), all.length];
      const pieces = at.slice(1).map((end, index) => all.subarray(at[index], end));
      expect(await read(...pieces)).toEqual(MESSAGES);
    }),
  );
});

test('a message that is not complete when the stream ends is none', async () => {
  expect(await read(bytes('data: half\n'))).toEqual([]);
});
