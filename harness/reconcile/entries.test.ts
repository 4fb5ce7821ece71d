import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differingEntries, type EntryDifference } from './entries.ts';

type Entry = readonly [id: bigint, hash: bigint];

function packed(entries: readonly Entry[]): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(entries.length * 16);
  for (const [n, [id, hash]] of entries.entries()) {
    bytes.writeBigInt64BE(id, n * 16);
    bytes.writeBigInt64BE(hash, n * 16 + 8);
  }
  return bytes;
}

/** The same by the definition: what is left of each id's rows when equal ones are paired off, then matched up. */
function plainly(source: readonly Entry[], target: readonly Entry[]): EntryDifference[] {
  const ids = [...new Set([...source, ...target].map(([id]) => id))];
  return ids.flatMap((id) => {
    const hashes = (entries: readonly Entry[]) => entries.flatMap(([each, hash]) => (each === id ? [hash] : []));
    const extra = hashes(target);
    const missing = hashes(source).filter((hash) => {
      const at = extra.indexOf(hash);
      if (at >= 0) extra.splice(at, 1);
      return at < 0;
    });
    const changed = Math.min(missing.length, extra.length);
    if (missing.length + extra.length === 0) return [];
    return [{ id, missing: missing.length - changed, extra: extra.length - changed, changed }];
  });
}

const sorted = (found: readonly EntryDifference[]) => found.toSorted((a, b) => (a.id < b.id ? -1 : 1));

test('finds exactly what differs, whatever the order of the entries, however often they occur', () => {
  const entry = fc.tuple(fc.bigInt(-5n, 5n), fc.bigInt(0n, 2n));
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 12 }), fc.array(entry, { maxLength: 12 }), (source, target) => {
      expect(sorted(differingEntries(packed(source), packed(target)))).toEqual(sorted(plainly(source, target)));
    }),
  );
});

test('a few changes, a missing and an extra entry in lists in the same order', () => {
  const source: Entry[] = Array.from({ length: 1000 }, (_, n) => [BigInt(n) - 500n, BigInt(n) * 7n]);
  const target = source
    .filter(([id]) => id !== 17n)
    .map(([id, hash]): Entry => [id, id === -3n || id === 400n ? hash + 1n : hash]);
  target.splice(100, 0, [-(2n ** 63n), 1n]);
  expect(sorted(differingEntries(packed(source), packed(target)))).toEqual([
    { id: -(2n ** 63n), missing: 0, extra: 1, changed: 0 },
    { id: -3n, missing: 0, extra: 0, changed: 1 },
    { id: 17n, missing: 1, extra: 0, changed: 0 },
    { id: 400n, missing: 0, extra: 0, changed: 1 },
  ]);
});

test('bytes that lie unaligned in a larger buffer are read all the same', () => {
  const whole = Buffer.concat([Buffer.from([9, 9, 9]), packed([[1n, 2n]])]);
  expect(differingEntries(whole.subarray(3), packed([[1n, 2n]]))).toEqual([]);
  expect(differingEntries(whole.subarray(3), packed([[1n, 3n]]))).toHaveLength(1);
});
