import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeyedRow } from '#engines/port/compare.ts';
import { compareUtf8 } from '#std/utf8-order.ts';
import { groupedStream } from './key-order.ts';

const keyed = (key: string): KeyedRow => ({ key, row: `[${key}]` });

async function* batches(sizes: readonly number[], keys: readonly string[]): AsyncGenerator<readonly KeyedRow[]> {
  let from = 0;
  for (const size of [...sizes, keys.length]) {
    const batch = keys.slice(from, from + size);
    from += size;
    if (batch.length > 0) yield batch.map(keyed);
  }
}

const sortedKeys = fc.array(fc.string({ maxLength: 2 }), { maxLength: 30 }).map((keys) => keys.sort(compareUtf8));
const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 });

test('two streams walked side by side yield every key once on each side, whatever their batches', async () => {
  await fc.assert(
    fc.asyncProperty(sortedKeys, sizes, sortedKeys, sizes, async (left, leftSizes, right, rightSizes) => {
      const source = groupedStream(batches(leftSizes, left));
      const sink = groupedStream(batches(rightSizes, right));
      const seen: { source: string[]; sink: string[] } = { source: [], sink: [] };
      for (;;) {
        const groups = await source.next();
        const others = await sink.upTo(groups?.at(-1)?.key);
        for (const group of groups ?? []) seen.source.push(...group.rows.map((row) => row.key));
        for (const group of others) seen.sink.push(...group.rows.map((row) => row.key));
        // A key that both have comes in the same step, complete.
        for (const group of groups ?? []) {
          expect(group.rows.length).toBe(left.filter((key) => key === group.key).length);
          expect(others.find((other) => other.key === group.key)?.rows.length ?? 0).toBe(
            right.filter((key) => key === group.key).length,
          );
        }
        if (groups === undefined) break;
      }
      expect(seen).toEqual({ source: left, sink: right });
      expect([source.rows, sink.rows]).toEqual([left.length, right.length]);
    }),
  );
});
