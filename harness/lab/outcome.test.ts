import { expect, test } from 'vitest';
import type { AnomalyCounts } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Expectation } from '#model/scenario.ts';
import type { Verdict } from '#model/verdict.ts';
import { metOver, outcomeOf } from './outcome.ts';

const seen = (verdict: Verdict, counts: AnomalyCounts = {}): VariantVerdict => ({
  variant: 'upsert',
  verdict,
  tables: [],
  counts,
  inFlight: 0,
  lag: { records: 0, ms: 0 },
  findings: [],
});
const converges: Expectation = { kind: 'converges' };
const doubles: Expectation = { kind: 'shows', must: ['duplicate'], may: [] };

test('an undamaged variant is judged as in a scenario', () => {
  expect(metOver({}, converges, seen('PASS'))).toBe(true);
  expect(metOver({}, converges, seen('FAIL', { lost: 1 }))).toBe(false);
  expect(metOver({}, doubles, seen('WARN', { duplicate: 5 }))).toBe(true);
  expect(metOver({}, doubles, seen('PASS'))).toBe(false);
});

test('what an earlier fault left is not this one’s doing: only more of it counts', () => {
  expect(metOver({ duplicate: 5 }, doubles, seen('WARN', { duplicate: 9 }))).toBe(true);
  expect(metOver({ duplicate: 5 }, converges, seen('WARN', { duplicate: 4 }))).toBe(true);
});

test('a damaged variant that is wrong in more ways proves nothing against it, and one that does not break nothing for it', () => {
  expect(metOver({ lost: 5 }, converges, seen('FAIL', { lost: 4, corrupt: 1 }))).toBeUndefined();
  expect(metOver({ duplicate: 5 }, doubles, seen('WARN', { duplicate: 5 }))).toBeUndefined();
});

test('a damaged variant that is whole again has converged', () => {
  expect(metOver({ lost: 5 }, converges, seen('PASS'))).toBe(true);
});

test('what could not be judged has not been met', () => {
  expect(metOver({ lost: 5 }, converges, seen('UNKNOWN'))).toBe(false);
});

test('an outcome tells what was added from what was there', () => {
  const outcome = outcomeOf({ seen: seen('WARN', { duplicate: 9 }), convergedMs: 1234.5 }, { duplicate: 5 }, doubles);
  expect(outcome).toMatchObject({
    seen: 'duplicate 4 more (already there: duplicate 5)',
    met: true,
    converged_ms: 1235,
  });
});

test('a variant of which the step expects nothing is told, not judged', () => {
  expect(outcomeOf({ seen: seen('FAIL', { stalled: 1 }) }, {}, undefined)).toMatchObject({
    status: 'FAIL',
    expected: 'nothing',
    seen: 'stalled 1',
    met: null,
  });
  expect(outcomeOf({ seen: seen('UNKNOWN') }, {}, undefined).met).toBeNull();
});
