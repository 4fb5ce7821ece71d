import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import type { RunEvent } from '#model/run-event.ts';
import {
  allSkippedHistory,
  canonicalHistory,
  failingHistory,
  skippingHistory,
  toothlessHistory,
} from '#testing/canonical-history.ts';
import { buildReport } from './build.ts';
import { decodeEvent, encodeEvent } from './history.ts';
import { reportJson } from './json.ts';

const schema: object = JSON.parse(readFileSync(new URL('schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

/** The errors of a report.json against its published schema. */
function errorsOf(json: string) {
  return validate(JSON.parse(json)) ? [] : validate.errors;
}

const histories: Readonly<Record<string, RunEvent[]>> = {
  'as expected': canonicalHistory(),
  'with a failed expectation': failingHistory(),
  'whose fault did not bite': toothlessHistory(),
  'killed in the middle of a mode': canonicalHistory({ until: (event) => event.type !== 'step-judged' }),
  'killed before the stack was up': canonicalHistory({ until: (event) => event.type !== 'stack-ready' }),
  'with every class of anomaly': everyAnomaly(),
  'that skipped modes': skippingHistory(),
  'that skipped every mode': allSkippedHistory(),
};

function everyAnomaly(): RunEvent[] {
  const seen = {
    ...{ lost: 1, orphan: 2, duplicate: 3, stale: 4, resurrected: 5, corrupt: 6, 'missing-column': 7 },
    ...{ 'extra-column': 8, reordered: 9, 'partial-transaction': 10, stalled: 1 },
  };
  const step = { id: 's', title: 'S', kind: 'k', evidence: 'e', figures: {}, peak: 1, variants: { a: { seen } } };
  return canonicalHistory({ variants: ['a'], modes: [{ id: 'm', title: 'M', story: 'x', steps: [step] }] });
}

test.each(Object.entries(histories))('the report.json of a run %s is valid against schema.json', (_, events) => {
  expect(errorsOf(reportJson(buildReport(events)))).toEqual([]);
});

test('the schema refuses a report with a field too few, and one with a field that it does not know', () => {
  const report = JSON.parse(reportJson(buildReport(canonicalHistory())));
  const { seed: _, ...without } = report;
  expect(errorsOf(JSON.stringify(without))?.[0]?.message).toContain("'seed'");
  expect(errorsOf(JSON.stringify({ ...report, sead: 1 }))?.[0]?.message).toContain('additional');
});

test('a step says what was expected, what was seen, and whether that is the same', () => {
  const { insert, upsert } = buildReport(canonicalHistory()).modes[0]?.steps[0]?.variants ?? {};
  expect(insert).toMatchObject({
    expected: 'duplicate',
    seen: 'duplicate 398',
    verdict: 'WARN',
    met: true,
    anomalies: { duplicate: 398 },
    converged_ms: 640,
  });
  expect(upsert).toMatchObject({ expected: 'converges', seen: 'converged', verdict: 'PASS', met: true });
});

test('a mode with two steps takes the worst verdict, adds up the anomalies, and is met only if both are', () => {
  const backfill = buildReport(canonicalHistory()).modes.find(({ id }) => id === 'backfill');
  expect(backfill?.steps.map((step) => step.variants.upsert?.verdict)).toEqual(['PASS', 'FAIL']);
  expect(backfill?.variants.upsert).toMatchObject({
    expected: 'history: converges; copy-in: stale (may: resurrected)',
    seen: 'history: converged; copy-in: stale 64',
    expectation: { kind: 'shows', must: ['stale'], may: ['resurrected'] },
    verdict: 'FAIL',
    met: true,
    anomalies: { stale: 64 },
  });
  expect(backfill?.fault.evidence.figures).toMatchObject({ 'history.rows': 5000, 'copy-in.rows_outdated': 64 });
});

test('one step of two that was not as expected, or never converged, is told of the whole mode', () => {
  const step = { title: '', kind: 'k', evidence: '', figures: {}, peak: 1 } as const;
  const steps = [
    { ...step, id: 'first', variants: { a: { seen: { lost: 2, stalled: 1 } } } },
    { ...step, id: 'second', variants: { a: {} } },
  ];
  const events = canonicalHistory({ variants: ['a'], modes: [{ id: 'm', title: 'M', story: '', steps }] });
  const mode = buildReport(events).modes[0];
  expect(mode?.steps.map((each) => each.variants.a?.converged_ms)).toEqual([null, 640]);
  expect(mode?.variants.a).toMatchObject({ met: false, converged_ms: null, verdict: 'FAIL' });
});

test('one fault of two that did not bite is told of the whole mode', () => {
  const events = canonicalHistory().map((event) =>
    event.type === 'step-judged' && event.result.step === 'pause'
      ? { ...event, result: { ...event.result, fault: { ...event.result.fault, bit: false } } }
      : event,
  );
  const modes = buildReport(events).modes;
  expect(modes.find(({ id }) => id === 'lag')?.fault.bit).toBe(false);
  expect(modes.find(({ id }) => id === 'backfill')?.fault.bit).toBe(true);
});

test('a variant that never drained has no time of convergence, in its mode neither', () => {
  const mode = buildReport(canonicalHistory()).modes.find(({ id }) => id === 'schema');
  expect(mode?.variants.strict).toMatchObject({ converged_ms: null, lag: { records: 412, ms: 5300 } });
});

test('lag and faults are told in ms since the start of the run, in the mode they belong to', () => {
  const [restart, lag] = buildReport(canonicalHistory()).modes;
  expect(restart?.faults).toHaveLength(1);
  expect(lag?.faults.map(({ step }) => step)).toEqual(['pause', 'retention']);
  const fault = restart?.faults[0];
  expect(fault?.healed_ms).toBeGreaterThan(fault?.injected_ms ?? 0);
  const during = restart?.lag.filter(({ at_ms }) => at_ms >= (fault?.injected_ms ?? 0));
  expect(Math.max(...(during?.map(({ variants }) => variants.insert?.records ?? 0) ?? []))).toBe(210);
});

test('thousands of samples are thinned out, and the last one stays', () => {
  const [first, ...rest] = canonicalHistory();
  const at = first?.at ?? 0;
  const samples = Array.from({ length: 5000 }, (_, index): RunEvent => {
    const lag = { insert: { records: index, ms: index } };
    return { at: at + index, type: 'sample', mode: 'restart', transactionsPerSecond: 1, committed: index, lag };
  });
  const kept = buildReport([...(first ? [first] : []), ...samples, ...rest.slice(-1)]).modes[0]?.lag ?? [];
  expect(kept.length).toBeLessThanOrEqual(600);
  expect(kept.at(-1)?.committed).toBe(4999);
});

test('a run that was killed is UNKNOWN, keeps what was judged, and says which steps were not', () => {
  const events = canonicalHistory({ until: (event) => !(event.type === 'fault' && event.step === 'retention') });
  const report = buildReport(events);
  expect(report).toMatchObject({ verdict: 'UNKNOWN', exit: 3, reason: expect.stringContaining('killed') });
  const [restart, lag, schemaMode] = report.modes;
  expect(restart).toMatchObject({ progress: 'judged', verdict: 'PASS' });
  expect(lag).toMatchObject({ progress: 'cut-short', verdict: 'UNKNOWN', fault: { bit: null } });
  expect(lag?.steps.map(({ progress }) => progress)).toEqual(['judged', 'cut-short']);
  expect(schemaMode).toMatchObject({ progress: 'not-run', verdict: 'UNKNOWN' });
});

test('offsets and LSNs beyond what a number holds keep every digit, through the history and the report', () => {
  const big = '9007199254740993';
  const events = failingHistory().map((event) =>
    decodeEvent(encodeEvent(event).replaceAll(/"\$bigint":"\d+"/g, `"$bigint":"${big}"`)),
  );
  const example = buildReport(events).modes[0]?.variants.dedup?.examples[0];
  expect(example?.event).toMatchObject({ offset: big, lsn: big });
});

test('the replay command names everything that decides the run', () => {
  expect(buildReport(failingHistory()).replay).toBe(
    'npx driftlab scenario canonical --seed 7 --rate 100 --hold 3 --only restart',
  );
});

test('the replay command names the operation of each fault that no seed decides: those behind the first of a mode', () => {
  let operation = 100;
  const events = canonicalHistory().map((event) => {
    if (event.type !== 'step-judged') return event;
    operation += 100;
    return { ...event, result: { ...event.result, fault: { ...event.result.fault, operation } } };
  });
  const report = buildReport(events);
  expect(report.replay).toContain('--at-op lag/retention=400,backfill/copy-in=800');
  expect(report.modes[0]?.fault.operation).toBe(200);
  const given = events.map((event) => (event.type === 'run-started' ? { ...event, replay: 'x --at-op 7' } : event));
  expect(buildReport(given).replay).toBe('x --at-op 7');
});

test('a history without a start is an error, not an empty report', () => {
  expect(() => buildReport([])).toThrow(expect.objectContaining({ code: 'history-empty' }));
});
