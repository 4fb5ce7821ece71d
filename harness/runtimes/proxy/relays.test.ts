import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { until } from '#std/wait.ts';
import { openNetwork } from './network.ts';
import { openRelays } from './relays.ts';

const HOST = '127.0.0.1';

/** A server that sends back what it is sent. */
async function echo() {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  server.listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, close: () => server.close() };
}

describe('relays', () => {
  test('forwards while the thread that opened it is busy', async () => {
    const server = await echo();
    await using relays = openRelays();
    const port = await relays.open('one', {
      listen: { host: HOST, port: 0 },
      target: { host: HOST, port: server.port },
    });
    const socket = connect(port, HOST);
    socket.write('ping');
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toBe('ping');
    expect((await relays.count('one')).up.passed).toBe(4);
    socket.destroy();
    server.close();
  });

  test('says why it cannot listen', async () => {
    const server = await echo();
    await using relays = openRelays();
    const taken = { host: HOST, port: server.port };
    await expect(relays.open('one', { listen: taken, target: taken })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    server.close();
  });

  test('troubles both directions of a hop and counts what it stopped, and after its heal what came back', async () => {
    const server = await echo();
    await using relays = openRelays();
    const port = await relays.open('sink', {
      listen: { host: HOST, port: 0 },
      target: { host: HOST, port: server.port },
    });
    const network = openNetwork(relays, [{ relay: 'sink', client: 'consumer', server: 'sink' }]);
    const socket = connect(port, HOST);
    socket.write('ping');
    await once(socket, 'data');
    const troubled = await network.trouble(['sink', 'consumer'], { kind: 'hold' });
    await expect(network.trouble(['consumer', 'sink'], { kind: 'hold' })).rejects.toThrow('in trouble already');
    socket.write('held back');
    await until(async () => (await troubled.traffic()).stopped > 0, { what: 'bytes to be stopped', limitMs: 10_000 });
    await troubled.heal();
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toBe('held back');
    expect(await troubled.traffic()).toMatchObject({ passed: 0, stopped: 9, reset: 0 });
    expect((await troubled.since()).passed).toBe(18);
    await troubled.heal();
    const errors: string[] = [];
    socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''));
    const reset = await network.trouble(['consumer', 'sink'], { kind: 'reset' });
    await until(() => errors.includes('ECONNRESET'), { what: 'the client to be reset', limitMs: 10_000 });
    await reset.heal();
    expect(await reset.traffic()).toMatchObject({ reset: 1, stopped: 0 });
    server.close();
  });
});
