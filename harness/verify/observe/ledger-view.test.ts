import { expect, test } from 'vitest';
import { type Operation, UNKNOWN_TXN } from '#model/operation.ts';
import { ledgerWords } from './ledger-view.ts';

function words(operations: readonly Pick<Operation, 'txn' | 'kind' | 'outcome'>[]) {
  return ledgerWords({
    operations: operations.map((one, index) => ({
      ...one,
      seq: index + 1,
      table: 'public.t',
      key: '["1"]',
      at: index,
    })),
    mark: () => 0,
    touchedSince: () => false,
    rowsTouchedSince: () => [],
  }).word('public.t', '["1"]');
}

test('the last operation of a row counts, with how often its transaction changed the row, and failed ones do not', () => {
  const word = words([
    { txn: '7', kind: 'insert', outcome: 'ok' },
    { txn: '8', kind: 'update', outcome: 'ok' },
    { txn: '8', kind: 'update', outcome: 'ok' },
    { txn: '9', kind: 'delete', outcome: 'failed' },
  ]);
  expect(word).toEqual({ txn: '8', kind: 'update', outcome: 'ok', at: 2, changes: 2 });
});

test('after an operation of a transaction that nobody knows, the ledger says nothing of the row, until the next', () => {
  const unknown = { txn: UNKNOWN_TXN, kind: 'update', outcome: 'indeterminate' } as const;
  expect(words([{ txn: '7', kind: 'insert', outcome: 'ok' }, unknown])).toBeUndefined();
  expect(words([unknown, unknown, { txn: '8', kind: 'update', outcome: 'ok' }])).toMatchObject({
    txn: '8',
    changes: 1,
  });
});
