import { expect, test } from 'vitest';
import { catchesUp } from './catch-up.ts';

/** A reader that sees so many records in each of its waits, and has reached the end with the last. */
function readerOf(...seen: readonly number[]) {
  const left = [...seen];
  let records = 0;
  return {
    get records() {
      return records;
    },
    async awaitCaughtUp() {
      records += left.shift() ?? 0;
      return left.length === 0 && seen.length > 0;
    },
  };
}

test('a reader that gets on is waited for, however long it takes', async () => {
  expect(await catchesUp(readerOf(5, 3, 1, 1), new Map(), 10)).toBe(true);
});

test('one that stands still is not', async () => {
  const reader = readerOf(5, 0, 7);
  expect(await catchesUp(reader, new Map(), 10)).toBe(false);
  expect(reader.records).toBe(5);
});
