import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { startTdsServer } from '#testing/tds-server.ts';
import {
  greetingOf,
  isMariadbGreeting,
  isMysqlGreeting,
  isPostgresGreeting,
  isTdsGreeting,
  TDS_PRELOGIN,
} from './greeting.ts';

const packet = (text: string): Buffer => Buffer.from(`\x6e\0\0\0${text}`, 'latin1');
const MARIADB = packet('\x0a11.4.5-MariaDB\0\x01\0\0\0');
const MYSQL = packet('\x0a9.7.4\0\x01\0\0\0MariaDB');
const FULL = packet('\xff\x10\x04Too many connections');

test('a server of each engine is told by its first bytes', () => {
  const told = [isMariadbGreeting, isMysqlGreeting, isPostgresGreeting];
  const by = (greeting: Buffer): boolean[] => told.map((one) => one(greeting));
  expect(by(MARIADB)).toEqual([true, false, false]);
  expect(by(packet('\x0a5.5.5-10.11.8-log\0'))).toEqual([true, false, false]);
  expect(by(MYSQL)).toEqual([false, true, false]);
  // Which of the two is full, its error does not say.
  expect(by(FULL)).toEqual([true, true, false]);
  for (const letter of ['S', 'N']) expect(by(Buffer.from(letter))).toEqual([false, false, true]);
});

test('what none of them says is taken for none', () => {
  for (const text of ['', 'SSH-2.0-OpenSSH_9.6', 'HTTP/1.1 400 Bad Request', 'E'])
    for (const told of [isMariadbGreeting, isMysqlGreeting, isPostgresGreeting])
      expect(told(Buffer.from(text)), text).toBe(false);
});

test('SQL Server waits for what its own clients say', async () => {
  await using server = await startTdsServer();
  const greeting = await greetingOf('127.0.0.1', server.port, { hello: TDS_PRELOGIN });
  expect(isTdsGreeting(greeting ?? Buffer.alloc(0))).toBe(true);
  expect([isMariadbGreeting, isMysqlGreeting, isPostgresGreeting].map((told) => told(greeting as Buffer))).toEqual([
    ...[false, false, false],
  ]);
  expect([MARIADB, MYSQL, Buffer.from('S')].map(isTdsGreeting)).toEqual([false, false, false]);
});

test('a server that hangs up has said nothing, and one that is not there is undefined', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  expect(await greetingOf('127.0.0.1', port, {})).toEqual(Buffer.alloc(0));
  await new Promise((resolve) => server.close(resolve));
  expect(await greetingOf('127.0.0.1', port, {})).toBeUndefined();
});
