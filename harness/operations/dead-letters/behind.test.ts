import { expect, test } from 'vitest';
import type { PlacedRecord } from '#clients/read-log.ts';
import { type Behind, beginBehind, noteBehind, REPLAY_FIRST, staleness, type Wanted } from './behind.ts';

const KEY = Buffer.from('k');
const HOUR = 3_600_000;

function wanted(more: Partial<Wanted> = {}): Wanted {
  const first = { topic: 't', partition: 0, offset: 5n };
  return { key: KEY, value: Buffer.from('a'), timestampMs: 0, first, home: 't', ...more };
}

function record(offset: number, value: string | null, headers: PlacedRecord['headers'] = {}): PlacedRecord {
  const bytes = { key: KEY, value: value === null ? null : Buffer.from(value) };
  return { topic: 't', partition: 0, offset: String(offset), timestamp: '0', attributes: 0, ...bytes, headers };
}

function behind(
  one: Wanted,
  records: readonly PlacedRecord[],
  home: Partial<Parameters<typeof beginBehind>[1]> = {},
): Behind {
  const found = beginBehind(one, { start: 0n, compactedAfterMs: undefined, now: HOUR, ...home });
  for (const each of records) noteBehind(one, found, each);
  return found;
}

const stale = (found: Behind, deletes = false, key: Buffer | null = KEY) => staleness({ key, deletes }, found);

test('a later record of the key supersedes, and one of before does not', () => {
  expect(stale(behind(wanted(), [record(4, 'b')]))).toEqual({});
  expect(stale(behind(wanted(), [record(6, 'b'), record(8, 'c')]))).toEqual({ leftOut: 'superseded', later: 8n });
});

test('a replay is as old as the record that it repeats', () => {
  const headers = { [REPLAY_FIRST]: Buffer.from('t/0/3') };
  expect(stale(behind(wanted(), [record(9, 'b', headers)]))).toEqual({});
  // Of another topic's records nothing says which is older.
  const elsewhere = { [REPLAY_FIRST]: Buffer.from('u/0/3') };
  expect(stale(behind(wanted(), [record(9, 'b', elsewhere)]))).toMatchObject({ later: 9n });
});

test('a tombstone supersedes a row, and not a delete', () => {
  const found = behind(wanted(), [record(6, null)]);
  expect(stale(found)).toEqual({ leftOut: 'superseded', later: 6n });
  expect(stale(found, true)).toEqual({});
});

test('where records behind it are gone, it is not known', () => {
  expect(stale(behind(wanted(), [], { start: 6n }))).toEqual({});
  expect(stale(behind(wanted(), [], { start: 7n }))).toEqual({ leftOut: 'not-known' });
  expect(stale(behind(wanted(), [], { start: undefined }))).toEqual({ leftOut: 'not-known' });
  expect(stale(behind(wanted(), [record(8, 'b')], { start: 7n }))).toMatchObject({ leftOut: 'superseded' });
  expect(stale(behind(wanted({ key: null }), [], { start: 7n }), false, null)).toEqual({});
});

test('compaction may have removed the tombstone of a row, once it is older than tombstones are kept', () => {
  expect(stale(behind(wanted(), [], { compactedAfterMs: 2 * HOUR }))).toEqual({});
  expect(stale(behind(wanted(), [], { compactedAfterMs: HOUR - 1 }))).toEqual({ leftOut: 'not-known' });
  expect(stale(behind(wanted(), [], { compactedAfterMs: HOUR - 1 }), true)).toEqual({});
});

test('a record that does not say where it is from is found by what it holds', () => {
  const lost = wanted({ first: undefined });
  expect(stale(behind(lost, [record(2, 'b')]))).toEqual({ leftOut: 'not-known' });
  expect(behind(lost, [record(2, 'b'), record(3, 'a')]).first).toMatchObject({ offset: 3n });
  expect(stale(behind(lost, [record(3, 'a'), record(4, 'b')]))).toEqual({ leftOut: 'superseded', later: 4n });
  // The same once more: nothing is later than that.
  expect(stale(behind(lost, [record(3, 'a'), record(4, 'b'), record(5, 'a')]))).toEqual({});
});
