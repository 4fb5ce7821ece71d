import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventRef, Finding } from '#model/finding.ts';
import type { KeyObservation } from '#model/observation.ts';
import { judgeKey } from './judge-key.ts';
import { judgeTransaction, neverApplied } from './judge-transaction.ts';

const TABLE = 'public.t';
const event: EventRef = { topic: 't', partition: 0, offset: 7n, op: 'create', lsn: 100n, txn: '812' };
const state = { expired: false, consumed: true, skipped: false, skippedEarlier: false };

function observed(op: string, more: Partial<KeyObservation>): KeyObservation {
  const log = { last: { ...event, op }, changeLsn: 100n, ...state };
  return { key: '["1"]', sink: [], versions: [], inFlight: false, log, ...more };
}

const never = (observation: KeyObservation) => neverApplied(observation, judgeKey(TABLE, observation))?.lsn;
const row = (value: string) => ({ id: '1', value });

describe('whether the sink never had a change', () => {
  test('a created row that it lacks, a deleted one that stayed, a row that names an older change', () => {
    expect(never(observed('create', { source: row('a') }))).toBe(100n);
    expect(never(observed('delete', { sink: [row('a')] }))).toBe(100n);
    const stale = { source: row('b'), sink: [row('a')], versions: [row('a')] };
    expect(never(observed('update', { ...stale, sinkLsn: [90n] }))).toBe(100n);
  });

  test('nothing is said of a row that was right before, or came back, or does not name its change', () => {
    expect(never(observed('create', { source: row('a'), appliedBefore: true }))).toBeUndefined();
    expect(never(observed('update', { source: row('a') }))).toBeUndefined();
    // The row of another that has the same key there came after it.
    expect(never(observed('create', { source: row('a'), collides: 'public.other' }))).toBeUndefined();
    const shared = observed('create', { source: row('a') });
    const recordKey = { values: { customer: '7' }, rows: 2 };
    expect(
      never({ ...shared, ...(shared.log === undefined ? {} : { log: { ...shared.log, recordKey } }) }),
    ).toBeUndefined();
    expect(never(observed('delete', { sink: [row('a')], returned: true }))).toBeUndefined();
    const stale = { source: row('b'), sink: [row('a')], versions: [row('a')] };
    expect(never(observed('update', stale))).toBeUndefined();
    expect(never(observed('update', { source: row('b'), sink: [row('x')], sinkLsn: [100n] }))).toBeUndefined();
  });

  test('a record that repeats an older change, and a snapshot read, stand for no transaction', () => {
    const older = observed('create', { source: row('a') });
    const log = { last: { ...event, lsn: 90n }, changeLsn: 100n, ...state };
    expect(never({ ...older, log })).toBeUndefined();
    expect(never(observed('read', { source: row('a') }))).toBeUndefined();
  });
});

const lost: Finding = { anomaly: 'lost', table: TABLE, key: '["1"]', hop: 'log-to-sink', detail: 'd.' };
const missing = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ table: TABLE, key: `["${index}"]`, event, finding: lost }));

test('a transaction is in part at the sink exactly where some of its rows are and some are not', () => {
  fc.assert(
    fc.property(fc.nat(8), fc.nat(8), fc.nat(8), (present, absent, superseded) => {
      const rows = present + absent + superseded;
      const finding = judgeTransaction({ txn: '812', present, missing: missing(absent), rows });
      expect(finding !== undefined).toBe(present > 0 && absent > 0);
      if (finding === undefined) return;
      expect(finding).toMatchObject({ anomaly: 'partial-transaction', txn: '812', hop: 'log-to-sink', event });
      expect(finding.detail).toContain(`${present} of its ${rows} rows are there`);
    }),
  );
});
