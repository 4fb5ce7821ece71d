import { expect, test } from 'vitest';
import { isMysqlGreeting, isPostgresGreeting } from './greeting.ts';

const MARIADB = Buffer.from('\x6e\0\0\0\x0a11.4.5-MariaDB', 'latin1');
const FULL = Buffer.from('\x17\0\0\0\xff\x10\x04Too many connections', 'latin1');

test('a server of each engine is told by its first bytes', () => {
  expect([MARIADB, FULL].map(isMysqlGreeting)).toEqual([true, true]);
  expect(['S', 'N'].map((letter) => isPostgresGreeting(Buffer.from(letter)))).toEqual([true, true]);
  expect([isPostgresGreeting(MARIADB), isMysqlGreeting(Buffer.from('S'))]).toEqual([false, false]);
});

test('what neither of them says is taken for neither', () => {
  for (const text of ['', 'SSH-2.0-OpenSSH_9.6', 'HTTP/1.1 400 Bad Request', 'E'])
    expect([isMysqlGreeting(Buffer.from(text)), isPostgresGreeting(Buffer.from(text))]).toEqual([false, false]);
});
