import { describe, expect, test } from 'vitest';
import type { AnomalyCounts } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Expectation } from '#model/scenario.ts';
import type { Verdict } from '#model/verdict.ts';
import { controlFailed, meets, stepVerdict, undecided } from './expectation.ts';

function seen(verdict: Verdict, counts: AnomalyCounts = {}): VariantVerdict {
  return { variant: 'v', verdict, tables: [], counts, inFlight: 0, lag: { records: 0, ms: 0 }, findings: [] };
}

const converges: Expectation = { kind: 'converges' };
const showsStale: Expectation = { kind: 'shows', must: ['stale'], may: ['orphan'] };

describe('meets', () => {
  test('a variant that should converge must PASS: a WARN does not do', () => {
    expect(meets(converges, seen('PASS'))).toBe(true);
    expect(meets(converges, seen('WARN', { duplicate: 1 }))).toBe(false);
  });

  test('an anomaly that was expected must be found', () => {
    expect(meets(showsStale, seen('FAIL', { stale: 3 }))).toBe(true);
    expect(meets(showsStale, seen('PASS'))).toBe(false);
    expect(meets(showsStale, seen('FAIL', { orphan: 1 }))).toBe(false);
  });

  test('an anomaly that was not expected is not excused by one that was', () => {
    expect(meets(showsStale, seen('FAIL', { stale: 3, orphan: 1 }))).toBe(true);
    expect(meets(showsStale, seen('FAIL', { stale: 3, lost: 1 }))).toBe(false);
  });

  test('what could not be judged meets nothing', () => {
    expect(meets(converges, seen('UNKNOWN'))).toBe(false);
    expect(meets(showsStale, seen('UNKNOWN', { stale: 1 }))).toBe(false);
  });
});

describe('trouble of the lab itself', () => {
  test('nothing that was seen meanwhile is held for or against a variant, and it stays to be read', () => {
    const shown = seen('FAIL', { lost: 3 });
    const doubtful = undecided(shown, ['connect: it rebalanced']);
    expect(doubtful).toMatchObject({ verdict: 'UNKNOWN', counts: { lost: 3 } });
    expect(doubtful.reason).toContain('connect: it rebalanced');
    expect(stepVerdict(true, [{ expected: converges, seen: doubtful, met: meets(converges, doubtful) }])).toBe(
      'UNKNOWN',
    );
    expect(undecided(shown, [])).toBe(shown);
  });

  test('a control that fails behind the log makes the result doubtful, one that lacks what was never captured does not', () => {
    const finding = { anomaly: 'lost', detail: '' } as const;
    const failed = { ...seen('FAIL', { lost: 2 }), variant: 'control' };
    expect(controlFailed({ ...failed, findings: [{ ...finding, hop: 'log-to-sink' }] })).toContain('lost 2');
    expect(controlFailed({ ...failed, findings: [{ ...finding, hop: 'source-to-log' }] })).toBeUndefined();
    expect(controlFailed({ ...seen('PASS'), variant: 'control' })).toBeUndefined();
  });
});

describe('stepVerdict', () => {
  const result = (expected: Expectation, shown: VariantVerdict) => ({
    expected,
    seen: shown,
    met: meets(expected, shown),
  });

  test('a fault that did not bite is UNKNOWN, however well all went', () => {
    expect(stepVerdict(false, [result(converges, seen('PASS'))])).toBe('UNKNOWN');
    expect(stepVerdict(true, [result(converges, seen('PASS'))])).toBe('PASS');
  });

  test('a variant expected to break that does not break is UNKNOWN, not FAIL', () => {
    expect(stepVerdict(true, [result(showsStale, seen('PASS'))])).toBe('UNKNOWN');
  });

  test('a variant expected to converge that breaks is a FAIL, also beside one that could not be judged', () => {
    expect(stepVerdict(true, [result(converges, seen('FAIL', { lost: 1 })), result(converges, seen('UNKNOWN'))])).toBe(
      'FAIL',
    );
  });

  test('a variant that breaks in another way than expected is a FAIL', () => {
    expect(stepVerdict(true, [result(showsStale, seen('FAIL', { lost: 1 }))])).toBe('FAIL');
  });
});
