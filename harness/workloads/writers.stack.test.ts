import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase } from '#engines/postgres/admin.ts';
import { postgres } from '#engines/postgres/engine.ts';
import { openWriterSession } from '#engines/postgres/session.ts';
import type { Database } from '#model/pipeline.ts';
import { until } from '#std/wait.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { openLedger } from './ledger.ts';
import { shop } from './shop/shop.ts';
import { openWriters } from './writers.ts';

let server: Awaited<ReturnType<typeof startTestPostgres>>;
let folder: string;
beforeAll(async () => {
  server = await startTestPostgres();
  folder = mkdtempSync(join(tmpdir(), 'driftlab-writers-'));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** Everything but the times of writing, which no seed decides. */
const CONTENT = `SELECT md5(string_agg(line, '|' ORDER BY line)) AS sum FROM (
  SELECT row(id, name, email, active, credit, profile, notes)::text AS line FROM customers
  UNION ALL SELECT row(id, customer_id, status, total, gift)::text FROM orders
  UNION ALL SELECT row(i.*)::text FROM line_items i) AS lines`;

async function write(name: string, transactions: number) {
  const database: Database = await createDatabase(server.server, name);
  try {
    await shop.install(database, 5, postgres.source);
    await using ledger = openLedger(join(folder, name), 'test');
    // As many as asked for, then nothing: the open loop would write some more or fewer from run to run.
    const endless = shop.generator(5, postgres.dialect.defaultSchema);
    let made = 0;
    const generator = {
      ...endless,
      next: () => (made++ < transactions ? endless.next() : { statements: [], reads: [] }),
    };
    await using writers = openWriters({
      sessions: Array.from({ length: 4 }, () => openWriterSession(database)),
      generator,
      ledger,
      rate: 2000,
    });
    writers.resume();
    await until(() => made > transactions, { what: 'the transactions to be made', limitMs: 30_000 });
    await writers.pause();
    const [row] = await database.query<{ sum: string }>(CONTENT);
    return { sum: row?.sum, operations: [...ledger.operations], failure: writers.failure };
  } finally {
    await database.close();
  }
}

test('one seed leads to one final state, however its transactions interleave, and no operation fails by accident', async () => {
  const first = await write('first', 2000);
  const second = await write('second', 2000);
  expect(first.failure).toBeUndefined();
  expect(second.sum).toBe(first.sum);
  const bare = ({ operations }: typeof first) =>
    operations
      .toSorted((left, right) => (left.number ?? 0) - (right.number ?? 0))
      .map(({ number, table, key, kind, outcome }) => `${number} ${table} ${key} ${kind} ${outcome}`);
  expect(first.operations.map(({ number }) => number).toSorted((left = 0, right = 0) => left - right)).toEqual(
    Array.from({ length: first.operations.length }, (_, index) => index + 1),
  );
  expect(bare(second)).toEqual(bare(first));
});

test('an operation carries the transaction id; one rolled back on purpose is failed', async () => {
  const { operations } = await write('transactions', 500);
  const ok = operations.filter((operation) => operation.outcome === 'ok');
  expect(ok.length).toBeGreaterThan(400);
  for (const { txn } of ok) expect(txn).toMatch(/^\d+$/);
  const failed = operations.filter((operation) => operation.outcome === 'failed');
  expect(failed.length).toBeGreaterThan(0);
});

test('writers stand where they are told to, with all they have made ended, and go on when they are told to', async () => {
  const database = await createDatabase(server.server, 'standing');
  try {
    await shop.install(database, 5, postgres.source);
    await using ledger = openLedger(join(folder, 'standing'), 'test');
    await using writers = openWriters({
      sessions: Array.from({ length: 4 }, () => openWriterSession(database)),
      ...{ generator: shop.generator(5, postgres.dialect.defaultSchema), ledger, rate: 2000 },
    });
    const standing = () => until(() => writers.stands, { what: 'the writers to stand', limitMs: 30_000 });
    writers.stand({ operation: 300 });
    writers.stand({ operation: 900 });
    writers.resume();
    await standing();
    const first = writers.made;
    const numbers = () => ledger.operations.map(({ number }) => number);
    expect(Math.max(...numbers().map(Number))).toBe(first);
    expect(numbers()).toContain(300);
    // No transaction has more operations than this, and that of operation 300 is the last.
    expect(first - 300).toBeLessThan(5);
    writers.resume();
    await standing();
    expect(numbers()).toContain(900);
    expect(writers.made - 900).toBeLessThan(5);
    writers.stand({ transactions: 10 });
    const committed = () => new Set(ledger.operations.map(({ txn }) => txn)).size;
    const before = committed();
    writers.resume();
    await standing();
    expect(committed() - before).toBe(10);
  } finally {
    await database.close();
  }
});
