import { expect, test } from 'vitest';
import { type Buffer, buffers } from './buffers.ts';

const rule = { records: 3, bytes: 100, ms: 1000, heldBytes: 250 };
const batch = (partition: string, from: bigint, records: number, bytes = 10): Omit<Buffer, 'sinceMs'> => ({
  ...{ partition, from, next: from + BigInt(records), bytes },
  lines: Array.from({ length: records }, (_, at) => `${partition}-${from + BigInt(at)}`),
});

test('a buffer is written when it is full, old, or when all of them hold too much, the oldest first', () => {
  const held = buffers(rule);
  expect([held.take(0), held.dueAtMs]).toEqual([undefined, undefined]);
  held.add(batch('t/0', 5n, 2), 0);
  held.add(batch('t/1', 0n, 3), 10);
  expect(held.dueAtMs).toBe(1000);
  expect(held.take(20)).toMatchObject({ partition: 't/1', from: 0n, next: 3n });
  expect(held.take(20)).toBeUndefined();
  held.add(batch('t/0', 7n, 1), 30);
  expect(held.take(30)).toMatchObject({ partition: 't/0', from: 5n, next: 8n, lines: ['t/0-5', 't/0-6', 't/0-7'] });
  held.add(batch('t/0', 8n, 1), 100);
  expect(held.take(1099)).toBeUndefined();
  expect(held.take(1100)).toMatchObject({ from: 8n });
  for (const partition of ['a/0', 'b/0', 'c/0']) held.add(batch(partition, 0n, 1, 90), 2000);
  expect(held.take(2000)?.partition).toBe('a/0');
  expect(held.take(2000)).toBeUndefined();
  held.add(batch('c/0', 1n, 1, 10), 2000);
  expect(held.take(2000)?.partition).toBe('c/0');
  expect(held.take(2000, true)?.partition).toBe('b/0');
  expect(held.dueAtMs).toBeUndefined();
});
