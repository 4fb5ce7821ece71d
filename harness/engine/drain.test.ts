import { expect, test, vi } from 'vitest';
import type { Operation } from '#model/operation.ts';
import type { Pipeline } from '#model/pipeline.ts';
import { OperatorError } from '#std/errors.ts';
import type { Ledger } from '#workloads/ledger.ts';
import { drain, heldFrom, reached, topicsLeft, uncaptured } from './drain.ts';
import type { Waits } from './watch.ts';

test('a consumer is through once it has reached the end of every partition, an empty one included', () => {
  const ends = new Map([
    ['t/0', 5n],
    ['t/1', 0n],
  ]);
  expect(reached(new Map([['t/0', 5n]]), ends)).toBe(true);
  expect(reached(new Map([['t/0', 6n]]), ends)).toBe(true);
  expect(reached(new Map([['t/0', 4n]]), ends)).toBe(false);
  expect(reached(new Map([['t/1', 9n]]), ends)).toBe(false);
});

test('a consumer that the log has passed is through where nothing is left to read', () => {
  const applied = new Map([['t/0', 3n]]);
  const starts = new Map([
    ['t/0', 5n],
    ['t/1', 2n],
  ]);
  const through = (...ends: bigint[]) =>
    reached(heldFrom(applied, starts), new Map(ends.map((end, index) => [`t/${index}`, end])));
  expect(through(5n, 2n)).toBe(true);
  expect(through(6n, 2n)).toBe(false);
  expect(through(5n, 3n)).toBe(false);
});

test('only changes of tables that are captured and compared are awaited in the log', () => {
  const operations = ['public.orders', 'public.sessions'].map(
    (table, seq): Operation => ({ seq, table, key: '["1"]', txn: '7', kind: 'update', outcome: 'ok', at: 0 }),
  );
  const log = { holds: () => false };
  const awaited = (...tables: string[]) => uncaptured({ operations }, log, new Set(tables)).map(({ table }) => table);
  expect(awaited('public.orders')).toEqual(['public.orders']);
  expect(awaited()).toEqual([]);
});

test('each operation on a table without a key is awaited, not the last alone', () => {
  const operations = ['7', '8', '9'].map(
    (txn, seq): Operation => ({ seq, table: 'public.log', key: '[]', txn, kind: 'insert', outcome: 'ok', at: 0 }),
  );
  const log = { holds: (_table: string, _key: string, txn: string) => txn === '9' };
  expect(uncaptured({ operations }, log, new Set(['public.log'])).map(({ txn }) => txn)).toEqual(['8', '7']);
});

test('where records are left is told by topic, a few of them', () => {
  const ends = new Map(['a/0', 'a/1', 'b.x/0', 'c/0', 'd/0', 'e/0'].map((partition) => [partition, 5n]));
  expect(topicsLeft(new Map([...ends, ['a/1', 4n]]), ends)).toBe('a');
  expect(topicsLeft(new Map(), ends)).toBe('a, b.x, c and 2 more');
});

test('a program that runs on and gets nowhere is stuck with what it has put out last', async () => {
  const ends = new Map([['p.public.orders/0', 5n]]);
  const variant = (name: string, more: object) => ({
    ...{ name, spec: {}, applied: async () => new Map(), status: async () => ({ state: 'running' }) },
    ...more,
  });
  const words = 'cannot reach the warehouse / retrying';
  const variants = [variant('mine', { lastWords: () => words }), variant('silent', { lastWords: () => undefined })];
  const pipeline = {
    ...{ tables: async () => [], variants: new Map(variants.map((one) => [one.name, one])) },
    log: {
      ...{ endOffsets: async () => ends, startOffsets: async () => new Map(), position: () => ends },
      lag: () => ({ records: 5, ms: 1000 }),
    },
  } as unknown as Pipeline;
  // Each wait looks once, and its limit is then over.
  const until = async (what: string, condition: () => unknown): Promise<void> => {
    if (!(await condition())) throw new OperatorError({ code: 'timed-out', message: what });
  };
  const waits = { until, hold: async () => {} } as unknown as Waits;
  const ledger = { operations: [] } as unknown as Ledger;
  const { stuck } = await drain({ pipeline, ledger, waits, limitMs: 1 });
  const left = 'running, with unapplied records in p.public.orders';
  expect(stuck.get('mine')?.reason).toBe(`${left}; its last output: ${words}`);
  expect(stuck.get('silent')?.reason).toBe(left);
});

test('tombstones alone hold up nobody who runs, after a moment; whoever failed at one is stuck', async () => {
  const ends = new Map([['p.public.orders/0', 5n]]);
  const variant = (name: string, state: string) => ({
    ...{ name, spec: {}, applied: async () => new Map([['p.public.orders/0', 4n]]), status: async () => ({ state }) },
  });
  const variants = [variant('drops-them', 'running'), variant('stops-at-one', 'failed')];
  const pipeline = {
    ...{ tables: async () => [], variants: new Map(variants.map((one) => [one.name, one])) },
    log: {
      ...{ endOffsets: async () => ends, startOffsets: async () => new Map(), position: () => ends },
      lag: () => ({ records: 0, ms: 0 }),
    },
  } as unknown as Pipeline;
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  const doneAfter: number[] = [];
  const until = async (_what: string, condition: () => unknown): Promise<void> => {
    for (; now <= 3000; now += 500) if (await condition()) break;
    doneAfter.push(now);
  };
  const waits = { until, hold: async () => {} } as unknown as Waits;
  const { stuck } = await drain({ pipeline, ledger: { operations: [] } as unknown as Ledger, waits, limitMs: 1 });
  clock.mockRestore();
  expect([...stuck.keys()]).toEqual(['stops-at-one']);
  expect(doneAfter.at(-1)).toBe(2000);
});
