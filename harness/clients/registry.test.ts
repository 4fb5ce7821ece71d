import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type RegistryOptions, registryClient } from './registry.ts';

/** A client of a server that answers every request alike: a real registry gives few of these answers when asked. */
async function clientOf(answer: RequestListener, options?: RegistryOptions, login = '') {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    client: registryClient(`http://${login}127.0.0.1:${port}/apis/`, options),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const saying =
  (status: number, body: unknown): RequestListener =>
  (_request, response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  };

test('a schema without a type is of Avro, and references are named', async () => {
  const references = [{ name: 'a.avsc', subject: 'a', version: 1 }];
  await using one = await clientOf(saying(200, { schema: '"int"', references }));
  expect(await one.client.schema(7)).toEqual({ type: 'AVRO', text: '"int"', references: ['a.avsc'] });
  await using other = await clientOf(saying(200, { schema: '{}', schemaType: 'JSON' }));
  expect(await other.client.schema(7)).toEqual({ type: 'JSON', text: '{}', references: [] });
  await using none = await clientOf(saying(404, { error_code: 40403, message: 'no' }));
  expect(await none.client.schema(7)).toBeUndefined();
});

test('the login of its URL is sent, and shown nowhere', async () => {
  let seen: string | undefined;
  await using one = await clientOf(
    (request, response) => {
      seen = request.headers.authorization;
      response.writeHead(401).end();
    },
    {},
    'me:s%40cret@',
  );
  const error = await one.client.subjects().catch((thrown) => thrown);
  expect(seen).toBe(`Basic ${Buffer.from('me:s@cret').toString('base64')}`);
  expect(one.client.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/apis$/);
  expect(JSON.stringify({ ...error, message: error.message })).not.toMatch(/s@cret|s%40cret/);
});

test.each([
  [401, 'registry-login', 'asks for a login'],
  [403, 'registry-login', 'does not allow a schema of the subject t-value'],
  [404, 'registry-refused', 'does not have'],
  [409, 'registry-incompatible', 'not compatible with an earlier version'],
  [422, 'registry-invalid', 'not valid'],
  [418, 'registry-refused', 'refused'],
  [429, 'registry-away', 'does not answer'],
  [503, 'registry-away', 'does not answer'],
])('HTTP %d is %s', async (status, code, message) => {
  await using one = await clientOf(saying(status, { message: 'said' }));
  await expect(one.client.register('t-value', { type: 'AVRO', text: '"int"' })).rejects.toMatchObject({
    ...{ code, message: expect.stringContaining(message), found: `HTTP ${status}: said` },
  });
});

test('one that is slow, gone or something else is told from each other', async () => {
  await using slow = await clientOf(() => {}, { limitMs: 50 });
  await expect(slow.client.schema(1)).rejects.toMatchObject({
    ...{ code: 'registry-away', found: 'no answer within 0.05 s' },
  });
  const ended = await clientOf(saying(200, ''));
  await ended[Symbol.asyncDispose]();
  await expect(ended.client.schema(1)).rejects.toMatchObject({
    ...{ code: 'registry-away', found: expect.stringContaining('ECONNREFUSED') },
  });
  await using page = await clientOf(saying(200, '<html>'));
  await expect(page.client.schema(1)).rejects.toMatchObject({
    ...{ code: 'registry-refused', message: 'what answers is no schema registry' },
  });
  expect(() => registryClient('registry:8081')).toThrow('the address of the schema registry is none');
});
