import { renderToString } from 'ink';
import { createElement as h } from 'react';
import { expect, test } from 'vitest';
import type { LabReport } from '#contracts/lab-report.ts';
import { colours, plain } from '#report/text.ts';
import {
  brokenVariant,
  LAB_NOW,
  labAlert,
  labCatalogue,
  labConnectors,
  labFault,
  labFindings,
  labLags,
  labReport,
  labStack,
  labTables,
  labTime,
  labVariant,
  settledFault,
} from '#testing/lab-answers.ts';
import { widthOf } from '../fit.ts';
import { initialUi, type Ui } from './keys.ts';
import { Screen, screenLines } from './screen.ts';
import { type Answers, initialWatch, reduceWatch, type WatchInput, type WatchState } from './state.ts';
import type { View } from './view.ts';

const unknown = initialWatch('127.0.0.1:8089', LAB_NOW);

function watching(report: Partial<LabReport> = {}, more: Answers = {}, ...inputs: readonly WatchInput[]): WatchState {
  const answers = {
    ...{ report: labReport(report), catalogue: labCatalogue(), stack: labStack() },
    ...{ lags: labLags(), connectors: labConnectors() },
    ...more,
  };
  return [{ kind: 'attached', at: LAB_NOW - 5000 } as const, { kind: 'answers', answers } as const, ...inputs].reduce(
    reduceWatch,
    unknown,
  );
}

const SIZE = { columns: 80, rows: 24 };

/** What the terminal shows. */
function screen(state: WatchState, ui: Partial<Ui> = {}, more: Partial<View> = {}): string {
  const view: View = { state, ui: { ...initialUi, ...ui }, now: LAB_NOW + 1200, ...SIZE, paint: plain, ...more };
  return renderToString(h(Screen, { lines: screenLines(view) }), { columns: view.columns });
}

const damaged = {
  variants: [
    brokenVariant('insert', 'FAIL', { duplicate: 398, stale: 3, lost: 2 }),
    brokenVariant('upsert', 'WARN', { duplicate: 2 }),
    labVariant('dedup'),
    labVariant('debezium-jdbc', { status: 'SYNC_IN_PROGRESS' }),
  ],
};

test('before any lab answers, it says so and what starts one', () => {
  expect(screen(unknown)).toContain('asking 127.0.0.1:8089 how the lab is');
  const nobody = reduceWatch(unknown, { kind: 'away', at: LAB_NOW, why: 'connection refused' });
  expect(screen(nobody)).toContain('no lab at 127.0.0.1:8089 (connection refused); npx driftlab up starts one');
});

test('the pipeline is a row of hops, each with its health and position', () => {
  const lines = screen(watching()).split('\n');
  const at = lines.findIndex((line) => line.startsWith('source'));
  expect(lines[at]).toMatch(/^source +Debezium +Kafka +applier +sink insert$/);
  expect(lines[at + 1]).toMatch(/^✓ running +─▶ ✓ running +─▶ ✓ running +─▶ ✓ running +─▶ ✓ running/);
  expect(lines[at + 2]).toMatch(/^0\/1A2B3C8 +0\/1A2B4F0 +end 41,239 +at 41,227 +7,694 rows/);
});

test('a hop that does not run is marked with a sign and its own word', () => {
  const killed = screen(watching({}, { stack: labStack({ connect: 'killed', broker: 'paused', sink: 'starting' }) }));
  expect(killed).toMatch(/✗ killed +─▶ ‖ paused +─▶ ✓ running +─▶ … starting/);
  const failed = screen(watching({}, { connectors: labConnectors('RUNNING', 'FAILED') }));
  expect(failed).toMatch(/✗ failed +─▶/);
  expect(failed).toContain('0 of 1 task');
});

test('rate, lag and latency are drawn with their figures, and what a full bar stands for', () => {
  const samples = Array.from({ length: 90 }, (_, second): WatchInput => {
    const lag = { insert: { records: second * 10, ms: second * 100 } };
    const rates = { transactionsPerSecond: second < 60 ? 100 : 50, committed: second * 100 };
    return { kind: 'event', event: { at: LAB_NOW + second, type: 'sample', mode: 'lab', ...rates, lag } };
  });
  const total = (sum: number, count: number): WatchInput => ({
    kind: 'answers',
    answers: { latencies: { insert: { sum, count } } },
  });
  const text = screen(watching({}, {}, ...samples, total(1, 10), total(4, 20)));
  expect(text).toMatch(/writes {3}50 of 100 tx\/s +█*▅+ +8,900 committed/);
  expect(text).toMatch(/lag {6}890 rec, 8\.9 s +[▅▆]*▇+█+ full: 8\.9 s/);
  expect(text).toMatch(/latency {2}300 ms to sink +▂▃ +full: 1\.0 s/);
});

test('paused writers are said in words', () => {
  const writers = { ...labReport().writers, state: 'paused' as const };
  const text = screen(watching({ writers }));
  expect(text).toContain('‖ paused');
  expect(text).toContain('p resume');
});

test('variants × tables: status, rows against the source’s, keys in flight', () => {
  const text = screen(watching(damaged));
  expect(text).toMatch(/variant +status +lag +customers +orders +line_items/);
  expect(text).toMatch(/rows at the source +512 +2,052 +5,130/);
  expect(text).toMatch(/▶ insert +✗ FAIL +84 ms +✓ 512 +✗ 2,450 ~3 +✓ 5,130 ~6/);
  expect(text).toMatch(/ {2}dedup +✓ PASS +84 ms +✓ 512 +✓ 2,052 ~3 +✓ 5,130 ~6/);
  expect(text).toMatch(/ {2}debezium-jdbc +↻ SYNCING/);
});

test('tables that do not fit share a column with their worst verdict', () => {
  const tables = labTables().flatMap((table, index) => [
    table,
    { ...table, table: `public.more_${index}`, status: index === 2 ? ('FAIL' as const) : ('PASS' as const) },
  ]);
  const text = screen(watching({ variants: [labVariant('insert', { tables })] }));
  expect(text).toMatch(/customers +more_0 +\+4 tables/);
  expect(text).toMatch(/insert .*✗ FAIL$/m);
});

test('a wider terminal shows more: latency, the lag of late, the anomalies of every variant', () => {
  const text = screen(watching(damaged), {}, { columns: 160, rows: 50 });
  expect(text).toMatch(/status +lag +latency lag of late .* anomalies/);
  expect(text).toMatch(/insert .*lost 2, duplicate 398, stale 3/);
});

test('anomalies stand newest first, with time, variant, class, key and what is wrong', () => {
  const text = screen(watching(damaged));
  expect(text).toContain('anomalies (newest first)  insert: lost 2, duplicate 398, stale 3');
  const lines = text.split('\n').filter((line) => /^ {2}\d\d:\d\d:\d\d/.test(line));
  expect(lines.map((line) => line.trim().split(/\s+/).slice(1, 3))).toEqual([
    ['insert', 'lost'],
    ['upsert', 'duplicate'],
    ['insert', 'duplicate'],
    ['insert', 'stale'],
  ]);
  expect(lines[2]).toMatch(/orders 1043: The sink holds 2 rows/);
});

test('an anomaly whose class is not counted any more is said to be mended', () => {
  const before = watching(damaged);
  const answers = { report: labReport({ lab: { ...labReport().lab, now: labTime(2000) } }) };
  const after = reduceWatch(before, { kind: 'answers', answers });
  expect(screen(after)).toMatch(/insert +lost +fixed since: orders 1043/);
  expect(screen(after)).toContain('insert: none');
});

test('a variant that has stalled says why', () => {
  const reason = 'unknown column "tier"\u001b[2J';
  const stalled = labVariant('insert', { status: 'FAIL', anomalies: { stalled: 1 }, reason, consumer: 'failed' });
  const text = screen(watching({ variants: [stalled] }));
  expect(text).toContain('insert: stalled 1 · unknown column "tier"\\u001b[2J');
  expect(text).toContain('✗ failed');
});

test('a fault counts down between what the lab says, and then settles', () => {
  const faults = [settledFault(), labFault()];
  const text = screen(watching({ faults }), {}, { now: LAB_NOW + 2000 });
  expect(text).toContain('fault    ▶ lag-2  heals in 5 s  All consumers are paused while writers continue');
  expect(text).toContain('every consumer is paused');
  expect(text).toContain('watch for: insert, upsert, dedup, debezium-jdbc converge');
  expect(text).toContain('x heal');
  const settling = labFault({ state: 'settling', healed_at: labTime(-2000), heals_in_ms: null });
  const healed = screen(watching({ faults: [settling] }));
  expect(healed).toContain('▶ lag-2  healed, settling for 3 s');
  expect(healed).not.toContain('x heal');
});

test('what a fault waits for has a bar, until it is over', () => {
  const wait = { what: 'every consumer stays paused', waitedMs: 4000, limitMs: 10_000 };
  const state = watching(
    { faults: [labFault()] },
    {},
    { kind: 'event', event: { at: LAB_NOW, type: 'wait', ...wait } },
  );
  expect(screen(state, {}, { now: LAB_NOW + 1000 })).toContain('██████░░░░░░ 5 of 10 s · every consumer stays paused');
  expect(screen(state, {}, { now: LAB_NOW + 4000 })).not.toContain('of 10 s');
});

test('what became of the last fault stands while none is in', () => {
  const text = screen(watching({ faults: [settledFault()] }), {}, { columns: 120 });
  expect(text).toContain('none active:  r restart  l lag  s schema  d duplicate  b backfill');
  expect(text).toMatch(/restart-1 ✓ PASS 2 min ago · insert ✓ duplicate 398 in 640 ms · dedup ✓ converged in 640 ms/);
  const toothless = settledFault({ verdict: 'UNKNOWN', evidence: { bit: false, text: '', figures: {} } });
  expect(screen(watching({ faults: [toothless] }))).toContain('? UNKNOWN 2 min ago · the fault had no effect');
  const broken = settledFault({ state: 'failed', verdict: 'UNKNOWN', error: 'error: connect did not start\n  do: …' });
  expect(screen(watching({ faults: [broken] }))).toContain('? UNKNOWN 2 min ago · error: connect did not start');
});

test('a lag alert stands on top with what to do', () => {
  const text = screen(watching({ alerts: [labAlert(), labAlert({ id: 'old', until: labTime(-1) })] }));
  expect(text).toContain('! LAG ALERT: lab-dedup lags by 50.0 s of the 60.0 s');
  expect(text).toContain('do: give the topics a longer retention now');
});

test('while the lab is away what was seen stays, with since when it is away and why', () => {
  const state = watching(damaged, {}, { kind: 'away', at: LAB_NOW - 7000, why: 'connection refused' });
  const again = reduceWatch(state, { kind: 'away', at: LAB_NOW, why: 'connection refused' });
  const text = screen(again);
  expect(text).toMatch(/✗ the lab is away since \d\d:\d\d:\d\d, 8 s \(connection refused\)/);
  expect(text).toContain('the data below is from then');
  expect(text).toContain('✗ FAIL');
  const stopping = watching(
    { lab: { ...labReport().lab, phase: 'stopping' } },
    {},
    { kind: 'away', at: LAB_NOW, why: 'ended' },
  );
  expect(screen(stopping)).toContain('the lab has gone down since');
});

test('a verifier that has not judged for long is not taken at its word', () => {
  expect(screen(watching({ judged_at: labTime(-30_000) }))).toContain('! no check for 31 s');
  expect(screen(watching({ judged_at: null, status: 'UNKNOWN' }))).toMatch(/not judged yet {2}\? UNKNOWN$/m);
});

test('what was just done is said for a while', () => {
  const said = { at: LAB_NOW, tone: 'odd' as const, text: 'lag-2 is on its way in' };
  const state = watching({}, {}, { kind: 'said', said });
  expect(screen(state)).toContain('lag-2 is on its way in');
  expect(screen(state, {}, { now: LAB_NOW + 60_000 })).not.toContain('lag-2 is on its way in');
});

test('a fault is offered with what can be said about it before it is injected', () => {
  const text = screen(watching(), { wish: { mode: 'lag', step: 'retention', seconds: 15 } });
  expect(text).toContain('inject   lag · ←→ step: retention · ↑↓ seconds: 15 · Enter: inject · Esc: cancel');
});

test('help fits 80 × 24 and has every key', () => {
  const text = screen(watching(), { screen: 'help' });
  for (const key of ['r', 'l', 's', 'd', 'b', 'x', 'p', '↑ ↓', 'Enter', 'v', 'Esc', 'q'])
    expect(text).toMatch(new RegExp(`^ {2}${key} `, 'm'));
  expect(text).not.toContain('…\n');
  expect(text).toContain('any key goes back');
});

const everyState: readonly (readonly [string, WatchState])[] = [
  ['seeking', unknown],
  ['starting', watching({ variants: [], judged_at: null, cut_lsn: null }, { lags: { ...labLags(), groups: [] } })],
  ['damaged', watching({ ...damaged, faults: [settledFault(), labFault()], alerts: [labAlert()] })],
  ['many variants', watching({ variants: Array.from({ length: 12 }, (_, i) => labVariant(`variant-number-${i}`)) })],
  ['away', watching(damaged, {}, { kind: 'away', at: LAB_NOW, why: 'x'.repeat(200) })],
];

test.each(everyState)('%s: fits every size, and colour adds nothing but colour', (_, state) => {
  const uis: Partial<Ui>[] = [{}, { focus: 'anomalies' }, { wish: { mode: 'lag' } }, { screen: 'anomaly' }];
  for (const ui of uis) {
    for (const [columns, rows] of [
      [80, 24],
      [200, 60],
      [40, 12],
      [20, 5],
    ] as const) {
      const lines = screen(state, ui, { columns, rows }).split('\n');
      expect(lines.length).toBeLessThan(rows);
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
      const coloured = screen(state, ui, { columns, rows, paint: colours });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
      const bare = coloured.replace(/\u001b\[\d+m/g, '').split('\n');
      expect(bare.map((line) => line.trimEnd())).toEqual(lines.map((line) => line.trimEnd()));
    }
  }
});

test('at 80 × 24 the keys stand at the bottom, and something of every part is seen', () => {
  const full = watching({ ...damaged, faults: [settledFault(), labFault()], alerts: [labAlert()] });
  const lines = screen(full).split('\n');
  expect(lines.at(-1)).toBe('f fault  x heal  p pause  ↑↓ variant  Tab anomalies  ? help  q quit');
  for (const word of ['LAG ALERT', 'Debezium', 'writes', 'latency', 'debezium-jdbc', 'heals in', 'lost 2'])
    expect(lines.join('\n')).toContain(word);
  expect(lines.filter((line) => /^ {2}\d\d:\d\d:\d\d/.test(line)).length).toBeGreaterThanOrEqual(2);
});

test('the anomalies of each class can be opened: its hop, both rows, what to do', () => {
  const counts = { lost: 1, orphan: 1, duplicate: 1, stale: 1, corrupt: 1, 'missing-column': 1, stalled: 1 };
  const state = watching({ variants: [brokenVariant('insert', 'FAIL', counts)] });
  expect(labFindings(counts)).toHaveLength(7);
  for (const found of state.found) {
    const text = screen(state, { screen: 'anomaly', anomaly: found.id }, { rows: 40 });
    expect(text).toContain('in insert');
    expect(text).toMatch(/^where /m);
    expect(text).toContain('Why: ');
  }
});

test('an open anomaly shows source and sink column by column and marks what differs', () => {
  const state = watching(damaged);
  const stale = state.found.find(({ finding }) => finding.anomaly === 'stale');
  const text = screen(state, { screen: 'anomaly', anomaly: stale?.id ?? '' });
  expect(text).toContain('Stale row  public.orders 1043  in insert  4 of 4');
  expect(text).toMatch(
    /where +between log and sink: the event was consumed, but not applied, or\n +applied incorrectly/,
  );
  expect(text).toContain('update, lab.public.orders/0 offset 5123, source position 0/1950728');
  expect(text).toMatch(/^≠ status +shipped +new$/m);
  expect(text).toMatch(/^ {2}id +1043 +1043$/m);
  expect(text).toMatch(/Why: Rows that a job had read earlier were written over newer ones/);
  expect(text).toMatch(/^ {2}to fix it: write only where the LSN is higher/m);
});

test('an anomaly longer than the terminal is scrolled to its end', () => {
  const state = watching(damaged);
  const short = { rows: 12 };
  expect(screen(state, { screen: 'anomaly' }, short)).toMatch(/↓ \d+ lines more/);
  const end = screen(state, { screen: 'anomaly', scroll: 1000 }, short);
  expect(end).toMatch(/see\s+https:\/\/debezium\.io\//);
  expect(end).not.toContain('lines more');
});

test('a long value is cut where it can be seen to differ, and a NULL is not a text that says so', () => {
  const long = 'x'.repeat(60);
  const base = labFindings({ stale: 1 })[0];
  if (base === undefined) throw new Error('no finding');
  const source = { id: '1', note: `${long}new`, empty: '', word: 'NULL', gone: 'a' };
  const row = { id: '1', note: `${long}old`, empty: null, word: null, _cdc_lsn: '17' };
  const insert = labVariant('insert', { examples: [{ ...base, source, sink: [row], differs: [] }] });
  const text = screen(watching({ variants: [insert] }), { screen: 'anomaly' });
  expect(text).toMatch(/^≠ note +…x+new +…x+old$/m);
  expect(text).toMatch(/^≠ empty +'' +NULL$/m);
  expect(text).toMatch(/^≠ word +'NULL' +NULL$/m);
  expect(text).toMatch(/^≠ gone +a +\(no such column\)$/m);
  expect(text).toMatch(/^ {2}_cdc_lsn +17$/m);
});

test('columns that the verifier calls different are marked though their texts are shown alike', () => {
  const base = labFindings({ stale: 1 })[0];
  if (base === undefined) throw new Error('no finding');
  const differs = [{ column: 'note', source: 'a', sink: 'b' }];
  const finding = { ...base, source: { note: 'same' }, sink: [{ note: 'same' }], differs };
  const text = screen(watching({ variants: [labVariant('insert', { examples: [finding] })] }), { screen: 'anomaly' });
  expect(text).toMatch(/^≠ note +same +same$/m);
});

test('of more variants than fit those around the chosen one are shown', () => {
  const variants = Array.from({ length: 20 }, (_, index) => labVariant(`variant-${index}`));
  const text = screen(watching({ variants }), { variant: 'variant-10' });
  expect(text).toContain('▶ variant-10');
  expect(text).toContain('  variant-9 ');
  expect(text).toContain('  variant-11 ');
});
