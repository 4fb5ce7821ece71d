import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { databaseUrl, openPool } from './client.ts';

/** AuthenticationOk and ReadyForQuery: all that a client wants before it asks. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

test('a connection that is held and breaks between two queries tells the next query, and ends nothing else', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.once('data', () => socket.write(WELCOME));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const pool = openPool(`postgres://who:secret@127.0.0.1:${(server.address() as AddressInfo).port}/lab`);
  try {
    const held = await pool.connect();
    const ended = new Promise<void>((resolve) => held.once('end', () => resolve()));
    sockets[0]?.resetAndDestroy();
    await ended;
    await expect(held.query('SELECT 1')).rejects.toThrow('not queryable');
    held.release(true);
  } finally {
    await pool.end();
    server.close();
  }
});

test('an address has a scheme that every program knows, and keeps what is in names and passwords', () => {
  const server = { engine: 'postgres', host: '127.0.0.1', port: 6543, user: 'my app', password: 'p@ss:/' };
  const url = databaseUrl(server, 'a shop/é');
  expect(url).toBe('postgresql://my%20app:p%40ss%3A%2F@127.0.0.1:6543/a%20shop%2F%C3%A9');
});
