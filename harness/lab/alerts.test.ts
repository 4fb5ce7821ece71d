import { expect, test } from 'vitest';
import { type GroupState, nextAlerts } from './alerts.ts';

const at = (second: number): Date => new Date(1_700_000_000_000 + second * 1000);
const group = (ms: number, recordsGone = 0, records = 10): GroupState => ({
  variant: 'dedup',
  group: 'lab-dedup',
  lag: { records, ms },
  recordsGone,
});

test('a lag within 0.8 of the retention is no alert, one beyond it is, and it ends when the group has caught up', () => {
  expect(nextAlerts([], [group(8000)], 10_000, at(0))).toEqual([]);
  const raised = nextAlerts([], [group(8001)], 10_000, at(1));
  expect(raised).toMatchObject([{ kind: 'lag-near-retention', variant: 'dedup', lag_ms: 8001, until: null }]);
  const over = nextAlerts(raised, [group(0, 0, 0)], 10_000, at(2));
  expect(over).toMatchObject([{ kind: 'lag-near-retention', until: at(2).toISOString() }]);
});

test('past the retention it says how many records are gone, as another alert, and keeps the highest figure', () => {
  const near = nextAlerts([], [group(9000)], 10_000, at(0));
  const past = nextAlerts(near, [group(12_000, 300)], 10_000, at(1));
  expect(past.map(({ kind, until }) => [kind, until === null])).toEqual([
    ['lag-near-retention', false],
    ['lag-past-retention', true],
  ]);
  const later = nextAlerts(past, [group(13_000, 200)], 10_000, at(2));
  expect(later[1]).toMatchObject({ records_gone: 300, lag_ms: 13_000 });
  expect(later[1]?.text).toContain('has lost 300 records');
});

test('nothing that changed is nothing new: the same objects come back', () => {
  const raised = nextAlerts([], [group(9000)], 10_000, at(0));
  expect(nextAlerts(raised, [group(8500)], 10_000, at(1))[0]).toBe(raised[0]);
});

test('topics that are kept for ever have no alert, also none that stands', () => {
  expect(nextAlerts([], [group(1e9)], undefined, at(0))).toEqual([]);
  const raised = nextAlerts([], [group(9000)], 10_000, at(0));
  expect(nextAlerts(raised, [group(9000)], undefined, at(1))[0]?.until).toBe(at(1).toISOString());
});
