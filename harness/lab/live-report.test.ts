import { expect, test } from 'vitest';
import type { LabFault } from '#contracts/lab-fault.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Verdict } from '#model/verdict.ts';
import { findingName, type LabView, labReport } from './live-report.ts';

const START = Date.parse('2026-01-05T10:00:00Z');

const verdict = (variant: string, status: Verdict, sinkRows: number): VariantVerdict => ({
  variant,
  verdict: status,
  tables: [
    {
      table: 'public.t',
      verdict: status,
      sourceRows: 100,
      sinkRows,
      inFlight: 2,
      counts: status === 'PASS' ? {} : { duplicate: 3 },
    },
  ],
  counts: status === 'PASS' ? {} : { duplicate: 3 },
  inFlight: 2,
  lag: { records: 1, ms: 20.4 },
  findings:
    status === 'PASS'
      ? []
      : [
          {
            anomaly: 'duplicate',
            table: 'public.t',
            key: '["1"]',
            hop: 'log-to-sink',
            sink: [{ id: '1' }, { id: '1' }],
            event: { topic: 'lab.public.t', partition: 0, offset: 2n ** 60n, lsn: 7n, op: 'create' },
            detail: 'twice',
          },
        ],
  cutLsn: '0/16B3748',
});

const fault: LabFault = {
  id: 'restart-1',
  mode: 'restart',
  step: 'restart',
  title: 'Connect is killed',
  kind: 'kill-connect',
  state: 'settled',
  requested_at: new Date(START + 30_000).toISOString(),
  healed_at: new Date(START + 40_000).toISOString(),
  settled_at: new Date(START + 50_000).toISOString(),
  heals_in_ms: null,
  healed_early: false,
  doing: 'settled and judged',
  watch_for: '',
  verdict: 'PASS',
  evidence: { bit: true, text: '23 events replayed', figures: { events_replayed: 23 } },
  variants: {
    dedup: { status: 'PASS', expected: '', seen: '', met: true, anomalies: {}, carried: {}, converged_ms: 5000 },
  },
  error: null,
};

const view = (changes: Partial<LabView> = {}): LabView => ({
  id: 'lab-1',
  phase: 'running',
  seed: 7,
  startedAt: START,
  now: new Date(START + 60_000),
  specs: { insert: { kind: 'builtin', title: 'blind INSERT' }, dedup: { kind: 'builtin', title: 'dedup' } },
  check: { at: START + 59_000, tookMs: 12.6, variants: [verdict('insert', 'WARN', 103), verdict('dedup', 'PASS', 99)] },
  consumers: new Map([['dedup', 'running']]),
  lag: {},
  ...{ foundAt: new Map(), causes: new Map() },
  writers: { state: 'running', rate: 100, transactions_per_second: 99, committed: 5, failure: null },
  faults: [],
  alerts: [],
  ...changes,
});

test('the overall status is the worst of the variants, with the cut and the time of the check', () => {
  expect(labReport(view())).toMatchObject({
    status: 'WARN',
    cut_lsn: '0/16B3748',
    judged_at: '2026-01-05T10:00:59.000Z',
    check_took_ms: 13,
  });
});

test('before the first check nothing is known, and that is no PASS', () => {
  const { check: _, ...unchecked } = view();
  const report = labReport(unchecked);
  expect(report).toMatchObject({ status: 'UNKNOWN', judged_at: null, cut_lsn: null });
  expect(report.variants.map(({ status, reason }) => [status, reason])).toEqual([
    ['UNKNOWN', 'not checked yet'],
    ['UNKNOWN', 'not checked yet'],
  ]);
});

test('an example has both rows and its event, in numbers that JSON can carry, and when it was first found', () => {
  const [finding] = verdict('insert', 'WARN', 103).findings;
  if (finding === undefined) throw new Error('no finding');
  const report = labReport(view({ foundAt: new Map([[findingName('insert', finding), START + 31_000]]) }));
  expect(() => JSON.stringify(report)).not.toThrow();
  expect(report.variants[0]?.examples[0]).toMatchObject({
    hop: 'log-to-sink',
    sink: [{ id: '1' }, { id: '1' }],
    event: { offset: '1152921504606846976', lsn: '7' },
    found_at: '2026-01-05T10:00:31.000Z',
  });
});

test('the pipeline’s state is in the shape that agents keep, with the rows of the soundest variant', () => {
  const { pipeline_state, recovery_history } = labReport(view({ faults: [fault] }));
  expect(pipeline_state).toEqual({
    last_verified_at: '2026-01-05T10:00:59.000Z',
    source_row_counts: { t: 100 },
    sink_row_counts: { t: 99 },
    known_issues: ['insert: duplicate 3'],
    recent_failures: ['restart at t=30s, recovered'],
  });
  expect(recovery_history).toEqual([{ type: 'restart', duration_seconds: 15, events_replayed: 23 }]);
});

test('a fault that is under way is no recovery', () => {
  const report = labReport(view({ faults: [{ ...fault, state: 'settling', settled_at: null, verdict: null }] }));
  expect(report.recovery_history).toEqual([]);
  expect(report.pipeline_state.recent_failures).toEqual(['restart at t=30s, in progress']);
});
