import { expect, test } from 'vitest';
import { worst } from './verdict.ts';

test('the worst of several verdicts wins, whatever their order', () => {
  expect(worst(['PASS', 'FAIL', 'WARN'])).toBe('FAIL');
  expect(worst(['WARN', 'PASS'])).toBe('WARN');
  expect(worst(['UNKNOWN', 'SYNC_IN_PROGRESS'])).toBe('UNKNOWN');
});

test('no verdicts at all are a PASS', () => {
  expect(worst([])).toBe('PASS');
});
