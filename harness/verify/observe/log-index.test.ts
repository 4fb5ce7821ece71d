import { expect, test } from 'vitest';
import { type ChangeEvent, UNCHANGED } from '#model/change-event.ts';
import { createLogIndex, type LogIndex } from './log-index.ts';
import { createPassages } from './passages.ts';

const TABLE = 'public.t';
const KEY = '["1"]';

function adder(index: LogIndex) {
  let offset = 0n;
  return (op: ChangeEvent['op'], lsn: bigint, more: Partial<ChangeEvent> = {}): void =>
    index.add(
      {
        topic: 't',
        partition: 0,
        offset: offset++,
        timestampMs: 0,
        table: TABLE,
        op,
        key: { id: '1' },
        columns: [],
        lsn,
        txn: `t${lsn / 10n}`,
        snapshot: op === 'read',
        bytes: 100,
        ...more,
      },
      KEY,
    );
}

test('a change seen before is a replay; a snapshot read is none and is no change', () => {
  const index = createLogIndex();
  const add = adder(index);
  add('read', 5n);
  for (const lsn of [11n, 12n, 21n]) add('update', lsn);
  expect(index.history(TABLE, KEY)).toMatchObject({ last: { lsn: 21n }, change: { lsn: 21n, txn: 't2', changes: 1 } });
  add('update', 12n);
  add('read', 99n);
  expect(index.history(TABLE, KEY)).toMatchObject({
    last: { op: 'read' },
    change: { lsn: 21n, txn: 't2', changes: 1 },
  });
  expect([index.records, index.replayed, index.snapshotReads]).toEqual([6, 1, 2]);
});

test('how far was captured is the highest LSN of any event, replays and reads included', () => {
  const index = createLogIndex();
  const add = adder(index);
  expect(index.capturedLsn).toBeUndefined();
  for (const lsn of [11n, 30n, 12n]) add('update', lsn);
  expect(index.capturedLsn).toBe(30n);
  add('read', 40n);
  expect(index.capturedLsn).toBe(40n);
});

test('the changes of one transaction to a row are counted, once each', () => {
  const index = createLogIndex();
  const add = adder(index);
  for (const lsn of [11n, 12n, 13n, 12n, 13n]) add('update', lsn);
  expect(index.history(TABLE, KEY)?.change).toEqual({ lsn: 13n, txn: 't1', changes: 3 });
});

test('an unchanged value is the one before; in a replay, where another came between, it is not known', () => {
  const index = createLogIndex();
  const add = adder(index);
  add('create', 11n, { after: { id: '1', wide: 'long' } });
  add('update', 21n, { after: { id: '1', wide: UNCHANGED } });
  add('update', 11n, { after: { id: '1', wide: UNCHANGED } });
  expect(index.history(TABLE, KEY)?.versions.map(({ row }) => row)).toEqual([
    { id: '1', wide: 'long' },
    { id: '1', wide: 'long' },
    { id: '1' },
  ]);
  expect(index.history(TABLE, KEY)?.versions.map(({ unchanged }) => unchanged)).toEqual([
    undefined,
    ['wide'],
    ['wide'],
  ]);
});

test('a truncate is the last word on every key that came before it, and on none that comes after', () => {
  const index = createLogIndex();
  const add = adder(index);
  add('create', 11n);
  add('truncate', 21n, { key: {} });
  expect(index.history(TABLE, KEY)).toMatchObject({ last: { op: 'truncate', offset: 1n }, change: { lsn: 21n } });
  add('create', 31n);
  expect(index.history(TABLE, KEY)).toMatchObject({ last: { op: 'create', offset: 2n } });
});

test('a truncate takes no key away from the delete that came before it', () => {
  const index = createLogIndex();
  const add = adder(index);
  add('create', 11n);
  add('delete', 21n);
  add('truncate', 31n, { key: {} });
  expect(index.history(TABLE, KEY)).toMatchObject({ last: { op: 'delete' }, change: { lsn: 21n } });
});

test('an event that is read after a truncate and was written before it, in another partition, is taken away by it', () => {
  const index = createLogIndex();
  const add = adder(index);
  add('truncate', 21n, { key: {} });
  add('create', 11n, { partition: 1 });
  expect(index.history(TABLE, KEY)).toMatchObject({ last: { op: 'truncate' }, change: { lsn: 21n } });
});

test('the oldest versions are forgotten first, the last event of a key never', () => {
  const index = createLogIndex({ versionBytesMax: 1000 });
  const add = adder(index);
  for (const lsn of [11n, 21n, 31n, 41n, 51n]) add('update', lsn, { after: { id: '1' } });
  expect(index.history(TABLE, KEY)?.versions.map(({ ref }) => ref.lsn)).toEqual([31n, 41n, 51n]);
  expect(index.history(TABLE, KEY)?.last.lsn).toBe(51n);
});

test('keys touched since a moment, and where a column first came', () => {
  const index = createLogIndex();
  const add = adder(index);
  add('create', 11n, { columns: [{ name: 'id', connectType: 'int32', optional: false }] });
  const { cursor } = index.touched(0);
  expect(index.touched(cursor).keys.size).toBe(0);
  add('update', 21n, { columns: [{ name: 'tier', connectType: 'string', optional: true }] });
  expect([...(index.touched(cursor).keys.get(TABLE) ?? [])]).toEqual([KEY]);
  expect(index.columnSince(TABLE, 'tier')).toEqual(new Map([['t/0', 1n]]));
});

test('what the log’s start passed before the consumer is remembered, also after the consumer has gone on', () => {
  const passages = createPassages();
  const ref = (offset: bigint) => ({ topic: 't', partition: 0, offset, op: 'update' });
  passages.note(new Map([['t/0', 10n]]), new Map([['t/0', 5n]]));
  expect(passages.passed(ref(7n))).toBe(false);
  passages.note(new Map([['t/0', 10n]]), new Map([['t/0', 15n]]));
  passages.note(new Map([['t/0', 10n]]), new Map([['t/0', 20n]]));
  passages.note(new Map([['t/0', 30n]]), new Map([['t/0', 20n]]));
  expect([9n, 10n, 19n, 20n].map((offset) => passages.passed(ref(offset)))).toEqual([false, true, true, false]);
  passages.noteJumps([{ partition: 't/0', from: 20n, to: 25n }]);
  expect(passages.passed(ref(24n))).toBe(true);
});

test('of rows beyond a limit that were only read, no more is kept than where; a change brings them back whole', () => {
  const index = createLogIndex({ readsMax: 1 });
  let offset = 0n;
  const add = (op: ChangeEvent['op'], key: string, lsn: bigint, partition = 0) =>
    index.add(
      {
        ...{
          topic: 't',
          partition,
          offset: offset++,
          timestampMs: 0,
          table: TABLE,
          op,
          key: {},
          columns: [],
          lsn,
          bytes: 9,
        },
        ...{ snapshot: op === 'read', after: { value: String(lsn) } },
      },
      key,
    );
  for (const key of ['a', 'b', 'c']) add('read', key, 5n);
  expect(index.history(TABLE, 'a')?.versions).toHaveLength(1);
  expect(index.history(TABLE, 'b')).toMatchObject({
    last: { topic: 't', partition: 0, offset: 1n, op: 'read' },
    versions: [],
  });
  expect([...(index.touched(0).keys.get(TABLE) ?? [])]).toEqual(['a', 'b', 'c']);
  add('update', 'b', 11n, 1);
  // Its read was in another partition: the consumer must be past both.
  expect(index.history(TABLE, 'b')).toMatchObject({
    last: { offset: 3n, op: 'update' },
    change: { lsn: 11n },
    offsets: [
      ['t/0', 1n],
      ['t/1', 3n],
    ],
  });
  index.forget(TABLE, 'b');
  index.forget(TABLE, 'c');
  expect([index.history(TABLE, 'b'), index.history(TABLE, 'c')]).toEqual([undefined, undefined]);
});

test('a row whose records stand in several partitions has its changes in their order, whichever is read first', () => {
  const index = createLogIndex();
  const add = adder(index);
  add('create', 10n, { after: { v: 'first' } });
  add('update', 30n, { partition: 1, after: { v: 'third' } });
  // The other partition is read later.
  add('update', 20n, { after: { v: 'second' } });
  expect(index.replayed).toBe(0);
  expect(index.history(TABLE, KEY)).toMatchObject({ last: { lsn: 30n }, change: { lsn: 30n } });
  expect(index.history(TABLE, KEY)?.versions.map(({ row }) => row?.v)).toEqual(['first', 'second', 'third']);
  // The same again is a replay, and the log's last word.
  add('update', 20n, { after: { v: 'second' } });
  expect([index.replayed, index.history(TABLE, KEY)?.last.lsn]).toEqual([1, 20n]);
});

test('a row that got another key is gone under the one that it had', () => {
  const index = createLogIndex();
  const event: ChangeEvent = {
    ...{ topic: 't', partition: 0, offset: 0n, timestampMs: 0, table: TABLE, op: 'update', key: {}, columns: [] },
    ...{ after: { id: '2' }, lsn: 10n, txn: 't1', snapshot: false, bytes: 1 },
  };
  index.add(event, '["2"]', { was: KEY });
  expect(index.history(TABLE, KEY)).toMatchObject({ last: { op: 'delete' }, change: { txn: 't1' } });
  expect(index.history(TABLE, '["2"]')?.last.op).toBe('update');
  expect([...(index.touched(0).keys.get(TABLE) ?? [])]).toEqual([KEY, '["2"]']);
  expect(index.records).toBe(1);
});

test('rows that share the key of their records are counted', () => {
  const index = createLogIndex();
  for (const id of ['1', '2', '2'])
    index.add(
      {
        ...{ topic: 't', partition: 0, offset: 0n, timestampMs: 0, table: TABLE, op: 'read', key: {}, columns: [] },
        ...{ after: { id }, snapshot: true, bytes: 1 },
      },
      JSON.stringify([id]),
      { recordKey: { customer: '7' } },
    );
  expect(index.recordKey(TABLE, KEY)).toEqual({ values: { customer: '7' }, rows: 2 });
  expect(index.recordKey(TABLE, '["3"]')).toBeUndefined();
});
