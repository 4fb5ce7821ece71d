import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase } from '#engines/postgres/admin.ts';
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
    await shop.install(database, 5);
    await using ledger = openLedger(join(folder, name), 'test');
    // As many as asked for, then nothing: the open loop would write some more or fewer from run to run.
    const endless = shop.generator(5);
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
    operations.map(({ table, key, kind, outcome }) => `${table} ${key} ${kind} ${outcome}`).sort();
  expect(bare(second)).toEqual(bare(first));
});

test('an operation carries the transaction id and a position of the log; one rolled back on purpose is failed', async () => {
  const { operations } = await write('positions', 500);
  const ok = operations.filter((operation) => operation.outcome === 'ok');
  expect(ok.length).toBeGreaterThan(400);
  for (const { txn, position } of ok) {
    expect(txn).toMatch(/^\d+$/);
    expect(position).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
  }
  const failed = operations.filter((operation) => operation.outcome === 'failed');
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.every((operation) => operation.position === undefined)).toBe(true);
});
