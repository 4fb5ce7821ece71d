import { connect } from 'node:net';

/** PostgreSQL's request for TLS, with which a connection may begin: a server of it answers `S` or `N`, MariaDB's and MySQL's speak first. */
const ASKS_FOR_TLS = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

const LIMIT_MS = 3000;

/** The first bytes that a server sends; undefined where none comes in time, for the engine's own client to say why. */
export function greetingOf(host: string, port: number, signal?: AbortSignal): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const socket = connect({ host, port, timeout: LIMIT_MS });
  const end = (greeting?: Buffer): void => {
    signal?.removeEventListener('abort', aborted);
    socket.destroy();
    resolve(greeting);
  };
  const aborted = (): void => end();
  signal?.addEventListener('abort', aborted, { once: true });
  socket.on('connect', () => socket.write(ASKS_FOR_TLS));
  socket.on('data', end);
  // What is wrong with the connection is said by the client that connects next.
  for (const event of ['timeout', 'error', 'close']) socket.on(event, () => end());
  return promise;
}

/** PostgreSQL's answer. */
export function isPostgresGreeting(greeting: Uint8Array): boolean {
  const [first] = greeting;
  return greeting.length === 1 && (first === 0x53 || first === 0x4e);
}

/** A packet, numbered 0, with version 10 of the protocol or an error: what MariaDB and MySQL send to whoever connects. */
export function isMysqlGreeting(greeting: Uint8Array): boolean {
  return greeting.length > 4 && greeting[3] === 0 && (greeting[4] === 10 || greeting[4] === 0xff);
}
