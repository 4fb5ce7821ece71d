import { renderToString } from 'ink';
import { createElement as h } from 'react';
import { expect, test } from 'vitest';
import type { RunEvent } from '#model/run-event.ts';
import { colours, plain } from '#report/text.ts';
import { canonicalHistory, failingHistory } from '#testing/canonical-history.ts';
import type { AppProps } from './app.ts';
import { App } from './app.ts';
import { progressBar, sparkline } from './sparkline.ts';
import { initialState, reduce } from './state.ts';

/** The screen after all events up to and with the first of which `last` holds. */
function screenAfter(
  events: readonly RunEvent[],
  last: (event: RunEvent) => boolean,
  { columns = 80, paint = plain, laterMs = 0 }: Partial<AppProps> & { readonly laterMs?: number } = {},
): string {
  const end = events.findIndex(last);
  const seen = events.slice(0, end + 1);
  const state = seen.reduce(reduce, initialState);
  const now = (seen.at(-1)?.at ?? 0) + laterMs;
  return renderToString(h(App, { state, now, columns, paint }), { columns });
}

const healing = (step: string) => (event: RunEvent) =>
  event.type === 'phase' && event.step === step && event.phase === 'heal';

test('while servers start, each one is shown with its state', () => {
  const screen = screenAfter(canonicalHistory(), (event) => event.type === 'node' && event.node === 'broker');
  expect(screen).toContain('canonical · seed 7 · 100 tx/s');
  expect(screen).toContain('servers  source running, sink running, broker running');
});

test('under a fault: mode, step, phase, fault and its age, rate, and lag for each variant', () => {
  const screen = screenAfter(canonicalHistory(), healing('retention'), { laterMs: 500 });
  expect(screen).toContain('▶ lag');
  expect(screen).toContain('✓ restart');
  expect(screen).toContain('Consumer lag: Retention passes a paused consumer');
  expect(screen).toContain('phase   heal: mends what was broken');
  expect(screen).toMatch(/fault {3}expire-log, in for 2\.\d s/);
  expect(screen).toMatch(/writes {2}100 tx\/s/);
  expect(screen).toMatch(/dedup +684 +6\.2 s +▂[▂-▇]*▆ /);
});

test('a wait has a bar that goes on between its words, and vanishes when it is over', () => {
  const waiting = (event: RunEvent) => event.type === 'wait' && event.what.includes('drain');
  const bar = /wait {4}█+░+ 2 of 20 s · the sinks to drain · 210 records left/;
  expect(screenAfter(canonicalHistory(), waiting, { laterMs: 1000 })).toMatch(bar);
  expect(screenAfter(canonicalHistory(), waiting, { laterMs: 5000 })).not.toContain('the sinks to drain');
  const judging = (event: RunEvent) => event.type === 'phase' && event.phase === 'judge';
  expect(screenAfter(canonicalHistory(), judging)).not.toContain('the sinks to drain');
});

test('what is drawn in place fits 80 × 24, from the start to the end of the mode with most variants', () => {
  let state = initialState;
  for (const event of canonicalHistory()) {
    state = reduce(state, event);
    const booting = !state.ready;
    const widest = state.variants.length === 6 && event.type !== 'sample';
    if (!booting && !widest) continue;
    const props: AppProps = { state: { ...state, finished: [] }, now: event.at, columns: 80, paint: plain };
    const lines = renderToString(h(App, props), { columns: 80 }).split('\n');
    expect(lines.length, event.type).toBeLessThanOrEqual(22);
    expect(Math.max(...lines.map((line) => line.length)), event.type).toBeLessThanOrEqual(80);
  }
});

test('a finished step stays as lines, and only those stay when the run has ended', () => {
  const screen = screenAfter(failingHistory(), (event) => event.type === 'run-ended');
  expect(screen).toContain('restart/kill  the fault took effect: 412 events');
  expect(screen).toContain('✗ dedup          expected converges; seen lost 1, stale 3');
  expect(screen).not.toContain('Ctrl-C');
});

test('a variant shows what the last check found, until the next mode begins', () => {
  const judged = screenAfter(canonicalHistory(), (event) => event.type === 'check' && event.kind === 'final');
  expect(judged).toMatch(/insert .* WARN duplicate 398/);
  const next = screenAfter(canonicalHistory(), (event) => event.type === 'mode-started' && event.mode === 'lag');
  expect(next).toMatch(/insert .* not checked yet/);
});

test('without colours the screen says the same', () => {
  const last = healing('kill');
  const coloured = screenAfter(canonicalHistory(), last, { paint: colours });
  expect(coloured).toContain('\u001b[');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(screenAfter(canonicalHistory(), last));
});

test('a sparkline never draws something as nothing, nor more than its width', () => {
  expect(sparkline([0, 1, 500, 1000], 1000, 10)).toBe('▁▂▅█');
  expect(sparkline([1, 2, 3, 4], 4, 2)).toBe('▆█');
  expect(sparkline([0, 0], 0, 5)).toBe('▁▁');
});

test('a progress bar stays within its width', () => {
  expect(progressBar(5, 20, 8)).toBe('██░░░░░░');
  expect(progressBar(30, 20, 4)).toBe('████');
  expect(progressBar(1, 0, 4)).toBe('░░░░');
});
