import { expect, test } from 'vitest';
import type { LabReport } from '#contracts/lab-report.ts';
import type { AnomalyCounts } from '#model/finding.ts';
import type { LabEvent } from '#model/lab.ts';
import { exampleFindings } from '#testing/findings.ts';
import { brokenVariant, LAB_NOW, labAlert, labFault, labReport, labTime, settledFault } from '#testing/lab-answers.ts';
import { watchLines } from './lines.ts';
import type { WatchInput } from './state.ts';

function linesOf(...inputs: readonly WatchInput[]): string[] {
  const lines = watchLines();
  return inputs.flatMap((input) => lines(input));
}

const attached: WatchInput = { kind: 'attached', at: LAB_NOW };
const stands = (report: Partial<LabReport> = {}): WatchInput => ({
  kind: 'answers',
  answers: { report: labReport(report) },
});
const event = (one: LabEvent): WatchInput => ({ kind: 'event', event: one });

test('first how the lab stands, once, each line with the time of day', () => {
  const variants = [brokenVariant('insert', 'FAIL', { duplicate: 398 })];
  const lines = linesOf(attached, stands({ variants, faults: [labFault()], alerts: [labAlert()] }), stands());
  // With the causes of the variant and of the alert: what they say, what was read, what to change, and where to read on.
  expect(lines).toHaveLength(14);
  for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d {2}/);
  expect(lines[0]).toContain('lab live-7f3a is running, seed 4711, writers running (98 of 100 tx/s): FAIL');
  expect(lines[1]).toMatch(/insert {2}FAIL {2}lag 12 records, 84 ms {2}duplicate 398, 9 keys in flight/);
  expect(lines[2]).toContain('insert, why: Rows that a job had read earlier were written over newer ones.');
  expect(lines[7]).toContain('lag-2 requested: All consumers are paused while writers continue');
  expect(lines[9]).toContain('LAG ALERT: lab-dedup lags by 50.0 s');
  expect(lines[12]).toContain('to fix it: give the topics a longer retention now');
});

test('what is remembered from before is not told again', () => {
  const lines = watchLines();
  lines(stands());
  expect(lines(event({ at: LAB_NOW - 1, type: 'lab-phase', phase: 'faulted' }))).toEqual([]);
  expect(lines(event({ at: LAB_NOW + 1, type: 'lab-phase', phase: 'faulted' }))).toHaveLength(1);
});

test('a fault is told when it is asked for, heals, and has settled with each variant’s outcome, not each time it says a word', () => {
  const lines = watchLines();
  lines(stands());
  const told = (fault: Parameters<typeof labFault>[0], at: number) =>
    lines(event({ at: LAB_NOW + at, type: 'lab-fault', fault: labFault(fault) })).map((line) => line.slice(10));
  expect(told({}, 1)).toHaveLength(2);
  expect(told({ doing: 'something else' }, 2)).toEqual([]);
  expect(told({ state: 'settling' }, 3)).toEqual(['lag-2 healed, settling']);
  const { verdict, variants, evidence } = settledFault();
  expect(told({ state: 'settled', verdict, variants, evidence }, 4)).toEqual([
    'lag-2 settled: PASS  412 events came a second time.',
    '  insert  ✓ duplicate 398 in 640 ms',
    '  dedup   ✓ converged in 640 ms',
  ]);
});

test('alerts are told when they come and when they are over, writers when they change', () => {
  const lines = watchLines();
  lines(stands());
  const told = (one: LabEvent) => lines(event(one)).length;
  expect(told({ at: LAB_NOW + 1, type: 'lab-alert', alert: labAlert() })).toBe(5);
  expect(told({ at: LAB_NOW + 2, type: 'lab-alert', alert: labAlert({ lag_ms: 55_000 }) })).toBe(0);
  expect(told({ at: LAB_NOW + 3, type: 'lab-alert', alert: labAlert({ until: labTime(3) }) })).toBe(1);
  const { writers } = labReport();
  expect(told({ at: LAB_NOW + 4, type: 'lab-writers', writers })).toBe(0);
  expect(told({ at: LAB_NOW + 5, type: 'lab-writers', writers: { ...writers, state: 'paused' } })).toBe(1);
});

test('of a class the first findings are told one by one, until it is mended and comes again', () => {
  const lines = watchLines();
  lines(stands());
  let at = LAB_NOW;
  const check = (counts: AnomalyCounts): string[] => {
    at += 1000;
    const verdict = counts.duplicate === undefined ? ('PASS' as const) : ('FAIL' as const);
    const findings = exampleFindings(counts).flatMap((finding) =>
      Array.from({ length: 4 }, (_, key) => ({ ...finding, key: `["${at}${key}"]` })),
    );
    const seen = { verdict, counts, findings, inFlight: 0, lag: { records: 0, ms: 0 }, tables: [] };
    const one = { at, type: 'check', mode: 'lab', kind: 'continuous', tookMs: 1 } as const;
    return [...lines(event({ ...one, variants: [{ variant: 'insert', ...seen }] }))].filter((line) =>
      line.includes('  insert  duplicate'),
    );
  };
  expect(check({ duplicate: 4 })).toHaveLength(4);
  const [fifth, more, ...rest] = check({ duplicate: 8 });
  expect(fifth).toContain('The sink holds 2 rows');
  expect(more).toContain('insert  duplicate: and more of them');
  expect(rest).toEqual([]);
  expect(check({ duplicate: 12 })).toEqual([]);
  expect(check({})).toEqual([]);
  expect(check({ duplicate: 4 })).toHaveLength(4);
});

test('that the lab is away is said once, with why, and so is how long it was', () => {
  const away = (at: number): WatchInput => ({ kind: 'away', at: LAB_NOW + at, why: 'connection refused' });
  const lines = linesOf(attached, stands(), away(1000), away(2000), { kind: 'attached', at: LAB_NOW + 9000 }).slice(-2);
  expect(lines[0]).toContain('the lab is away: connection refused');
  expect(lines[1]).toContain('back after 8 s');
});
