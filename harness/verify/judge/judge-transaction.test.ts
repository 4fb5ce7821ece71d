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
  return { key: '["1"]', sink: [], versions: [], log, ...more };
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
      expect(finding.detail).toContain(`${present} of its ${rows} rows were applied`);
    }),
  );
});

describe('what is said of a transaction', () => {
  const judged = (absent: number, rows: number) =>
    judgeTransaction({ txn: '812', present: 2, missing: missing(absent), rows })?.detail;
  const names = (...keys: readonly number[]) => keys.map((key) => `public.t ["${key}"] (lost)`).join(', ');

  test('names the rows that are not there, up to five', () => {
    const sentence = 'only part of transaction 812 was applied to the sink: 2 of its';
    expect(judged(1, 3)).toBe(`${sentence} 3 rows were applied; not applied: ${names(0)}.`);
    expect(judged(5, 7)).toBe(`${sentence} 7 rows were applied; not applied: ${names(0, 1, 2, 3, 4)}.`);
    expect(judged(7, 9)).toBe(`${sentence} 9 rows were applied; not applied: ${names(0, 1, 2, 3, 4)} and 2 more.`);
  });

  test('counts those that later ones have changed', () => {
    expect(judged(1, 7)).toContain(
      '2 of its 7 rows were applied, and 4 were changed again by later transactions; not applied: ',
    );
  });

  test('has the hop of the first that is not there', () => {
    const [first] = missing(1);
    if (first === undefined) throw new Error('no row');
    const at = (finding: Finding) =>
      judgeTransaction({ txn: '812', present: 1, missing: [{ ...first, finding }], rows: 2 })?.hop;
    expect(at({ ...lost, hop: 'log' })).toBe('log');
    const { hop: _, ...unplaced } = lost;
    expect(at(unplaced)).toBe('log-to-sink');
  });
});

describe('whether a change was never applied is not known', () => {
  const created = observed('create', { source: row('a') });
  const logged = (log: object, more: Partial<KeyObservation> = {}): KeyObservation => ({
    ...created,
    ...more,
    log: { last: { ...event, op: 'create' }, changeLsn: 100n, ...state, ...log },
  });

  test('where nothing is wrong, or two things are', () => {
    expect(neverApplied(created, [])).toBeUndefined();
    expect(neverApplied(created, [lost, lost])).toBeUndefined();
    expect(neverApplied(created, [lost])?.lsn).toBe(100n);
    expect(neverApplied(logged({}, { appliedBefore: false }), [lost])?.lsn).toBe(100n);
  });

  test('where the log has nothing of the row, or does not name the change', () => {
    const { log: _, ...unlogged } = created;
    expect(neverApplied(unlogged, [lost])).toBeUndefined();
    const { txn: __, ...untold } = event;
    expect(never(logged({ last: { ...untold, op: 'create' } }))).toBeUndefined();
    const { lsn: ___, ...unplaced } = event;
    const { changeLsn: ____, ...unchanged } = logged({ last: { ...unplaced, op: 'create' } }).log ?? {};
    expect(neverApplied({ ...created, log: unchanged as NonNullable<KeyObservation['log']> }, [lost])).toBeUndefined();
  });

  test('a row alone under its key is not one of several', () => {
    expect(never(logged({ recordKey: { values: { customer: '7' }, rows: 1 } }))).toBe(100n);
  });

  test('where the row was not made, deleted or overtaken by it', () => {
    const orphan: Finding = { anomaly: 'orphan', detail: 'd.' };
    expect(neverApplied(created, [orphan])).toBeUndefined();
    const stale: Finding = { anomaly: 'stale', detail: 'd.' };
    expect(neverApplied({ ...created, sinkLsn: [99n] }, [stale])?.lsn).toBe(100n);
    expect(neverApplied({ ...created, sinkLsn: [100n] }, [stale])).toBeUndefined();
    expect(neverApplied({ ...created, sinkLsn: [undefined, 99n] }, [stale])).toBeUndefined();
    expect(neverApplied(created, [stale])).toBeUndefined();
    const corrupt: Finding = { anomaly: 'corrupt', detail: 'd.' };
    expect(neverApplied({ ...created, sinkLsn: [99n] }, [corrupt])).toBeUndefined();
  });
});
