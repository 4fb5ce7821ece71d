import { connect } from 'node:net';

/** PostgreSQL's request for TLS, with which a connection may begin: a server of it answers `S` or `N`, MariaDB's and MySQL's speak first. */
const ASKS_FOR_TLS = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * The pre-login of the Tabular Data Stream: a packet (type 18, the last of its message, 26 bytes) with a version and the wish to
 * encrypt if the server does.
 */
export const TDS_PRELOGIN = Buffer.from([
  ...[18, 1, 0, 26, 0, 0, 1, 0],
  ...[0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 255],
  ...[9, 0, 0, 0, 0, 0, 0],
]);

const LIMIT_MS = 3000;

/**
 * The first bytes that a server sends to whoever says `hello`: none where it hangs up; undefined where nothing comes in time, or
 * nothing listens, for the engine's own client to say why.
 */
export function greetingOf(
  host: string,
  port: number,
  {
    hello = ASKS_FOR_TLS,
    signal,
  }: { readonly hello?: Uint8Array | undefined; readonly signal?: AbortSignal | undefined },
): Promise<Buffer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
  const socket = connect({ host, port, timeout: LIMIT_MS });
  const end = (greeting?: Buffer): void => {
    signal?.removeEventListener('abort', aborted);
    socket.destroy();
    resolve(greeting);
  };
  const aborted = (): void => end();
  signal?.addEventListener('abort', aborted, { once: true });
  socket.on('connect', () => socket.write(hello));
  socket.on('data', end);
  socket.on('end', () => end(Buffer.alloc(0)));
  // What is wrong with the connection is said by the client that connects next.
  for (const event of ['timeout', 'error', 'close']) socket.on(event, () => end());
  return promise;
}

/** PostgreSQL's answer. */
export function isPostgresGreeting(greeting: Uint8Array): boolean {
  const [first] = greeting;
  return greeting.length === 1 && (first === 0x53 || first === 0x4e);
}

/**
 * The version that a server of MariaDB or MySQL names to whoever connects: a packet, numbered 0, of version 10 of the protocol.
 * An error in its place says nothing of which of the two it is.
 */
function familyVersion(greeting: Uint8Array): string | 'error' | undefined {
  if (greeting.length <= 4 || greeting[3] !== 0) return undefined;
  if (greeting[4] === 0xff) return 'error';
  if (greeting[4] !== 10) return undefined;
  const end = greeting.indexOf(0, 5);
  return Buffer.from(greeting.subarray(5, end === -1 ? undefined : end)).toString('latin1');
}

/** Before 11 a server of MariaDB puts `5.5.5-` before its version, for old replicas of MySQL. */
const MARIADB = /mariadb|maxscale|^5\.5\.5-/i;

/** True where it cannot be told from MySQL, too: a server that is full sends an error. */
export function isMariadbGreeting(greeting: Uint8Array): boolean {
  const version = familyVersion(greeting);
  return version !== undefined && (version === 'error' || MARIADB.test(version));
}

/** True where it cannot be told from MariaDB, too. */
export function isMysqlGreeting(greeting: Uint8Array): boolean {
  const version = familyVersion(greeting);
  return version !== undefined && !MARIADB.test(version);
}

/** An answer, the last of its message: what a server of SQL Server's protocol sends to {@link TDS_PRELOGIN}. */
export function isTdsGreeting(greeting: Uint8Array): boolean {
  return greeting.length > 8 && greeting[0] === 4 && greeting[1] === 1;
}
