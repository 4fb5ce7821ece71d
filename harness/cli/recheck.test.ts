import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OBSERVATIONS_FILE, openObservations } from '#engine/observations.ts';
import type { Fact } from '#model/observation.ts';
import type { RunEvent } from '#model/run-event.ts';
import { openHistory } from '#report/history.ts';
import { writeReports } from '#report/index.ts';
import type { Report } from '#report/report.ts';
import { OperatorError } from '#std/errors.ts';
import { canonicalHistory } from '#testing/canonical-history.ts';
import { testHost } from '#testing/cli-host.ts';
import { recheckCommand } from './recheck.ts';
import { reportCommand } from './report.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-recheck-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const host = () => testHost(folder, () => Promise.reject(new Error('nothing is to be run')));

const column = { name: 'id', type: 'integer', nullable: false, generated: false };
const table = { schema: 'public', name: 't', columns: [column], key: ['id'] };

/** What a check saw of a sink that equals its source, or lacks one row of it. */
const facts = (lacks = false): Fact[] => [
  { type: 'cut', cutLsn: '0/1', starts: {}, ends: { 't/0': 2n }, applied: { 't/0': 2n }, ledgerSeq: 0 },
  { type: 'columns', source: table, sink: table },
  ...(lacks
    ? [
        {
          type: 'key',
          table: 'public.t',
          state: { key: '["1"]', source: { id: '1' }, sink: [], versions: [] },
        } as const,
      ]
    : []),
  { type: 'rows', table: 'public.t', sourceRows: 2, sinkRows: lacks ? 1 : 2 },
  { type: 'end', lag: { records: 0, ms: 0 } },
];

/** The history of one step in which a variant converged, and the reports made of it. */
function leaveRun({ baseline = true, read = [] as readonly RunEvent[] } = {}): void {
  const [started] = canonicalHistory();
  if (started?.type !== 'run-started') throw new Error('no start');
  const seen = {
    variant: 'upsert',
    verdict: 'PASS',
    tables: [{ table: 'public.t', verdict: 'PASS', sourceRows: 2, sinkRows: 2, inFlight: 0, counts: {} }],
    ...{ counts: {}, inFlight: 0, lag: { records: 0, ms: 0 }, findings: [] },
  } as const;
  const fault = { kind: 'nothing', bit: true, summary: 'it bit', figures: {} };
  const steps = [{ id: 'step', title: 'step' }];
  const events: RunEvent[] = [
    { ...started, variants: ['upsert'], modes: [{ id: 'mode', title: 'mode', story: '', steps }] },
    ...(baseline
      ? [{ type: 'check', at: started.at, mode: 'mode', kind: 'baseline', tookMs: 1, variants: [seen] } as const]
      : []),
    ...read,
    {
      type: 'step-judged',
      at: started.at + 1,
      result: {
        ...{ mode: 'mode', step: 'step', fault, verdict: 'PASS' },
        variants: { upsert: { expected: { kind: 'converges' }, seen, met: true } },
      },
    },
    { type: 'mode-ended', at: started.at + 2, mode: 'mode', verdict: 'PASS', durationMs: 2 },
    { type: 'run-ended', at: started.at + 3, verdict: 'PASS', exit: 0, durationMs: 3 },
  ];
  using history = openHistory(folder);
  for (const event of events) history.append(event);
  writeReports(folder, events);
}

function leaveObservations(ofStep: readonly Fact[], { baseline = true } = {}): void {
  writeFileSync(join(folder, 'ledger.jsonl'), '');
  using observations = openObservations(join(folder, OBSERVATIONS_FILE));
  for (const fact of baseline ? facts() : []) observations.record({ mode: 'mode' }, 'upsert', fact);
  for (const fact of ofStep) observations.record({ mode: 'mode', step: 'step' }, 'upsert', fact);
}

test('what is judged alike has the status of its verdict', async () => {
  leaveRun();
  leaveObservations(facts());
  const world = host();
  expect(await recheckCommand([folder], world)).toBe(0);
  expect(world.out.join('')).toContain('identical to the report in every step and variant');
});

test('what is judged otherwise is a failure, and every difference is named', async () => {
  leaveRun();
  leaveObservations(facts(true));
  const world = host();
  expect(await recheckCommand([folder, '--json'], world)).toBe(1);
  const { same, verdict, differences } = JSON.parse(world.out.join('')) as Record<string, unknown>;
  expect({ same, verdict, differences }).toEqual({
    same: false,
    verdict: 'FAIL',
    differences: [
      'mode/step, upsert: the report has PASS, converged, as expected; judged again: FAIL, lost 1, not as expected',
      'mode/step: the report has PASS; judged again: FAIL',
      'mode, the mode: the report has PASS; judged again: FAIL',
      'the run: the report has PASS; judged again: FAIL',
    ],
  });
});

/** What a run keeps of what its causes were looked for in. */
const CIRCUMSTANCES: RunEvent = {
  ...{ type: 'circumstances', at: 1, mode: 'mode', step: 'step' },
  shared: {
    sources: [{ name: 'app', file: 'source.json', config: { 'snapshot.mode': 'no_data' } }],
    ...{ tables: [table], versions: {}, words: [] },
  },
  variants: { upsert: { subject: { name: 'upsert', kind: 'builtin', connectors: [], lacking: [] }, words: [] } },
};

test('the causes are found again from what the history has, and are told', async () => {
  leaveRun({ read: [CIRCUMSTANCES] });
  leaveObservations(facts(true));
  const world = host();
  expect(await recheckCommand([folder, '--json'], world)).toBe(1);
  const { report } = JSON.parse(world.out.join('')) as { readonly report: Report };
  const [cause] = report.modes[0]?.steps[0]?.variants.upsert?.causes ?? [];
  expect(cause).toMatchObject({ code: 'snapshot-skipped', anomalies: ['lost'], certainty: 'shown' });
  const told = host();
  await recheckCommand([folder], told);
  expect(told.out.join('')).toMatch(
    /why\n- snapshot\.mode=no_data in source\.json: .*\[snapshot-skipped\] \(upsert under mode\/step\)/,
  );
});

test('a history of an older version, with advice and without what causes were looked for in, is judged again without them', async () => {
  leaveRun();
  leaveObservations(facts(true));
  const events = join(folder, 'events.jsonl');
  const advised = readFileSync(events, 'utf8').replaceAll(
    '"findings":[]',
    '"findings":[{"anomaly":"lost","detail":"gone.","advice":"look"}]',
  );
  expect(advised).toContain('advice');
  writeFileSync(events, advised);
  const reported = host();
  expect(await reportCommand([folder], reported)).toBe(0);
  expect(readFileSync(join(folder, 'report.json'), 'utf8')).not.toContain('advice');
  const world = host();
  expect(await recheckCommand([folder, '--json'], world)).toBe(1);
  expect(JSON.parse(world.out.join(''))).toMatchObject({ verdict: 'FAIL' });
});

test('a folder that lacks a part is refused with the name of what it lacks', async () => {
  const refusal = () => recheckCommand([folder], host()).catch((error: unknown) => error);
  expect(await refusal()).toMatchObject({ code: 'report-missing', exit: 2 });
  writeFileSync(join(folder, 'report.json'), '{"name": "something else"}');
  expect(await refusal()).toMatchObject({ code: 'report-foreign', exit: 2 });
  leaveRun();
  expect(await refusal()).toMatchObject({ code: 'ledger-missing', exit: 2 });
  writeFileSync(join(folder, 'ledger.jsonl'), '');
  expect(await refusal()).toMatchObject({ code: 'observations-missing', exit: 2 });
  writeFileSync(join(folder, OBSERVATIONS_FILE), 'not compressed');
  expect(await refusal()).toMatchObject({ code: 'observations-damaged', exit: 2 });
  rmSync(join(folder, OBSERVATIONS_FILE));
  leaveObservations(facts().slice(0, -1));
  expect(await refusal()).toMatchObject({ code: 'observations-incomplete', exit: 2 });
});

test('a run of a pipeline that was not demanded to be sound before it was broken has no baseline to be judged again', async () => {
  leaveRun({ baseline: false });
  leaveObservations(facts(), { baseline: false });
  expect(await recheckCommand([folder], host())).toBe(0);
  // One that had a baseline lacks it.
  leaveRun();
  await expect(recheckCommand([folder], host())).rejects.toMatchObject({ code: 'observations-incomplete', exit: 2 });
});

const BAD: Readonly<Record<string, string>> = {
  null: 'null\n',
  'a list': '[]\n',
  'an empty object': '{}\n',
  'a number': '7\n',
  'binary data': '\u0000\u00ff\u0001\n\u0002\n',
  'events that lack all but their type': ['run-started', 'step-judged', 'check', 'run-ended']
    .map((type) => `${JSON.stringify({ type, at: 1 })}\n`)
    .join(''),
  'a step without its fault': `${JSON.stringify({ type: 'step-judged', at: 1, result: { mode: 'mode', step: 'step' } })}\n`,
  'an operation without a table': '{"mode":"mode","seq":1,"outcome":"ok"}\n',
  'a report without its parts': '{"schema":"driftlab.report/2"}',
};

describe('a damaged folder', () => {
  const FILES = ['events.jsonl', 'report.json', 'ledger.jsonl', OBSERVATIONS_FILE];
  for (const file of FILES)
    test.each(Object.entries(BAD))(
      `${file} with %s is an error that names what is damaged, or does not matter`,
      async (_, bad) => {
        for (const place of ['instead', 'behind', 'packed'] as const) {
          leaveRun();
          leaveObservations(facts());
          const path = join(folder, file);
          const whole = readFileSync(path);
          const damage = place === 'packed' ? gzipSync(bad) : Buffer.from(bad);
          writeFileSync(path, place === 'instead' ? damage : Buffer.concat([whole, damage]));
          const before = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'base64')]);
          for (const command of [recheckCommand, reportCommand]) {
            const failure: unknown = await command([folder], host()).then(
              () => undefined,
              (error: unknown) => error,
            );
            if (failure === undefined) {
              // Written again from what is whole, or judged alike; what the next command finds must be as it was.
              for (const [name = '', text] of before) writeFileSync(join(folder, name), text ?? '', 'base64');
              continue;
            }
            if (!(failure instanceof OperatorError)) throw failure;
            expect(failure.exit).toBe(2);
            expect(`${failure.message} ${failure.expected} ${failure.found}`).toMatch(
              /driftlab-recheck-|the history|the run's/,
            );
            expect(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'base64')])).toEqual(
              before,
            );
          }
          rmSync(folder, { recursive: true });
          mkdirSync(folder);
        }
      },
    );
});
