import { describe, expect, test } from 'vitest';
import type { Finding } from '#model/finding.ts';
import { judgeVariant, unjudged, type VariantResult } from './judge-variant.ts';
import { createTally, FINDINGS_MAX, surplusOf } from './tally.ts';

const FIGURES = { table: 'shop.a', sourceRows: 100, sinkRows: 90, inFlight: 0, behind: true };
const LAG = { records: 12, ms: 3400 };
const INVARIANT = { type: 'invariant', id: 'sums', text: 'sums agree', count: 0, violations: [] } as const;
const LOST: Finding = { anomaly: 'lost', detail: 'lost.' };

function table(figures: Partial<typeof FIGURES> = {}, ...findings: readonly Finding[]) {
  const tally = createTally();
  for (const finding of findings) tally.add(finding);
  return { tally, figures: { ...FIGURES, ...figures } };
}

const judge = (more: Partial<VariantResult> = {}) =>
  judgeVariant({ variant: 'upsert', tables: [table()], lag: LAG, ...more });

describe('a variant', () => {
  test('that has nothing wrong passes', () => {
    expect(judge()).toStrictEqual({
      variant: 'upsert',
      verdict: 'PASS',
      tables: [{ table: 'shop.a', verdict: 'PASS', sourceRows: 100, sinkRows: 90, inFlight: 0, counts: {} }],
      counts: {},
      inFlight: 0,
      lag: LAG,
      findings: [],
    });
  });

  test('has all that its tables have', () => {
    const tables = [table({ inFlight: 2 }, LOST), table({ table: 'shop.b', inFlight: 3 }, LOST, LOST)];
    expect(judge({ tables })).toMatchObject({
      verdict: 'FAIL',
      inFlight: 5,
      counts: { lost: 3 },
      findings: [LOST, LOST, LOST],
    });
  });

  test('keeps the first findings of each class', () => {
    const many = Array.from({ length: FINDINGS_MAX }, () => LOST);
    const tables = [table({}, ...many), table({}, LOST)];
    expect(judge({ tables }).findings).toHaveLength(FINDINGS_MAX);
    expect(judge({ tables }).counts).toEqual({ lost: FINDINGS_MAX + 1 });
  });

  test('with tables that could not be compared is unknown, and says why', () => {
    expect(judge({ incomparable: ['a has no key', 'b has none'] })).toMatchObject({
      verdict: 'UNKNOWN',
      reason: 'a has no key; b has none',
    });
  });

  test('that could not be judged is unknown', () => {
    expect(unjudged('upsert', 'why')).toEqual({
      ...{ variant: 'upsert', verdict: 'UNKNOWN', tables: [], counts: {}, inFlight: 0, findings: [], reason: 'why' },
      lag: { records: 0, ms: 0 },
    });
    expect(unjudged('upsert', 'why', LAG).lag).toEqual(LAG);
  });
});

describe('a variant that has stalled', () => {
  test('has failed, and its records are counted', () => {
    const verdict = judge({ stalled: { hop: 'log-to-sink', reason: 'it ended' } });
    expect(verdict).toMatchObject({ verdict: 'FAIL', counts: { stalled: 1 }, reason: 'it ended' });
    expect(verdict.findings).toMatchObject([
      {
        ...{ anomaly: 'stalled', hop: 'log-to-sink' },
        detail: 'the consumer has stopped with 12 records waiting, the oldest for 3.4 s: it ended',
      },
    ]);
  });

  test('at its connector captures nothing', () => {
    expect(judge({ stalled: { hop: 'source-to-log', reason: 'x' } }).findings[0]).toMatchObject({
      hop: 'source-to-log',
      detail: 'capture has stopped with 12 records waiting, the oldest for 3.4 s: x',
    });
  });

  test('counts records only where some are waiting', () => {
    const told = (records: number) =>
      judgeVariant({
        ...{ variant: 'upsert', tables: [], stalled: { hop: 'log-to-sink', reason: 'x' } },
        lag: { records, ms: 500 },
      }).findings[0]?.detail;
    expect(told(0)).toBe('the consumer has stopped: x');
    expect(told(1)).toBe('the consumer has stopped with 1 record waiting, the oldest for 0.5 s: x');
  });

  test('says that, and not what could not be compared', () => {
    expect(judge({ stalled: { hop: 'log-to-sink', reason: 'x' }, incomparable: ['y'] }).reason).toBe('x');
  });
});

describe('invariants', () => {
  test('that hold are not spoken of', () => {
    expect(judge({ invariants: [INVARIANT] })).toMatchObject({ verdict: 'PASS', counts: {}, findings: [] });
  });

  test('that are violated fail, with the first violation', () => {
    const invariants = [
      { ...INVARIANT, count: 3, violations: ['7 is not 8', 'other'] },
      { ...INVARIANT, count: 1 },
    ];
    const verdict = judge({ invariants });
    expect(verdict).toMatchObject({ verdict: 'FAIL', counts: { invariant: 2 } });
    expect(verdict.findings).toMatchObject([
      { anomaly: 'invariant', hop: 'log-to-sink', detail: 'violated 3 times: sums agree; first: 7 is not 8.' },
      { anomaly: 'invariant', hop: 'log-to-sink', detail: 'violated once: sums agree.' },
    ]);
  });

  test('of rows that are still to come cannot hold', () => {
    const invariants = [{ ...INVARIANT, count: 1 }];
    expect(judge({ invariants, tables: [table({ inFlight: 1 })] })).toMatchObject({
      verdict: 'SYNC_IN_PROGRESS',
      counts: {},
    });
    expect(judge({ invariants, stalled: { hop: 'log-to-sink', reason: 'x' } }).counts).toEqual({ stalled: 1 });
  });

  test('that could not be checked leave it unknown', () => {
    const invariants = [INVARIANT, { ...INVARIANT, id: 'other', failure: 'no such column' }];
    expect(judge({ invariants, incomparable: ['a has no key'] })).toMatchObject({
      verdict: 'UNKNOWN',
      reason: 'a has no key; the invariant other could not be checked: no such column',
    });
    expect(judge({ invariants })).toMatchObject({ verdict: 'UNKNOWN', findings: [] });
  });
});

describe('rows too many', () => {
  const source = { id: '1' };
  const duplicate: Finding = { anomaly: 'duplicate', detail: '', source, sink: [source, source, source] };

  test('are those beyond one', () => {
    expect(surplusOf(duplicate)).toBe(2);
    expect(surplusOf({ ...duplicate, copies: 9 })).toBe(8);
    const { sink: _, ...unshown } = duplicate;
    expect(surplusOf(unshown)).toBe(0);
    expect(surplusOf(LOST)).toBeUndefined();
  });

  test('are counted, or taken as told', () => {
    const tally = createTally();
    tally.add(duplicate);
    tally.add(LOST, 5);
    expect(tally).toMatchObject({ surplus: 7, harmless: true, counts: { duplicate: 1, lost: 1 } });
    tally.add(duplicate, undefined);
    expect(tally).toMatchObject({ surplus: 7, harmless: false });
  });

  test('are kept up to a number', () => {
    const tally = createTally();
    for (let count = 0; count <= FINDINGS_MAX; count++) tally.add(LOST);
    expect(tally.findings).toHaveLength(FINDINGS_MAX);
    expect(tally.counts).toEqual({ lost: FINDINGS_MAX + 1 });
  });
});
