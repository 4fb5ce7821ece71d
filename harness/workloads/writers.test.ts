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

class Refusal extends Error {}

const session: WriterSession = {
  begin: async () => '1',
  run: async () => ({ found: 1, changed: 1 }),
  commit: async () => ({ transaction: undefined }),
  rollback: async () => {},
  isRefusal: (error): error is Error => error instanceof Refusal,
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

test('what the server refuses is counted by its words; what a client makes of a broken connection is not', async () => {
  await using ledger = openLedger(join(folder, 'refusals'), 'test');
  const refusing = [
    new Refusal('cannot update table "t"'),
    new Refusal('cannot update table "t"'),
    new Error('the connection is gone'),
    new Refusal('no such role'),
  ];
  const refusal = { ...session, run: async () => Promise.reject(refusing.shift()) };
  const write = { table: 'public.t', key: '["1"]', kind: 'update' } as const;
  const generator = {
    next: () => ({ statements: [{ sql: 'UPDATE t', params: [], writes: [write] }], reads: [] }),
    backfill: () => [],
    tell() {},
  };
  await using writers = openWriters({ sessions: [refusal], generator, ledger, rate: 1000 });
  writers.stand({ transactions: 4 });
  writers.resume();
  await until(() => writers.stands, { what: 'the writers to have tried', limitMs: 20_000 });
  expect([...writers.refusals]).toEqual([
    ['cannot update table "t"', 2],
    ['no such role', 1],
  ]);
});

test('an operation has the id that its transaction got, at its beginning or only when it had committed', async () => {
  await using ledger = openLedger(join(folder, 'ids'), 'test');
  const broken = new Error('the connection is gone');
  const commits = [
    async () => ({ transaction: undefined }),
    async () => ({ transaction: '0-1-17' }),
    () => Promise.reject(broken),
    () => Promise.reject(broken),
  ];
  const begins = ['742', undefined, '743', undefined];
  const late: WriterSession = {
    ...session,
    begin: async () => begins.shift(),
    commit: () => (commits.shift() ?? session.commit)(),
  };
  const write = { table: 'public.t', key: '["1"]', kind: 'update' } as const;
  const generator = {
    next: () => ({ statements: [{ sql: 'UPDATE t', params: [], writes: [write] }], reads: [] }),
    backfill: () => [],
    tell() {},
  };
  await using writers = openWriters({ sessions: [late], generator, ledger, rate: 1000 });
  writers.stand({ transactions: 4 });
  writers.resume();
  await until(() => writers.stands, { what: 'the writers to have tried', limitMs: 20_000 });
  expect(ledger.operations.map(({ txn, outcome }) => `${outcome} ${txn}`)).toEqual([
    'ok 742',
    'ok 0-1-17',
    'indeterminate 743',
    'indeterminate ',
  ]);
});

test('a transaction that is named later keeps no session waiting, and a row has its operations in their order', async () => {
  await using ledger = openLedger(join(folder, 'named'), 'test');
  const names = [Promise.withResolvers<string>(), Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const waiting = names.map(({ promise }) => promise);
  const late: WriterSession = {
    ...session,
    begin: async () => undefined,
    commit: async () => ({ transaction: undefined, named: waiting.shift() ?? Promise.resolve('last') }),
  };
  const keys = ['["1"]', '["2"]', '["3"]', '["1"]'];
  const generator = {
    next: () => ({
      statements: [
        {
          sql: 'U',
          params: [],
          writes: [{ table: 'public.t', key: keys.shift() ?? '["4"]', kind: 'update' as const }],
        },
      ],
      reads: [],
    }),
    backfill: () => [],
    tell() {},
  };
  await using writers = openWriters({ sessions: [late], generator, ledger, rate: 1000 });
  writers.stand({ transactions: 4 });
  writers.resume();
  await until(() => writers.committed === 3, { what: 'three to have committed', limitMs: 20_000 });
  expect(ledger.operations).toEqual([]);
  names[1]?.resolve('b');
  names[2]?.reject(new Error('the capture does not run'));
  names[0]?.resolve('a');
  await until(() => writers.stands, { what: 'the writers to have ended', limitMs: 20_000 });
  const told = ledger.operations.map(({ key, txn, outcome }) => `${key} ${outcome} ${txn}`);
  expect(told.toSorted()).toEqual(['["1"] ok a', '["1"] ok last', '["2"] ok b', '["3"] ok ']);
  expect(told.indexOf('["1"] ok a')).toBeLessThan(told.indexOf('["1"] ok last'));
  expect(writers.failure).toBe('the capture does not run');
});

test('of a row that had the new values already the ledger says nothing; of several it is open which were written', async () => {
  await using ledger = openLedger(join(folder, 'unchanged'), 'test');
  const ran = [
    { found: 1, changed: 0 },
    { found: 2, changed: 1 },
    { found: 2, changed: 2 },
    { found: 2, changed: -1 },
  ];
  const idle = { ...session, run: async () => ran.shift() ?? { found: 1, changed: 1 } };
  const write = (id: number) => ({ table: 'public.t', key: `["${id}"]`, kind: 'update' }) as const;
  const statement = (...ids: number[]) => ({ sql: 'UPDATE t', params: [], writes: ids.map(write) });
  const transaction = { statements: [statement(1), statement(2, 3), statement(4, 5), statement(6, 7)], reads: [] };
  const generator = { next: () => transaction, backfill: () => [], tell() {} };
  await using writers = openWriters({ sessions: [idle], generator, ledger, rate: 1000 });
  writers.stand({ transactions: 1 });
  writers.resume();
  await until(() => writers.stands, { what: 'the writers to have tried', limitMs: 20_000 });
  expect(ledger.operations.map(({ number, key, outcome }) => `${number} ${key} ${outcome}`)).toEqual([
    '2 ["2"] indeterminate',
    '3 ["3"] indeterminate',
    '4 ["4"] ok',
    '5 ["5"] ok',
    '6 ["6"] ok',
    '7 ["7"] ok',
  ]);
});
