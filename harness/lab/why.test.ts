import { expect, test } from 'vitest';
import type { LabFault } from '#contracts/lab-fault.ts';
import type { Circumstances } from '#engine/explain.ts';
import type { Cause } from '#model/cause.ts';
import type { Finding } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import { findingOf } from '#testing/diagnosis-facts.ts';
import { labFault } from '#testing/lab-answers.ts';
import { builtinSubject } from '#testing/planting.ts';
import { findingName } from './live-report.ts';
import { causesByFault, openWhy } from './why.ts';

const VARIANT = 'insert';
const circumstances: Circumstances = {
  shared: { sources: [], tables: [], versions: {}, words: [] },
  variants: { [VARIANT]: { subject: builtinSubject({ name: VARIANT, mode: 'insert' }), words: [] } },
};

function shows(findings: readonly Finding[], more: Partial<VariantVerdict> = {}): VariantVerdict {
  const counts = Object.fromEntries(findings.map(({ anomaly }) => [anomaly, 1]));
  return {
    ...{ variant: VARIANT, verdict: findings.length === 0 ? 'PASS' : 'FAIL', tables: [], inFlight: 0 },
    ...{ lag: { records: 0, ms: 0 }, findings, counts, ...more },
  };
}
const duplicate = findingOf('duplicate');
const stale = findingOf('stale', { key: '["2"]' });
const fault = (id: string, kind: string, at: number): LabFault =>
  labFault({ id, kind, requested_at: new Date(at).toISOString(), evidence: null });

/** A lab whose servers are read at once; what is read, and what is told. */
function lab(faults: readonly LabFault[] = []) {
  const told: (readonly [string, readonly Cause[]])[] = [];
  let reads = 0;
  const why = openWhy({
    bench: {} as never,
    versions: {},
    faults: () => faults,
    foundAt: () => new Map(),
    onChange: (variant, causes) => told.push([variant, causes]),
    read: async () => {
      reads++;
      return circumstances;
    },
  });
  const note = async (now: number, ...verdicts: readonly VariantVerdict[]): Promise<void> => {
    why.note(verdicts, now);
    await new Promise((done) => setImmediate(done));
  };
  return { why, told, note, reads: () => reads };
}

test('the servers are read once for what a variant shows, however often it is checked', async () => {
  const { why, told, note, reads } = lab();
  for (let second = 10; second < 30; second++) await note(second * 1000, shows([duplicate]));
  expect(reads()).toBe(1);
  expect(why.causes.get(VARIANT)?.[0]?.code).toBe('applier-inserts-blindly');
  expect(told).toHaveLength(1);
});

test('another kind of finding is read for again, and no sooner than some seconds later', async () => {
  const { note, reads } = lab();
  await note(10_000, shows([duplicate]));
  await note(11_000, shows([duplicate, stale]));
  expect(reads()).toBe(1);
  await note(14_000, shows([duplicate, stale]));
  expect(reads()).toBe(2);
  // Which of the findings of a class a check names is chance.
  await note(20_000, shows([duplicate, findingOf('stale', { key: '["9"]' })]));
  expect(reads()).toBe(2);
});

test('what was read under a fault is read again once it is known what the fault did', async () => {
  const faults = [fault('schema-1', 'change-under-level', 9000)];
  const { note, reads } = lab(faults);
  await note(10_000, shows([duplicate]));
  await note(20_000, shows([duplicate]));
  expect(reads()).toBe(1);
  faults[0] = { ...fault('schema-1', 'change-under-level', 9000), evidence: { bit: true, text: '', figures: {} } };
  await note(30_000, shows([duplicate]));
  expect(reads()).toBe(2);
});

test('a variant that is right again has no causes, and one that could not be looked at keeps its own', async () => {
  const { why, told, note } = lab();
  await note(10_000, shows([duplicate]));
  await note(11_000, shows([], { verdict: 'UNKNOWN' }));
  expect(why.causes.get(VARIANT)).toHaveLength(1);
  await note(12_000, shows([]));
  expect(why.causes.get(VARIANT)).toBeUndefined();
  expect(told.map(([, causes]) => causes.length)).toEqual([1, 0]);
});

test('rows that an earlier fault has damaged are explained by that fault, not by the last', () => {
  const faults = [fault('backfill-1', 'direct-copy', 1000), fault('restart-2', 'kill-connect', 9000)];
  const foundAt = new Map([
    [findingName(VARIANT, stale), 2000],
    [findingName(VARIANT, duplicate), 9500],
  ]);
  const codes = (some: ReadonlyMap<string, number>): string[] =>
    causesByFault(circumstances, shows([stale, duplicate]), faults, some).map(({ code }) => code);
  expect(codes(foundAt)).toEqual(['writes-not-guarded', 'applier-inserts-blindly']);
  expect(codes(new Map())).not.toContain('writes-not-guarded');
});
