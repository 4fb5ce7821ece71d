import { expect, test } from 'vitest';
import type { RunEvent } from '#model/run-event.ts';
import { canonicalHistory, failingHistory, toothlessHistory } from '#testing/canonical-history.ts';
import { lineReporter } from './lines.ts';
import { initialState, reduce } from './state.ts';

function linesOf(events: readonly RunEvent[]): string[] {
  const report = lineReporter();
  return events.flatMap((event) => report(event));
}

test('the seed stands in the first lines', () => {
  expect(linesOf(canonicalHistory()).slice(0, 3).join('\n')).toContain('seed 7');
});

test('a step that is judged says of each variant what was expected and seen, marked', () => {
  const lines = linesOf(failingHistory());
  expect(lines).toContain('         ✓ insert         duplicate 398 (drained in 640 ms), as expected');
  expect(lines).toContain('         ✗ dedup          expected converges; seen lost 1, stale 3 (drained in 1.1 s)');
});

test('a fault that did not bite is said, and no variant is marked as met', () => {
  const text = linesOf(toothlessHistory()).join('\n');
  expect(text).toContain('the fault had no effect');
  expect(text).not.toContain('✓');
});

test('a mode that is skipped is told with the reason, and waits no longer among the others', () => {
  const skip: RunEvent = { at: 1, type: 'mode-skipped', mode: 'lag', why: 'it cannot be' };
  expect(linesOf([skip]).join()).toContain('skipped: it cannot be');
  const [started] = canonicalHistory();
  const state = [started, skip].reduce((before, event) => (event ? reduce(before, event) : before), initialState);
  expect(state.modes.map(({ id }) => id)).not.toContain('lag');
  expect(state.finished).toContainEqual({ kind: 'note', level: 'info', text: 'lag is skipped: it cannot be' });
});

test('waits that overlap give one line a second between them, samples one in five', () => {
  const at = 1_000_000;
  const wait = (ms: number): RunEvent => ({ at: at + ms, type: 'wait', what: 'it', waitedMs: ms, limitMs: 9000 });
  expect(linesOf([0, 100, 999, 1000, 1500, 2100].map(wait))).toHaveLength(3);
  const samples = canonicalHistory().filter((event) => event.type === 'sample');
  const seconds = ((samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)) / 1000;
  expect(linesOf(samples).length).toBeLessThanOrEqual(seconds / 5 + 1);
  expect(linesOf(samples).length).toBeGreaterThan(3);
});

test('a hold is told as one, and not as something that is waited for', () => {
  const wait = {
    at: 1_000_000,
    type: 'wait',
    what: 'all consumers are paused',
    waitedMs: 1000,
    limitMs: 3000,
  } as const;
  expect(linesOf([{ ...wait, hold: true }]).join()).toContain('  holding: all consumers are paused (1.0 s of 3.0 s)');
  expect(linesOf([{ ...wait, what: 'it' }]).join()).toContain('  waiting for it (1.0 s of 3.0 s at most)');
});

test('a check is told when something changed, not each time', () => {
  const check = (at: number, verdict: 'PASS' | 'FAIL', lost: number): RunEvent => ({
    at,
    type: 'check',
    mode: 'lag',
    kind: 'continuous',
    tookMs: 1,
    variants: [
      {
        variant: 'a',
        verdict,
        tables: [],
        counts: lost ? { lost } : {},
        inFlight: 3,
        lag: { records: 0, ms: 0 },
        findings: [],
      },
      { variant: 'b', verdict: 'PASS', tables: [], counts: {}, inFlight: 0, lag: { records: 0, ms: 0 }, findings: [] },
    ],
  });
  const lines = linesOf([check(1, 'PASS', 0), check(2, 'PASS', 0), check(3, 'FAIL', 2), check(4, 'FAIL', 5)]);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('all 2 variants PASS');
  expect(lines[1]).toContain('a FAIL (lost 2, 3 keys in flight)');
});

test('no line holds the escape sequence of a colour unless colours are asked for', () => {
  expect(linesOf(canonicalHistory()).join('\n')).not.toContain('\u001b');
});
