import { expect, test } from 'vitest';
import { transactionsIn } from './run-step.ts';

test('writers are waited for at their rate, and no longer where nobody could write so fast', () => {
  expect(transactionsIn(1, 200)).toBe(200);
  expect(transactionsIn(0.5, 1)).toBe(1);
  expect(transactionsIn(1, 100_000)).toBe(500);
});
