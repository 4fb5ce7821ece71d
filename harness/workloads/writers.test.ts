import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WriterSession } from '#model/workload.ts';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { openLedger } from './ledger.ts';
import { openWriters } from './writers.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-writers-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const session: WriterSession = {
  begin: async () => '1',
  run: async () => 1,
  commit: async () => '0/1',
  rollback: async () => {},
  close: async () => {},
};

test.each([
  [
    new OperatorError({ code: 'nothing-to-write', message: 'nothing more', exit: 3 }),
    'nothing-to-write',
    'nothing more',
  ],
  [new Error('a defect'), 'writers-ended', 'the writers cannot go on: a defect'],
])(
  'a generator that ends with %s ends the writers, and whoever waits for them is told',
  async (thrown, code, message) => {
    await using ledger = openLedger(join(folder, code), 'test');
    let made = 0;
    const write = { table: 'public.t', key: '["1"]', kind: 'update' } as const;
    const generator = {
      next() {
        if (made++ === 3) throw thrown;
        return { statements: [{ sql: 'UPDATE t', params: [], writes: [write] }], reads: [] };
      },
      backfill: () => [],
      tell() {},
    };
    await using writers = openWriters({ sessions: [session], generator, ledger, rate: 1000 });
    writers.resume();
    const wait = until(() => writers.committed > 3 || writers.stands, { what: 'the writers to get on', limitMs: 5000 });
    await expect(wait).rejects.toMatchObject({ code, exit: 3, message });
    expect(writers.failure).toBe(message);
    await writers.pause();
    expect(ledger.operations).toHaveLength(3);
  },
);
