import { expect, test } from 'vitest';
import type { LabEvent } from '#model/lab.ts';
import { brokenVariant, LAB_NOW, labAlert, labFault, labReport, labStack, labVariant } from '#testing/lab-answers.ts';
import { faultUnderWay, initialWatch, reduceWatch, standingAlerts, type WatchInput, type WatchState } from './state.ts';

const known: WatchInput = {
  kind: 'answers',
  answers: { report: labReport({ variants: [labVariant('insert'), labVariant('dedup')] }), stack: labStack() },
};

function stateAfter(...inputs: readonly WatchInput[]): WatchState {
  return [known, ...inputs].reduce(reduceWatch, initialWatch('127.0.0.1:8089', LAB_NOW));
}

const event = (one: LabEvent): WatchInput => ({ kind: 'event', event: one });
const lag = { insert: { records: 7, ms: 70 } };
const sample = (at: number): WatchInput =>
  event({ at, type: 'sample', mode: 'lab', transactionsPerSecond: 50, committed: 123, lag });

test('what is remembered from before the report adds to the trends, and does not undo what the report says', () => {
  const before = stateAfter(
    sample(LAB_NOW - 1),
    event({ at: LAB_NOW - 1, type: 'lab-phase', phase: 'starting' }),
    event({ at: LAB_NOW - 1, type: 'lab-fault', fault: labFault() }),
    event({ at: LAB_NOW - 1, type: 'lab-alert', alert: labAlert() }),
    event({ at: LAB_NOW - 1, type: 'node', node: 'connect', state: 'killed' }),
  );
  expect(before.rates).toEqual([50]);
  expect(before.lag).toEqual({ insert: [70] });
  expect(before.report).toEqual(stateAfter().report);
  expect(before.stack).toEqual(labStack());
});

test('what happens after the report changes what is shown at once', () => {
  const at = LAB_NOW + 1;
  const later = stateAfter(
    sample(at),
    event({ at, type: 'lab-phase', phase: 'faulted' }),
    event({ at, type: 'lab-fault', fault: labFault() }),
    event({ at, type: 'lab-alert', alert: labAlert() }),
    event({ at, type: 'node', node: 'connect', state: 'killed' }),
  );
  expect(later.report?.writers).toMatchObject({ transactions_per_second: 50, committed: 123 });
  expect(later.report?.variants[0]?.lag).toEqual({ records: 7, ms: 70 });
  expect(later.report?.lab.phase).toBe('faulted');
  expect(faultUnderWay(later.report)?.id).toBe('lag-2');
  expect(standingAlerts(later.report).map(({ id }) => id)).toEqual(['dedup-near-1']);
  expect(later.stack?.nodes.find(({ name }) => name === 'connect')).toMatchObject({ state: 'killed', healthy: false });
});

test('a fault and an alert that change keep their place; what is over does not stand', () => {
  const at = LAB_NOW + 1;
  const healed = labFault({ state: 'settled' });
  const state = stateAfter(
    event({ at, type: 'lab-fault', fault: labFault() }),
    event({ at, type: 'lab-fault', fault: healed }),
    event({ at, type: 'lab-alert', alert: labAlert() }),
    event({ at, type: 'lab-alert', alert: labAlert({ until: new Date(at).toISOString() }) }),
  );
  expect(state.report?.faults).toEqual([healed]);
  expect(faultUnderWay(state.report)).toBeUndefined();
  expect(state.report?.alerts).toHaveLength(1);
  expect(standingAlerts(state.report)).toEqual([]);
});

test('a check changes the verdicts, their age and cut, and what is found comes to the top', () => {
  const [broken] = [brokenVariant('insert', 'FAIL', { stale: 1 })];
  const at = LAB_NOW + 500;
  const { found_at: _, event: ref, ...finding } = broken.examples[0] ?? { found_at: '', anomaly: 'stale', detail: '' };
  const verdict = {
    ...{ variant: 'insert', verdict: 'FAIL' as const, tables: [], counts: { stale: 1 }, inFlight: 4 },
    ...{ lag: { records: 0, ms: 0 }, cutLsn: '0/FF', reason: 'because' },
    findings: [{ ...finding, ...(ref === undefined ? {} : { event: { ...ref, offset: 5123n, lsn: 17n } }) }],
  };
  const state = stateAfter(
    event({ at, type: 'check', mode: 'lab', kind: 'continuous', tookMs: 7, variants: [verdict] }),
  );
  expect(state.report).toMatchObject({ status: 'FAIL', cut_lsn: '0/FF', judged_at: new Date(at).toISOString() });
  expect(state.report?.variants[0]).toMatchObject({ status: 'FAIL', in_flight: 4, reason: 'because' });
  expect(state.report?.variants[1]?.status).toBe('PASS');
  expect(state.found[0]?.finding.event).toMatchObject({ offset: '5123', lsn: '17' });
});

test('the latency is that of what came since, also over a daemon that counts anew', () => {
  const total = (sum: number, count: number): WatchInput => ({
    kind: 'answers',
    answers: { latencies: { insert: { sum, count } } },
  });
  const state = stateAfter(total(1, 10), total(1, 10), total(3, 14), total(0.6, 2));
  expect(state.latency.insert).toEqual([100, 500, 300]);
});

test('a class with thousands does not push out the only one of another', () => {
  const one = brokenVariant('dedup', 'FAIL', { lost: 1 });
  const many = brokenVariant('insert', 'FAIL', { duplicate: 1 });
  const [example] = many.examples;
  if (example === undefined) throw new Error('no example');
  const examples = Array.from({ length: 500 }, (_, key) => ({
    ...example,
    key: `["${key}"]`,
    found_at: example.found_at,
  }));
  const report = labReport({ variants: [one, { ...many, examples }] });
  const state = stateAfter({ kind: 'answers', answers: { report } });
  expect(state.found.length).toBeLessThan(100);
  expect(state.found.some(({ variant }) => variant === 'dedup')).toBe(true);
});

test('an anomaly keeps the time at which it was first found', () => {
  const first = brokenVariant('insert', 'FAIL', { stale: 1 });
  const again = first.examples.map((finding) => ({
    ...finding,
    found_at: new Date(LAB_NOW).toISOString(),
    detail: 'new',
  }));
  const state = stateAfter(
    { kind: 'answers', answers: { report: labReport({ variants: [first] }) } },
    { kind: 'answers', answers: { report: labReport({ variants: [{ ...first, examples: again }] }) } },
  );
  expect(state.found).toHaveLength(1);
  expect(state.found[0]?.finding).toMatchObject({ detail: 'new', found_at: first.examples[0]?.found_at });
});
