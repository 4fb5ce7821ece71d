import { expect, test } from 'vitest';
import { staged } from './events.fixture.ts';
import { guardQuestions, passGuards } from './guard.ts';

const none = { keys: new Map<string, bigint>(), table: undefined };
const at = (guard: bigint) => ({ keys: new Map([['["7"]', guard]]), table: undefined });
const ops = (events: ReturnType<typeof passGuards>) => events.map(({ event }) => `${event.op}@${event.lsn}`);

test('a replayed change is turned away, a newer one passes', () => {
  const events = [staged('update', '7', { lsn: 10n }), staged('update', '7', { lsn: 11n })];
  expect(ops(passGuards(events, at(10n)))).toEqual(['update@11']);
});

test('within a batch, a replay of what has just passed is turned away', () => {
  const events = [10n, 11n, 10n, 11n, 12n].map((lsn) => staged('update', '7', { lsn }));
  expect(ops(passGuards(events, none))).toEqual(['update@10', 'update@11', 'update@12']);
});

test('a change made before a snapshot but committed after it passes behind the snapshot’s read', () => {
  // The transaction wrote at 90, the snapshot was taken at 100 without seeing it, then the transaction committed.
  const events = [staged('read', '7', { lsn: 100n }), staged('update', '7', { lsn: 90n })];
  expect(ops(passGuards(events, at(50n)))).toEqual(['read@100', 'update@90']);
});

test('a change that was applied before a snapshot’s read is turned away when it is replayed behind it', () => {
  const events = [staged('read', '7', { lsn: 100n }), staged('update', '7', { lsn: 50n })];
  expect(ops(passGuards(events, at(50n)))).toEqual(['read@100']);
});

test('a read does not overwrite what a job has copied since', () => {
  expect(passGuards([staged('read', '7', { lsn: 100n })], at(200n))).toEqual([]);
});

test('a truncate guards every key', () => {
  const events = [
    staged('truncate', '', { lsn: 20n }),
    staged('create', '8', { lsn: 15n }),
    staged('create', '8', { lsn: 25n }),
  ];
  expect(ops(passGuards(events, none))).toEqual(['truncate@20', 'create@25']);
});

test('a replayed truncate is turned away', () => {
  expect(passGuards([staged('truncate', '', { lsn: 20n })], { keys: new Map(), table: 20n })).toEqual([]);
});

test('each key is asked for once, with the least of its LSNs', () => {
  const events = [
    staged('update', '7', { lsn: 12n }),
    staged('read', '7', { lsn: 9n }),
    staged('delete', '8', { lsn: 3n }),
  ];
  expect(guardQuestions(events, 100n).map(({ id, lsn }) => `${id}@${lsn}`)).toEqual(['["7"]@9', '["8"]@3']);
});
