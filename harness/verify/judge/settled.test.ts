import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KeyLog, unsettled } from './settled.ts';

const last = { topic: 't', partition: 0, offset: 7n, op: 'update', lsn: 50n, txn: '9' };
const change = { lsn: 50n, txn: '9', changes: 1 };
const word = { txn: '9', kind: 'update', outcome: 'ok', changes: 1, at: 0 } as const;
const moment = (log: KeyLog, applied: ReadonlyMap<string, bigint>) =>
  unsettled({ changing: false, word, log, applied, atSource: true, logComplete: true });

test('a position in one partition says nothing of another', () => {
  const log = {
    last,
    change,
    offsets: new Map([
      ['t/0', 7n],
      ['t/1', 3n],
    ]),
  };
  expect(moment(log, new Map([['t/0', 1_000_000n]]))).toBe('not-applied');
  expect(
    moment(
      log,
      new Map([
        ['t/0', 8n],
        ['t/1', 3n],
      ]),
    ),
  ).toBe('not-applied');
  expect(moment(log, new Map([['t/1', 1_000_000n]]))).toBe('not-applied');
  expect(
    moment(
      log,
      new Map([
        ['t/0', 8n],
        ['t/1', 4n],
      ]),
    ),
  ).toBeUndefined();
});

test('a key is settled exactly where the consumer is past its records in every partition that has some', () => {
  const partition = fc.integer({ min: 0, max: 3 }).map((number) => `t/${number}`);
  const offsets = fc.uniqueArray(fc.tuple(partition, fc.bigInt({ min: 0n, max: 20n })), {
    selector: ([name]) => name,
    minLength: 1,
  });
  const positions = fc.uniqueArray(fc.tuple(partition, fc.bigInt({ min: 0n, max: 25n })), {
    selector: ([name]) => name,
  });
  fc.assert(
    fc.property(offsets, positions, (of, at) => {
      const applied = new Map(at);
      const past = of.every(([name, offset]) => offset < (applied.get(name) ?? 0n));
      expect(moment({ last, change, offsets: new Map(of) }, applied) === undefined).toBe(past);
    }),
  );
});

test('a row that neither log nor ledger knows is silent; one that the ledger knows is not captured', () => {
  const none = { changing: false, applied: new Map(), logComplete: true };
  expect(unsettled({ ...none, atSource: true })).toBe('silent');
  expect(unsettled({ ...none, atSource: true, word })).toBe('not-captured');
  expect(unsettled({ ...none, atSource: false })).toBeUndefined();
  expect(unsettled({ ...none, atSource: false, logComplete: false })).toBe('unknown');
});
