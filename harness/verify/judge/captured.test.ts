import { expect, test } from 'vitest';
import type { LogState } from '#model/observation.ts';
import { isCaptured } from './captured.ts';

const ROW = { id: '1', value: 'a' };

function log(op: string, more: Partial<LogState> = {}): LogState {
  const last = { topic: 't', partition: 0, offset: 7n, op };
  return { last, expired: false, consumed: true, skipped: false, skippedEarlier: false, ...more };
}

test('an operation is captured where the log has its transaction’s change', () => {
  expect(isCaptured('9', ROW, log('update', { changeTxn: '9' }))).toBe(true);
  expect(isCaptured('9', undefined, log('delete', { changeTxn: '9' }))).toBe(true);
  expect(isCaptured('9', ROW, log('update', { changeTxn: '8' }))).toBe(false);
  expect(isCaptured('9', ROW, undefined)).toBe(false);
});

test('a snapshot that read the row as it is has what the stream never had', () => {
  expect(isCaptured('9', ROW, log('read', { image: ROW }))).toBe(true);
  expect(isCaptured('9', ROW, log('read', { image: { ...ROW, value: 'b' } }))).toBe(false);
  expect(isCaptured('9', ROW, log('update', { image: ROW }))).toBe(false);
  expect(isCaptured('9', undefined, log('read', { image: ROW }))).toBe(false);
  expect(isCaptured('9', ROW, log('read'))).toBe(false);
});
