import { expect, test } from 'vitest';
import type { KeyObservation } from '#model/observation.ts';
import { isUndecided, whyUndecided } from './undecided.ts';

const undecoded = { partition: 't/0', offset: 7n, why: 'no schema', count: 1, consumed: true };
const last = { topic: 't', partition: 0, offset: 3n, op: 'create' };
const log = { last, expired: false, consumed: true, skipped: false, skippedEarlier: false };
const STATE: KeyObservation = { key: '["1"]', sink: [], versions: [] };

test('a record that cannot be read may hold what the log lacks of a row', () => {
  expect(isUndecided({ ...STATE, undecoded })).toBe(true);
  expect(isUndecided({ ...STATE, undecoded, log })).toBe(false);
  expect(isUndecided({ ...STATE, undecoded, log, ledger: { kind: 'update', captured: false } })).toBe(true);
  expect(isUndecided({ ...STATE, undecoded, log, ledger: { kind: 'update', captured: true } })).toBe(false);
  expect(isUndecided({ ...STATE, ledger: { kind: 'update', captured: false } })).toBe(false);
});

test('a newer record that cannot be read may hold a change that somebody made after the last event', () => {
  const newer = { ...undecoded, newer: true };
  const undecided = (more: Partial<KeyObservation>) => isUndecided({ ...STATE, undecoded: newer, log, ...more });
  const image = { id: '1', name: 'a' };
  expect(undecided({ source: { id: '1', name: 'b' }, log: { ...log, image } })).toBe(true);
  expect(undecided({ source: { id: '1', name: 'a' }, log: { ...log, image } })).toBe(false);
  // The writers' last change is in the log, and the source has another row: somebody else changed it.
  const captured = { kind: 'update', captured: true } as const;
  expect(undecided({ source: { id: '1', name: 'b' }, log: { ...log, image }, ledger: captured })).toBe(true);
  // Without the event's row the ledger alone says what the log has.
  expect(undecided({ source: { id: '1' } })).toBe(true);
  expect(undecided({ source: { id: '1' }, ledger: captured })).toBe(false);
  const removed = { ...log, last: { ...last, op: 'delete' } };
  expect(undecided({ log: removed })).toBe(false);
  expect(undecided({})).toBe(true);
  expect(undecided({ source: { id: '1' }, log: removed })).toBe(true);
});

test('why is said of one row and of many, for one record and for many', () => {
  expect(whyUndecided('shop.a', 1, undecoded)).toBe(
    '1 row of shop.a cannot be judged: the record in t/0 at offset 7, which may hold its change, cannot be decoded (no schema)',
  );
  expect(whyUndecided('shop.a', 3, { ...undecoded, count: 5 })).toBe(
    '3 rows of shop.a cannot be judged: the record in t/0 at offset 7, which may hold their change, cannot be decoded (no schema); nor can 4 more',
  );
});
