// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { hereWith } from '#testing/here.ts';
import { connectOf, placeOf } from './servers.ts';

test('a URL is a server and a database, each part without its encoding', () => {
  expect(placeOf('postgres://a%40b:p%2Fw@db1/my%20shop')).toEqual({
    server: { engine: 'postgres', host: 'db1', port: 5432, user: 'a@b', password: 'p/w' },
    database: 'my shop',
  });
  expect(placeOf('mariadb://app@[::1]:3307/shop?ssl-mode=REQUIRED').server).toMatchObject({
    ...{ engine: 'mariadb', host: '::1', port: 3307, parameters: { 'ssl-mode': 'REQUIRED' } },
  });
});

test('a user and a password of the workers go as Basic authentication, below whatever path the address has', async () => {
  const asked: unknown[] = [];
  const server = createServer(({ url, headers }, response) => {
    asked.push([url, headers.authorization]);
    response.end('[]');
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as AddressInfo;
  const { client, secrets } = connectOf([`http://me:\${env:WORD}@127.0.0.1:${port}/rest/`], hereWith({ WORD: 'p@ss' }));
  expect(await client.names()).toEqual([]);
  server.close();
  server.closeAllConnections();
  expect(asked).toEqual([['/rest/connectors', `Basic ${Buffer.from('me:p@ss').toString('base64')}`]]);
  expect(secrets).toContain('p@ss');
});
