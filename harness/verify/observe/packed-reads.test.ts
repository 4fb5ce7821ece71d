import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPackedReads } from './packed-reads.ts';

test('what is set is found, through change and deletion, as in a map', () => {
  const name = fc.integer({ min: 0, max: 99 }).map((id) => `public.t ["${id}"]`);
  const step = fc.record({
    name,
    offset: fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
    partition: fc.nat(3),
    gone: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const packed = createPackedReads();
      const model = new Map<string, object>();
      for (const [seen, { name: of, offset, partition, gone }] of steps.entries()) {
        const read = { partition: `t/${partition}`, offset, seen };
        if (gone && model.has(of)) {
          packed.delete(of);
          model.delete(of);
        } else {
          packed.set(of, read);
          model.set(of, read);
        }
      }
      for (let id = 0; id <= 99; id++)
        expect(packed.get(`public.t ["${id}"]`)).toEqual(model.get(`public.t ["${id}"]`));
    }),
    { numRuns: 30 },
  );
});

test('a hundred thousand rows take some bytes each, and none is taken for another', () => {
  const packed = createPackedReads();
  for (let id = 0; id < 100_000; id++) packed.set(`t ["${id}"]`, { partition: 't/0', offset: BigInt(id), seen: id });
  expect(packed.size).toBe(100_000);
  const wrong = [];
  for (let id = 0; id < 100_000; id++) if (packed.get(`t ["${id}"]`)?.offset !== BigInt(id)) wrong.push(id);
  expect(wrong).toEqual([]);
  expect(packed.get('t ["100000"]')).toBeUndefined();
});
