import { expect, test } from 'vitest';
import { refusal } from './guard.ts';

const TOKEN = 'a-token-of-the-lab';
const ask = (changes: Partial<Parameters<typeof refusal>[0]> = {}) =>
  refusal(
    { method: 'GET', host: '127.0.0.1:8089', origin: undefined, authorization: undefined, ...changes },
    { port: 8089, token: TOKEN, tokenIn: 'a file' },
  )?.status;

test('reading needs no token', () => {
  expect(ask()).toBeUndefined();
  expect(ask({ host: 'localhost:8089', method: 'HEAD' })).toBeUndefined();
});

test('a foreign Host is refused, also with the token: a name that was bound anew to this address', () => {
  for (const host of ['evil.example', '127.0.0.1', '127.0.0.1:80', 'localhost.evil.example:8089', undefined])
    expect(ask({ host, authorization: `Bearer ${TOKEN}` })).toBe(403);
});

test('a page of another origin is refused, our own is not', () => {
  expect(ask({ origin: 'https://evil.example' })).toBe(403);
  expect(ask({ origin: 'null' })).toBe(403);
  expect(ask({ origin: 'http://127.0.0.1:8089' })).toBeUndefined();
});

test('what changes something needs the token, the whole token, and nothing but it', () => {
  for (const method of ['POST', 'DELETE', 'PUT', 'PATCH']) {
    expect(ask({ method })).toBe(401);
    expect(ask({ method, authorization: 'Bearer ' })).toBe(401);
    expect(ask({ method, authorization: `Bearer ${TOKEN.slice(1)}` })).toBe(401);
    expect(ask({ method, authorization: `Bearer ${TOKEN}x` })).toBe(401);
    expect(ask({ method, authorization: `Basic ${TOKEN}` })).toBe(401);
    expect(ask({ method, authorization: `Bearer ${TOKEN}` })).toBeUndefined();
  }
});
