import { expect, test } from 'vitest';
import { brokenVariant, LAB_NOW, labCatalogue, labFault, labReport, labVariant } from '#testing/lab-answers.ts';
import { type Action, chosenFound, chosenVariant, initialUi, type Key, press, type Ui } from './keys.ts';
import { initialWatch, reduceWatch, type WatchState } from './state.ts';

const variants = [
  brokenVariant('insert', 'FAIL', { duplicate: 398, stale: 3 }),
  brokenVariant('upsert', 'FAIL', { lost: 1 }),
  labVariant('dedup'),
];

function watching(report = labReport({ variants })): WatchState {
  return reduceWatch(initialWatch('127.0.0.1:8089', LAB_NOW), {
    kind: 'answers',
    answers: { report, catalogue: labCatalogue() },
  });
}

/** Presses keys one after another; what is looked at then, and what was asked for. */
function after(keys: readonly Key[], state = watching()): { readonly ui: Ui; readonly actions: readonly Action[] } {
  const actions: Action[] = [];
  let ui = initialUi;
  for (const key of keys) {
    const pressed = press(ui, key, state);
    ui = pressed.ui;
    if (pressed.action !== undefined) actions.push(pressed.action);
  }
  return { ui, actions };
}

test.each([
  ['r', 'restart'],
  ['l', 'lag'],
  ['s', 'schema'],
  ['d', 'duplicate'],
  ['b', 'backfill'],
])('%s and Enter inject %s, and nothing less does', (key, mode) => {
  expect(after([key]).actions).toEqual([]);
  expect(after([key, 'escape', 'enter']).actions).toEqual([]);
  expect(after([key, 'enter']).actions).toEqual([{ kind: 'inject', mode, request: {} }]);
});

test('step and amount are changed before a fault is injected, and only what was changed is said', () => {
  const request = (...keys: Key[]) => after([...keys, 'enter']).actions;
  expect(request('l', 'right', 'up')).toEqual([
    { kind: 'inject', mode: 'lag', request: { step: 'retention', seconds: 15 } },
  ]);
  expect(request('l', 'right', 'right')).toEqual([{ kind: 'inject', mode: 'lag', request: {} }]);
  expect(request('l', 'down', 'down', 'down')).toEqual([{ kind: 'inject', mode: 'lag', request: { seconds: 5 } }]);
  expect(request('b', 'left', '+')).toEqual([
    { kind: 'inject', mode: 'backfill', request: { step: 'direct-copy', rows: 2500 } },
  ]);
  expect(request('s', 'up', 'right')).toEqual([{ kind: 'inject', mode: 'schema', request: {} }]);
  expect(request('l', 'up', 'r')).toEqual([{ kind: 'inject', mode: 'restart', request: {} }]);
});

test('p pauses writers that write, and lets paused ones go on', () => {
  expect(after(['p']).actions).toEqual([{ kind: 'writers', state: 'paused' }]);
  const paused = labReport({ writers: { ...labReport().writers, state: 'paused' } });
  expect(after(['p'], watching(paused)).actions).toEqual([{ kind: 'writers', state: 'running' }]);
});

test('x heals the fault that is in, and does nothing where there is none', () => {
  expect(after(['x']).actions).toEqual([]);
  expect(after(['x'], watching(labReport({ faults: [labFault()] }))).actions).toEqual([{ kind: 'heal', id: 'lag-2' }]);
});

test('q and Ctrl-C leave; q first closes what is open to be decided', () => {
  expect(after(['q']).actions).toEqual([{ kind: 'quit' }]);
  expect(after(['l', 'q']).actions).toEqual([]);
  expect(after(['l', 'ctrl-c']).actions).toEqual([{ kind: 'quit' }]);
});

test('arrows move between variants and stop at the ends', () => {
  const chosen = (...keys: Key[]) => chosenVariant(after(keys).ui, watching());
  expect(chosen()).toBe('insert');
  expect(chosen('down', 'down', 'down')).toBe('dedup');
  expect(chosen('down', 'up', 'up')).toBe('insert');
});

test('Enter on a variant lists its anomalies only, Enter again opens one, Escape goes back twice', () => {
  const state = watching();
  const { ui } = after(['down', 'enter', 'enter']);
  expect(ui.screen).toBe('anomaly');
  expect(chosenFound(ui, state)?.finding.anomaly).toBe('lost');
  const back = after(['down', 'enter', 'enter', 'escape', 'escape']).ui;
  expect(back).toMatchObject({ screen: 'overview', focus: 'variants', only: false });
});

test('the chosen anomaly stays chosen while newer ones come in above it', () => {
  const state = watching();
  const { ui } = after(['tab', 'down', 'down']);
  const chosen = chosenFound(ui, state);
  expect(chosen?.finding.anomaly).toBe('stale');
  const newer = { ...brokenVariant('dedup', 'FAIL', { orphan: 1 }), examples: [] };
  const orphan = brokenVariant('dedup', 'FAIL', { orphan: 1 }).examples.map((finding) => ({
    ...finding,
    found_at: new Date(LAB_NOW).toISOString(),
  }));
  const report = labReport({ variants: [...variants.slice(0, 2), { ...newer, examples: orphan }] });
  const after2 = reduceWatch(state, { kind: 'answers', answers: { report } });
  expect(after2.found[0]?.finding.anomaly).toBe('orphan');
  expect(chosenFound(ui, after2)?.id).toBe(chosen?.id);
});

test('with no lab yet no key does harm', () => {
  const none = initialWatch('127.0.0.1:8089', LAB_NOW);
  const keys: Key[] = ['up', 'down', 'enter', 'enter', 'escape', 'tab', 'down', 'v', 'p', 'x', '?', 'y'];
  expect(after(keys, none).actions).toEqual([]);
});
