import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Operation } from '#model/operation.ts';
import { openLedger } from './ledger.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-ledger-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const row = { table: 'public.t', key: '["1"]' };
const other = { table: 'public.t', key: '["2"]' };
const operation = (change: Partial<Operation> = {}): Omit<Operation, 'seq'> => ({
  ...row,
  txn: '100',
  kind: 'update',
  outcome: 'ok',
  at: 1,
  ...change,
});

test('every operation goes to the file with its mode, in order, numbered on where a ledger goes on', async () => {
  const file = join(folder, 'ledger.jsonl');
  const ledger = openLedger(file, 'lag');
  ledger.begin([row]);
  ledger.end([row], [operation(), operation({ outcome: 'failed' })]);
  await ledger[Symbol.asyncDispose]();
  const later = openLedger(file, 'lag', ledger.seq);
  later.begin([row]);
  later.end([row], [operation()]);
  await later[Symbol.asyncDispose]();
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toEqual([
    { mode: 'lag', seq: 1, ...operation() },
    { mode: 'lag', seq: 2, ...operation({ outcome: 'failed' }) },
    { mode: 'lag', seq: 3, ...operation() },
  ]);
});

test('a failed operation is not the last word on a row, an indeterminate one is', async () => {
  await using ledger = openLedger(join(folder, 'l'), 'm');
  ledger.end([], [operation({ txn: '1' }), operation({ txn: '2', outcome: 'failed' })]);
  expect(ledger.last(row.table, row.key)?.txn).toBe('1');
  ledger.end([], [operation({ txn: '3', outcome: 'indeterminate' })]);
  expect(ledger.last(row.table, row.key)?.txn).toBe('3');
});

test('a row is touched since a mark when an operation on it began, ended, or was under way at the mark', async () => {
  await using ledger = openLedger(join(folder, 'l'), 'm');
  const before = ledger.mark();
  expect(ledger.touchedSince(before, row.table, row.key)).toBe(false);
  ledger.begin([row]);
  const during = ledger.mark();
  expect(ledger.touchedSince(before, row.table, row.key)).toBe(true);
  expect(ledger.touchedSince(during, row.table, row.key)).toBe(true);
  expect(ledger.touchedSince(during, other.table, other.key)).toBe(false);
  ledger.end([row], [operation()]);
  expect(ledger.touchedSince(during, row.table, row.key)).toBe(true);
  const after = ledger.mark();
  expect(ledger.touchedSince(after, row.table, row.key)).toBe(false);
  expect([...ledger.rowsTouchedSince(during)]).toEqual([row]);
});
