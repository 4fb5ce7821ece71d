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

const SETTLED = { changing: false, word, applied: new Map([['t/0', 8n]]), atSource: true, logComplete: true };
const known = (log: Partial<KeyLog>) => ({ last, change, offsets: [['t/0', 7n]] as const, ...log });

test('a key that changes while it is looked at is not settled, whatever the log has', () => {
  expect(unsettled({ ...SETTLED, log: known({}) })).toBeUndefined();
  expect(unsettled({ ...SETTLED, log: known({}), changing: true })).toBe('changing');
});

test('the log must have every change of the last transaction to the row', () => {
  expect(unsettled({ ...SETTLED, log: known({ change: { ...change, txn: '8' } }) })).toBe('not-captured');
  expect(unsettled({ ...SETTLED, log: known({}), word: { ...word, changes: 2 } })).toBe('not-captured');
  expect(unsettled({ ...SETTLED, log: known({ change: { ...change, changes: 2 } }) })).toBeUndefined();
  // Nothing but a snapshot's read.
  const { change: _, ...read } = known({});
  expect(unsettled({ ...SETTLED, log: read })).toBe('not-captured');
});

test('of a row that no writer touched the log need have no change of a transaction that is known', () => {
  const { word: _, ...silent } = SETTLED;
  expect(unsettled({ ...silent, log: known({ change: { lsn: 50n, changes: 1 } }) })).toBeUndefined();
});

test('a record that repeats an older change will be followed by the newer one', () => {
  expect(unsettled({ ...SETTLED, log: known({ last: { ...last, lsn: 49n } }) })).toBe('being-replayed');
  expect(unsettled({ ...SETTLED, log: known({ last: { ...last, lsn: 50n } }) })).toBeUndefined();
  const { lsn: _, ...unknown } = last;
  expect(unsettled({ ...SETTLED, log: known({ last: unknown }) })).toBeUndefined();
  // A snapshot's read repeats nothing.
  expect(unsettled({ ...SETTLED, log: known({ last: { ...last, op: 'read', lsn: 49n } }) })).toBeUndefined();
  const { change: __, ...unchanged } = known({ last: { ...last, lsn: 49n } });
  const { word: ___, ...silent } = SETTLED;
  expect(unsettled({ ...silent, log: unchanged })).toBeUndefined();
});
