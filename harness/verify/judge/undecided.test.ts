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

test('why is said of one row and of many, for one record and for many', () => {
  expect(whyUndecided('shop.a', 1, undecoded)).toBe(
    '1 row of shop.a cannot be judged: the record in t/0 at offset 7, which may hold its change, cannot be decoded (no schema)',
  );
  expect(whyUndecided('shop.a', 3, { ...undecoded, count: 5 })).toBe(
    '3 rows of shop.a cannot be judged: the record in t/0 at offset 7, which may hold their change, cannot be decoded (no schema); nor can 4 more',
  );
});
