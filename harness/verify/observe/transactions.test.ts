import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChangeEvent } from '#model/change-event.ts';
import { createTransactions } from './transactions.ts';

interface Change {
  readonly txn: string;
  readonly lsn: bigint;
  readonly id: string;
  readonly partition: number;
}

function eventOf({ txn, lsn, id, partition }: Change, offset: bigint, op: ChangeEvent['op'] = 'update'): ChangeEvent {
  return {
    ...{ topic: 't', partition, offset, timestampMs: 0, table: 'public.t', op, key: { id }, columns: [] },
    ...{ lsn, txn, snapshot: false, bytes: 1 },
  };
}

/** A log of two partitions, with the verifier's view of its transactions. */
function logOf() {
  const transactions = createTransactions();
  const ends = [0n, 0n];
  return {
    transactions,
    ends,
    send(change: Change, op?: ChangeEvent['op']): bigint {
      const offset = ends[change.partition] ?? 0n;
      ends[change.partition] = offset + 1n;
      const event = eventOf(change, offset, op);
      transactions.add(event, JSON.stringify([change.id]), { ...event });
      return offset;
    },
  };
}

const at = (first: bigint, second: bigint) =>
  new Map([
    ['t/0', first],
    ['t/1', second],
  ]);

test('a transaction is applied in part between its first change and its last, and not while it is delivered again', () => {
  const log = logOf();
  const changes = [0, 1, 0].map((partition, index) => ({ txn: '7', lsn: BigInt(index), id: `${index}`, partition }));
  for (const change of changes) log.send(change);
  expect([at(0n, 0n), at(1n, 0n), at(2n, 0n), at(1n, 1n), at(2n, 1n)].map(log.transactions.inPart)).toEqual([
    ...[0, 1, 1, 1, 0],
  ]);
  for (const change of changes) log.send(change);
  expect([at(2n, 1n), at(3n, 1n)].map(log.transactions.inPart)).toEqual([0, 0]);
  expect(log.transactions.rows('7').map(({ key, event }) => [key, event.offset])).toEqual([
    ['["0"]', 0n],
    ['["1"]', 0n],
    ['["2"]', 1n],
  ]);
});

test('snapshot reads belong to no transaction', () => {
  const log = logOf();
  for (const partition of [0, 1]) log.send({ txn: '7', lsn: 1n, id: String(partition), partition }, 'read');
  expect(log.transactions.rows('7')).toEqual([]);
  expect(log.transactions.inPart(at(1n, 0n))).toBe(0);
});

test('whatever is sent, sent again and applied, as many are in part as have changes on both sides of the position', () => {
  const change = fc.record({ txn: fc.constantFrom('a', 'b', 'c'), partition: fc.nat(1), again: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), fc.nat(20), fc.nat(20), (steps, first, second) => {
      const log = logOf();
      const sent: (Change & { readonly offset: bigint })[] = [];
      for (const [index, { txn, partition, again }] of steps.entries()) {
        const before = again ? sent.at(-1) : undefined;
        const next = before ?? { txn, partition, lsn: BigInt(index), id: String(index) };
        const offset = log.send(next);
        if (before === undefined) sent.push({ ...next, offset });
      }
      const applied = at(BigInt(first), BigInt(second));
      const inPart = ['a', 'b', 'c'].filter((txn) => {
        const of = sent.filter((one) => one.txn === txn);
        const done = of.filter(({ partition, offset }) => offset < (applied.get(`t/${partition}`) ?? 0n));
        return done.length > 0 && done.length < of.length;
      });
      expect(log.transactions.inPart(applied)).toBe(inPart.length);
    }),
  );
});
