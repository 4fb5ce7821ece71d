import type { NodeState } from '#model/stack.ts';
import type { Verdict } from '#model/verdict.ts';
import type { Paint, Tone } from '#report/text.ts';
import { toneOf } from '#report/text.ts';
import type { Ui } from './keys.ts';
import type { WatchState } from './state.ts';

/** All that a part of the screen is made from. */
export interface View {
  readonly state: WatchState;
  readonly ui: Ui;
  /** Ms since the epoch. */
  readonly now: number;
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
}

/** A mark and a word say the same, so that neither colour nor a sign has to be known. At most nine characters. */
const VERDICT_TEXTS: Readonly<Record<Verdict, string>> = {
  PASS: '✓ PASS',
  WARN: '! WARN',
  FAIL: '✗ FAIL',
  SYNC_IN_PROGRESS: '↻ SYNCING',
  UNKNOWN: '? UNKNOWN',
};

export const VERDICT_WIDTH = 9;

export function verdictText(verdict: Verdict): string {
  return VERDICT_TEXTS[verdict];
}

export function verdictMark(verdict: Verdict): string {
  return VERDICT_TEXTS[verdict].slice(0, 1);
}

export function paintedVerdict(verdict: Verdict, paint: Paint): string {
  return paint(toneOf(verdict), verdictText(verdict));
}

interface Sign {
  readonly mark: string;
  readonly tone: Tone;
}

const GOOD: Sign = { mark: '✓', tone: 'good' };
const BAD: Sign = { mark: '✗', tone: 'bad' };
const HELD: Sign = { mark: '‖', tone: 'odd' };
const COMING: Sign = { mark: '…', tone: 'odd' };

const NODE_SIGNS: Readonly<Record<NodeState, Sign>> = {
  running: GOOD,
  starting: COMING,
  paused: HELD,
  stopped: BAD,
  killed: BAD,
  failed: BAD,
};

/** The sign of a node's, consumer's or connector's own word for how it is. */
export function signOf(word: string): Sign {
  return (NODE_SIGNS as Readonly<Record<string, Sign>>)[word.toLowerCase()] ?? { mark: '?', tone: 'odd' };
}

/** How long ago, or for how long, to the second: `8 s`, `3 min`, `2 h 5 min`. */
export function roughly(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `12:03:04` in the zone of whoever watches. */
export function clock(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

/** A table without its schema. */
export function shortTable(table: string): string {
  return table.replace(/^[^.]*\./, '');
}
