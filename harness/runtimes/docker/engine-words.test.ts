import { expect, test } from 'vitest';
import { exitWords, secondsOf } from './engine-words.ts';

test('a container’s status is told as that of a process: a signal by its name', () => {
  expect([exitWords(0), exitWords(3), exitWords(137), exitWords(143)]).toEqual([
    'exit status 0',
    'exit status 3',
    'SIGKILL',
    'SIGTERM',
  ]);
});

test('a time keeps its nanoseconds: what was logged before a start is not read again after it', () => {
  expect(secondsOf('2026-01-02T03:04:05.678901234Z')).toBe('1767323045.678901234');
  expect(secondsOf('2026-01-02T03:04:05Z')).toBe('1767323045.0');
});
