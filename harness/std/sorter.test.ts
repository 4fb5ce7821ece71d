import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSorter, type Store } from './sorter.ts';

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

async function sorted(rows: readonly string[], options: Partial<Parameters<typeof openSorter<string>>[0]>) {
  await using sorter = openSorter<string>({ compare, ...options });
  await sorter.add(rows);
  const found: string[] = [];
  for await (const batch of sorter.batches(3)) {
    expect(batch.length).toBeLessThanOrEqual(3);
    found.push(...batch);
  }
  return found;
}

test('rows come in order, whatever part of them is in memory', async () => {
  const rows = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { maxLength: 60 });
  const bound = fc.integer({ min: 1, max: 70 });
  await fc.assert(
    fc.asyncProperty(rows, bound, bound, bound, async (all, rowsMax, bytesMax, blockBytes) => {
      expect(await sorted(all, { rowsMax, bytesMax, blockBytes })).toEqual([...all].sort(compare));
    }),
    { numRuns: 60 },
  );
});

const digits = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => String((n * 7919) % count).padStart(6, '0'));

test('no more rows are in memory than are sorted at once, and a block of each sorted part', async () => {
  const rows = digits(2000);
  let held = 0;
  let most = 0;
  const count = (rowsMore: number): void => {
    held += rowsMore;
    most = Math.max(most, held);
  };
  const kept: number[] = [];
  const store = async (): Promise<Store> => ({
    async append(bytes) {
      kept.push(...bytes);
      count(-bytes.filter((byte) => byte === 10).length);
    },
    async read(position, length) {
      const bytes = Uint8Array.from(kept.slice(position, position + length));
      count(bytes.filter((byte) => byte === 10).length);
      return bytes;
    },
    close: async () => {},
  });
  await using sorter = openSorter<string>({ compare, rowsMax: 100, blockBytes: 18, openStore: store });
  for (const row of rows) {
    count(1);
    await sorter.add([row]);
  }
  const found: string[] = [];
  for await (const batch of sorter.batches(10)) {
    found.push(...batch);
    count(-batch.length);
  }
  expect(found).toEqual([...rows].sort(compare));
  // 20 parts, of which two rows of 9 bytes are a block, and a batch.
  expect(most).toBeLessThanOrEqual(100);
});

test('what fits into memory makes no file, and a file leaves nothing', async () => {
  const left = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('driftlab-sort-'));
  const before = left();
  let opened = 0;
  const openStore = async (): Promise<Store> => {
    opened += 1;
    throw new Error('no room');
  };
  expect(await sorted(digits(99), { rowsMax: 100, openStore })).toHaveLength(99);
  expect(opened).toBe(0);
  await expect(sorted(digits(100), { rowsMax: 100, openStore })).rejects.toThrow('no room');
  await using sorter = openSorter<string>({ compare, rowsMax: 10 });
  await sorter.add(digits(100));
  for await (const batch of sorter.batches(10)) {
    expect(batch[0]).toBe('000000');
    expect(left()).toEqual(before);
    break;
  }
});
