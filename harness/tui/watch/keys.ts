import type { LabFaultRequest } from '#contracts/lab-fault.ts';
import { choiceOf, faultKeys, nextWish, type Wish, wishFor } from './choices.ts';
import type { Found } from './found.ts';
import type { WatchState } from './state.ts';
import { faultUnderWay } from './state.ts';

/** A key that was pressed: a character, or the name of a key that has none. */
export type Key =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'enter'
  | 'escape'
  | 'tab'
  | 'page-up'
  | 'page-down'
  | 'ctrl-c'
  | (string & {});

/** What a person has chosen to look at. Things are chosen by name, as lists move under them. */
export interface Ui {
  readonly screen: 'overview' | 'anomaly' | 'help';
  /** What the arrows move in. */
  readonly focus: 'variants' | 'anomalies';
  /** The chosen variant; the first where nobody chose. */
  readonly variant?: string;
  /** The chosen anomaly's id; the newest where nobody chose. */
  readonly anomaly?: string;
  /** Anomalies of the chosen variant only. */
  readonly only: boolean;
  /** Lines that the open anomaly is scrolled by. */
  readonly scroll: number;
  /** A fault that is about to be injected. */
  readonly wish?: Wish;
}

/** What the program is to do for a key. */
export type Action =
  | { readonly kind: 'inject'; readonly mode: string; readonly request: LabFaultRequest }
  | { readonly kind: 'heal'; readonly id: string }
  | { readonly kind: 'writers'; readonly state: 'running' | 'paused' }
  | { readonly kind: 'quit' };

export interface Pressed {
  readonly ui: Ui;
  readonly action?: Action;
}

export const initialUi: Ui = { screen: 'overview', focus: 'variants', only: false, scroll: 0 };

const PAGE = 10;

export function press(ui: Ui, key: Key, state: WatchState): Pressed {
  if (key === 'ctrl-c') return { ui, action: { kind: 'quit' } };
  if (ui.wish !== undefined) return pressInWish(ui, ui.wish, key, state);
  if (key === 'q') return { ui, action: { kind: 'quit' } };
  if (key === '?') return { ui: { ...ui, screen: ui.screen === 'help' ? 'overview' : 'help' } };
  if (ui.screen === 'help') return { ui: { ...ui, screen: 'overview' } };
  if (ui.screen === 'anomaly') return { ui: pressInAnomaly(ui, key, state) };
  return pressInOverview(ui, key, state);
}

function pressInOverview(ui: Ui, key: Key, state: WatchState): Pressed {
  const wish = chosenByKey(key, state);
  if (wish !== undefined) return { ui: { ...ui, wish } };
  switch (key) {
    case 'up':
    case 'k':
      return { ui: moved(ui, state, -1) };
    case 'down':
    case 'j':
      return { ui: moved(ui, state, 1) };
    case 'page-up':
      return { ui: moved(ui, state, -PAGE) };
    case 'page-down':
      return { ui: moved(ui, state, PAGE) };
    case 'tab':
      return { ui: { ...ui, focus: ui.focus === 'variants' ? 'anomalies' : 'variants' } };
    case 'v':
      return { ui: { ...ui, only: !ui.only } };
    case 'escape':
      return { ui: { ...ui, focus: 'variants', only: false } };
    case 'enter':
      return { ui: entered(ui, state) };
    case 'p':
      return toggledWriters(ui, state);
    case 'x': {
      const fault = faultUnderWay(state.report);
      return fault === undefined ? { ui } : { ui, action: { kind: 'heal', id: fault.id } };
    }
    default:
      return { ui };
  }
}

/** Enter opens an anomaly; on a variant it goes to the anomalies of that variant first. */
function entered(ui: Ui, state: WatchState): Ui {
  if (ui.focus === 'variants') return { ...ui, focus: 'anomalies', only: true };
  const chosen = chosenFound(ui, state);
  return chosen === undefined ? ui : { ...ui, screen: 'anomaly', anomaly: chosen.id, scroll: 0 };
}

function toggledWriters(ui: Ui, { report }: WatchState): Pressed {
  if (report === undefined) return { ui };
  return { ui, action: { kind: 'writers', state: report.writers.state === 'running' ? 'paused' : 'running' } };
}

function pressInAnomaly(ui: Ui, key: Key, state: WatchState): Ui {
  switch (key) {
    case 'escape':
    case 'enter':
      return { ...ui, screen: 'overview' };
    case 'up':
    case 'k':
      return { ...ui, scroll: Math.max(0, ui.scroll - 1) };
    case 'down':
    case 'j':
      return { ...ui, scroll: ui.scroll + 1 };
    case 'page-up':
      return { ...ui, scroll: Math.max(0, ui.scroll - PAGE) };
    case 'page-down':
      return { ...ui, scroll: ui.scroll + PAGE };
    case 'left':
      return { ...movedFound(ui, state, -1), scroll: 0 };
    case 'right':
      return { ...movedFound(ui, state, 1), scroll: 0 };
    default:
      return ui;
  }
}

/** The fault that a key stands for; `f` for the one behind that which is being chosen. */
function chosenByKey(key: Key, state: WatchState, before?: Wish): Wish | undefined {
  if (key === 'f') return nextWish(state, before);
  const mode = faultKeys(state).get(key);
  return mode === undefined ? undefined : wishFor(mode);
}

function pressInWish(ui: Ui, wish: Wish, key: Key, state: WatchState): Pressed {
  const { wish: _, ...without } = ui;
  const { steps, takes } = choiceOf(state, wish);
  switch (key) {
    case 'enter': {
      const { mode, ...request } = wish;
      return { ui: without, action: { kind: 'inject', mode, request } };
    }
    case 'escape':
    case 'q':
      return { ui: without };
    case 'left':
    case 'right': {
      const step = steps[(steps.indexOf(wish.step) + (key === 'left' ? -1 : 1) + steps.length) % steps.length];
      const { step: _step, ...rest } = wish;
      return { ui: { ...ui, wish: step === undefined ? rest : { ...rest, step } } };
    }
    case 'up':
    case '+':
    case 'down':
    case '-': {
      if (takes === undefined) return { ui };
      const by = key === 'up' || key === '+' ? takes.by : -takes.by;
      const value = Math.max(takes.by, (wish[takes.name] ?? takes.usual) + by);
      return { ui: { ...ui, wish: { ...wish, [takes.name]: value } } };
    }
    default: {
      const other = chosenByKey(key, state, wish);
      return { ui: other === undefined ? ui : { ...ui, wish: other } };
    }
  }
}

function moved(ui: Ui, state: WatchState, by: number): Ui {
  if (ui.focus === 'anomalies') return movedFound(ui, state, by);
  const names = variantNames(state);
  const name = names[within(names.indexOf(chosenVariant(ui, state) ?? '') + by, names.length)];
  return name === undefined ? ui : { ...ui, variant: name };
}

function movedFound(ui: Ui, state: WatchState, by: number): Ui {
  const list = shownFound(ui, state);
  const at = list.findIndex(({ id }) => id === chosenFound(ui, state)?.id);
  const next = list[within(at + by, list.length)];
  return next === undefined ? ui : { ...ui, anomaly: next.id };
}

function within(index: number, length: number): number {
  return Math.max(0, Math.min(length - 1, index));
}

function variantNames({ report }: WatchState): string[] {
  return report?.variants.map(({ variant }) => variant) ?? [];
}

/** The variant that is looked at; undefined before the lab has named any. */
export function chosenVariant(ui: Ui, state: WatchState): string | undefined {
  const names = variantNames(state);
  return ui.variant !== undefined && names.includes(ui.variant) ? ui.variant : names[0];
}

/** The anomalies that are listed. */
export function shownFound(ui: Ui, state: WatchState): readonly Found[] {
  if (!ui.only) return state.found;
  const variant = chosenVariant(ui, state);
  return state.found.filter((found) => found.variant === variant);
}

/** The anomaly that is looked at; undefined where there is none. */
export function chosenFound(ui: Ui, state: WatchState): Found | undefined {
  const list = shownFound(ui, state);
  return list.find(({ id }) => id === ui.anomaly) ?? list[0];
}
