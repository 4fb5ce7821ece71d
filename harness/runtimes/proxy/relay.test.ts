import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '#std/wait.ts';
import { Relay } from './relay.ts';

const HOST = '127.0.0.1';

/** A server that keeps its sockets and what each was sent, and answers nothing by itself. */
interface Peer {
  readonly server: Server;
  readonly sockets: Socket[];
  readonly heard: string[];
}

async function listening(): Promise<Peer & { readonly port: number }> {
  const sockets: Socket[] = [];
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => heard.push(data.toString()));
    sockets.push(socket);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, sockets, heard, port: address.port };
}

describe('a relay', () => {
  let peer: Peer & { readonly port: number };
  let relay: Relay;
  let port: number;
  const clients: Socket[] = [];

  beforeEach(async () => {
    peer = await listening();
    relay = new Relay({ listen: { host: HOST, port: 0 }, target: { host: HOST, port: peer.port } });
    port = await relay.listen();
  });
  afterEach(async () => {
    for (const socket of [...clients, ...peer.sockets]) socket.destroy();
    clients.length = 0;
    await relay.close();
    peer.server.close();
  });

  /** A client of the relay, and what it has been sent. */
  async function client(): Promise<{ readonly socket: Socket; readonly heard: string[]; readonly errors: string[] }> {
    const socket = connect(port, HOST);
    const heard: string[] = [];
    const errors: string[] = [];
    socket.on('data', (data) => heard.push(data.toString()));
    socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''));
    clients.push(socket);
    await once(socket, 'connect');
    return { socket, heard, errors };
  }

  const come = (what: string, condition: () => boolean): Promise<unknown> =>
    until(condition, { what, limitMs: 10_000, pauseMs: 2 });
  const heard = (texts: readonly string[], wanted: string): Promise<unknown> =>
    come(wanted, () => texts.join('') === wanted);

  /** A client whose connection has reached the server. */
  async function connected() {
    const one = await client();
    one.socket.write('hello ');
    await come('the server to hear of it', () => peer.heard.join('').endsWith('hello '));
    const server = peer.sockets.at(-1);
    if (server === undefined) throw new Error('no connection');
    peer.heard.length = 0;
    return { ...one, server };
  }

  test('forwards both ways and counts the bytes of each', async () => {
    const { socket, heard: told, server } = await connected();
    socket.write('question');
    await heard(peer.heard, 'question');
    server.write('an answer');
    await heard(told, 'an answer');
    const { accepted, up, down } = relay.counts();
    expect([accepted, up.passed, down.passed, up.stopped]).toEqual([1, 'hello question'.length, 9, 0]);
  });

  test('forwards the end of one direction while the other one goes on', async () => {
    const { socket, heard: told, server } = await connected();
    const ended = once(server, 'end');
    server.on('end', () => server.end('last words'));
    socket.end();
    await ended;
    await heard(told, 'last words');
  });

  test('lets nothing through while it holds, and delivers it in order at its heal', async () => {
    const { socket, heard: told, server } = await connected();
    relay.set({ trouble: { kind: 'hold' } });
    socket.write('one ');
    server.write('back');
    await come('both to be held', () => relay.counts().up.stopped > 0 && relay.counts().down.stopped > 0);
    socket.write('two');
    await come('more to be held', () => relay.counts().up.stopped === 'one two'.length);
    expect([peer.heard, told]).toEqual([[], []]);
    const counted = relay.set(undefined);
    expect([counted.up.passed, counted.down.passed, counted.up.stopped, counted.down.stopped]).toEqual([0, 0, 7, 4]);
    await heard(peer.heard, 'one two');
    await heard(told, 'back');
  });

  test('held in one direction lets the other one through', async () => {
    const { socket, heard: told, server } = await connected();
    relay.set({ trouble: { kind: 'hold' }, way: 'up' });
    socket.write('lost for now');
    server.write('still here');
    await heard(told, 'still here');
    await come('the question to be held', () => relay.counts().up.stopped > 0);
    expect([peer.heard, relay.counts().up.passed, relay.counts().down.stopped]).toEqual([[], 0, 0]);
    relay.set(undefined);
    await heard(peer.heard, 'lost for now');
  });

  test('held in the other direction lets the first one through', async () => {
    const { socket, heard: told, server } = await connected();
    relay.set({ trouble: { kind: 'hold' }, way: 'down' });
    socket.write('a question');
    await heard(peer.heard, 'a question');
    server.write('an answer');
    await come('the answer to be held', () => relay.counts().down.stopped > 0);
    expect([told, relay.counts().down.passed, relay.counts().up.stopped]).toEqual([[], 0, 0]);
    relay.set(undefined);
    await heard(told, 'an answer');
  });

  test('accepts who comes while it holds, and leads on only at its heal', async () => {
    relay.set({ trouble: { kind: 'hold' }, way: 'down' });
    const { socket } = await client();
    socket.write('anybody?');
    await come('it to be held', () => relay.counts().up.stopped > 0);
    expect(peer.sockets.length).toBe(0);
    relay.set(undefined);
    await heard(peer.heard, 'anybody?');
  });

  test('does not lead on who has given up before the heal', async () => {
    relay.set({ trouble: { kind: 'hold' } });
    const gone = await client();
    gone.socket.end('never mind');
    await come('its words to be held', () => relay.counts().up.stopped > 0);
    const stays = await client();
    stays.socket.write('I stay');
    await come('both to be held', () => relay.counts().up.stopped === 'never mindI stay'.length);
    relay.set(undefined);
    await heard(peer.heard, 'I stay');
    expect(peer.sockets.length).toBe(1);
  });

  test('keeps from the server that a client has gone, until its heal', async () => {
    const { socket, server } = await connected();
    const ended = once(server, 'end');
    let over = false;
    void ended.then(() => {
      over = true;
    });
    relay.set({ trouble: { kind: 'hold' } });
    socket.end('bye');
    await come('it to be held', () => relay.counts().up.stopped > 0);
    expect(over).toBe(false);
    relay.set(undefined);
    await ended;
    expect(peer.heard.join('')).toBe('bye');
  });

  test('resets every connection, and every new one until its heal', async () => {
    const { errors, server } = await connected();
    relay.set({ trouble: { kind: 'reset' } });
    await come('the server to be reset', () => server.destroyed);
    await come('the client to be reset', () => errors.includes('ECONNRESET'));
    const another = connect(port, HOST);
    clients.push(another);
    await expect(once(another, 'close')).rejects.toMatchObject({ code: 'ECONNRESET' });
    const { reset, accepted } = relay.set(undefined);
    expect([reset, accepted]).toEqual([2, 1]);
    await connected();
    expect(relay.counts().accepted).toBe(1);
  });

  test('forwards a reset of one side to the other', async () => {
    const { socket, server } = await connected();
    const broken: string[] = [];
    server.on('error', (error: NodeJS.ErrnoException) => broken.push(error.code ?? ''));
    socket.resetAndDestroy();
    await come('the server to be reset', () => broken.includes('ECONNRESET'));
  });

  test('resets a client whose server is not there', async () => {
    peer.server.close();
    const { errors } = await client();
    await come('it to be reset', () => errors.includes('ECONNRESET'));
  });

  test('keeps every piece at least as long as the latency says', async () => {
    const { socket } = await connected();
    relay.set({ trouble: { kind: 'slow', latencyMs: 40, jitterMs: 20 } });
    for (const word of ['a', 'b', 'c']) socket.write(word);
    await heard(peer.heard, 'abc');
    const { up, down } = relay.counts();
    expect(up.delaysMs.every((ms) => ms >= 40)).toBe(true);
    expect([up.delaysMs.length > 0, down.delaysMs.length]).toEqual([true, 0]);
  });

  test('delivers at once at its heal what a slow line still keeps', async () => {
    const { socket } = await connected();
    relay.set({ trouble: { kind: 'slow', latencyMs: 3_600_000, jitterMs: 0 } });
    socket.write('at last');
    await come('it to be read', () => socket.bytesWritten >= 'hello at last'.length);
    relay.set(undefined);
    await heard(peer.heard, 'at last');
  });

  test('lets no more through than the bandwidth says', async () => {
    const { socket } = await connected();
    relay.set({ trouble: { kind: 'slow', latencyMs: 0, jitterMs: 0, bytesPerSecond: 100_000 } });
    const started = performance.now();
    socket.write(Buffer.alloc(20_000));
    await come('all of it to arrive', () => relay.counts().up.passed === 20_000);
    const seconds = (performance.now() - started) / 1000;
    expect(20_000 / seconds).toBeLessThanOrEqual(100_000);
  });

  test('holds back no more than a network would, and then reads no more', async () => {
    const { socket } = await connected();
    relay.set({ trouble: { kind: 'hold' } });
    const megabytes = 32;
    socket.write(Buffer.alloc(megabytes << 20));
    let [last, looks] = [0, 0];
    await come('it to read no more', () => {
      const { stopped } = relay.counts().up;
      looks = stopped === last ? looks + 1 : 0;
      last = stopped;
      return stopped > 1 << 20 && looks > 20;
    });
    expect(relay.counts().up.stopped).toBeLessThan(4 << 20);
    relay.set(undefined);
    await come('all of it to arrive', () => relay.counts().up.passed === megabytes << 20);
  });

  test('ends its connections when it is closed', async () => {
    const { socket } = await connected();
    await relay.close();
    await come('the client to learn it', () => socket.destroyed);
    expect(relay.counts().reset).toBe(0);
    await relay.close();
  });

  test('answers in the place of the server, whatever is asked, and forwards again once that is over', async () => {
    const before = await client();
    await until(() => peer.sockets.length === 1, { what: 'the connection to be forwarded', limitMs: 5000 });
    relay.set({ trouble: { kind: 'answer', answer: 'no' } });
    await until(() => before.errors.length > 0, { what: 'the connection to be reset', limitMs: 5000 });
    const asking = await client();
    asking.socket.write('something');
    await once(asking.socket, 'end');
    expect(asking.heard).toEqual(['no']);
    expect(peer.sockets).toHaveLength(1);
    expect(relay.set(undefined)).toMatchObject({ answered: 1, accepted: 1 });
    const after = await client();
    after.socket.write('something');
    await until(() => peer.heard.includes('something'), { what: 'the server to hear it', limitMs: 5000 });
  });
});
