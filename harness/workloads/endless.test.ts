import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Operation } from '#model/operation.ts';
import { ledgerWords } from '#verify/observe/ledger-view.ts';
import { openLedger } from './ledger.ts';
import { shop } from './shop/shop.ts';

const row = (id: number) => ({ table: 'public.t', key: JSON.stringify([String(id)]) });
const operation = (id: number, txn: string): Omit<Operation, 'seq'> => ({
  ...row(id),
  ...{ txn, kind: 'update', outcome: 'ok', at: 1 },
});

test('a shop that never closes stays of one size', () => {
  const generator = shop.generator(3, 'public');
  const rows = new Map<string, number>([
    ['public.customers', 0],
    ['public.orders', 0],
    ['public.line_items', 0],
  ]);
  const sizes: number[] = [];
  for (let made = 1; made <= 120_000; made++) {
    for (const { table, kind } of generator.next().statements.flatMap(({ writes }) => writes)) {
      const change = kind === 'insert' ? 1 : kind === 'delete' ? -1 : 0;
      rows.set(table, (rows.get(table) ?? 0) + change);
    }
    if (made % 30_000 === 0) sizes.push([...rows.values()].reduce((sum, count) => sum + count, 0));
  }
  const [, , third = 0, last = 0] = sizes;
  expect(last / third).toBeGreaterThan(0.9);
  expect(last / third).toBeLessThan(1.1);
});

test('a ledger that drops its oldest operations goes on counting, and whoever has read it reads on where they were', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-endless-'));
  try {
    const file = join(folder, 'ledger.jsonl');
    await using ledger = openLedger(file, 'lab');
    const words = ledgerWords(ledger);
    for (let id = 1; id <= 5; id++) ledger.end([], [operation(id, `a${id}`)]);
    expect(words.word(row(1).table, row(1).key)?.txn).toBe('a1');
    expect(ledger.drop(2).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    ledger.end([], [operation(1, 'b1')]);
    expect(ledger.operations.map(({ seq }) => seq)).toEqual([4, 5, 6]);
    expect(words.word(row(1).table, row(1).key)?.txn).toBe('b1');
    expect(words.word(row(2).table, row(2).key)?.txn).toBe('a2');
    await ledger[Symbol.asyncDispose]();
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(6);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a row is forgotten only while no transaction is under way on it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-endless-'));
  try {
    await using ledger = openLedger(join(folder, 'l'), 'lab');
    const { table, key } = row(1);
    ledger.end([], [operation(1, 'a')]);
    ledger.begin([row(1)]);
    ledger.forget(row(1));
    expect(ledger.last(table, key)?.txn).toBe('a');
    ledger.end([row(1)], []);
    ledger.forget(row(1));
    expect(ledger.last(table, key)).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
