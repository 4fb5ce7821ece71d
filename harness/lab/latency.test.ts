import { expect, test } from 'vitest';
import type { Operation } from '#model/operation.ts';
import { markCommits } from './latency.ts';

const operation = (seq: number): Operation => ({
  ...{ seq, txn: `t${seq}`, table: 'public.orders', key: `["${seq}"]`, kind: 'insert', outcome: 'ok' },
  at: seq * 100,
});

/** A ledger, and a log that has what was `captured`. */
function world() {
  const operations: Operation[] = [];
  const captured = new Set<string>();
  const log = {
    history: (_: string, key: string) => {
      const found = operations.find((one) => one.key === key && captured.has(one.txn));
      if (found === undefined) return undefined;
      return { change: { txn: found.txn }, last: { topic: 'lab.orders', partition: 0, offset: BigInt(found.seq) } };
    },
  };
  const ledger = { operations, last: (_: string, key: string) => operations.findLast((one) => one.key === key) };
  const next = markCommits(log as unknown as Parameters<typeof markCommits>[0], ledger);
  return { operations, captured, next };
}

test('a commit is followed from when the log has it', () => {
  const { operations, captured, next } = world();
  operations.push(operation(1));
  expect([next(), next()]).toEqual([undefined, undefined]);
  captured.add('t1');
  expect(next()).toEqual({ committedAt: 100, partition: 'lab.orders/0', offset: 1n });
});

test('while writers stand still the last commit is followed once: it does not become later by itself', () => {
  const { operations, captured, next } = world();
  operations.push(operation(1));
  captured.add('t1');
  expect([next(), next(), next(), next()].filter((marker) => marker !== undefined)).toHaveLength(1);
  operations.push(operation(2));
  captured.add('t2');
  expect([next(), next()].map((marker) => marker?.committedAt)).toEqual([undefined, 200]);
});

test('a commit whose row is written again before the log has it is let go for the newest', () => {
  const { operations, captured, next } = world();
  operations.push(operation(1));
  next();
  operations.push({ ...operation(2), key: '["1"]' }, operation(3));
  captured.add('t3');
  expect([next(), next()].map((marker) => marker?.committedAt)).toEqual([undefined, 300]);
});
