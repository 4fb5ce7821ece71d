import { setTimeout as delay } from 'node:timers/promises';
import type { Cell, FullRow } from '#engines/port/reconcile.ts';
import { classify, type Difference, stateOf } from './classify.ts';
import type { Suspect, TablePair } from './compare.ts';

/** Most suspects that are remembered to be looked at again: what differs beyond is reported at first sight. */
export const REMEMBERED_MAX = 100_000;
/** Rows looked at in one statement, and about how many characters they may have. */
const LOOK_ROWS_FIRST = 100;
const LOOK_ROWS_MAX = 1000;
const LOOK_CHARACTERS = 4_000_000;
const PAUSE_FIRST_MS = 150;
const PAUSE_MAX_MS = 1500;

/** Looks at suspects in batches, calling `each` with what was seen of every batch. Wide rows make the batches smaller. */
export async function look(
  pair: TablePair,
  suspects: readonly Suspect[],
  signal: AbortSignal,
  each: (batch: readonly Suspect[], source: readonly FullRow[], target: readonly FullRow[]) => void,
): Promise<void> {
  let size = LOOK_ROWS_FIRST;
  for (let at = 0; at < suspects.length; ) {
    signal.throwIfAborted();
    const batch = suspects.slice(at, at + size);
    at += batch.length;
    const cells: Cell[] = [...new Set(batch.map(({ cell }) => cell))];
    const ids = batch.map(({ id }) => id);
    const [source, target] = await Promise.all([pair.source.rows(cells, ids), pair.target.rows(cells, ids)]);
    each(batch, source, target);
    const characters = charactersOf(source) + charactersOf(target);
    size = Math.max(1, Math.min(LOOK_ROWS_MAX, Math.floor((LOOK_CHARACTERS * batch.length) / Math.max(1, characters))));
  }
}

function charactersOf(rows: readonly FullRow[]): number {
  return rows.reduce((sum, { shown }) => shown.reduce((of, text) => of + (text?.length ?? 0), sum), 0);
}

interface Watched {
  readonly suspect: Suspect;
  state: string;
  /** When the state was first seen, in ms of the monotonic clock. */
  since: number;
  looks: number;
}

export interface SettleResult {
  /** Rows that agreed when they were looked at again: they were on their way. */
  readonly agreed: number;
  /** Rows that still differ and kept changing: nobody can say. */
  readonly unsettled: readonly Suspect[];
}

export interface SettleOptions {
  readonly settleMs: number;
  readonly signal: AbortSignal;
  readonly onDifferences: (differences: readonly Difference[]) => void;
  readonly onProgress?: (open: number, leftMs: number) => void;
}

/**
 * Looks at suspects again and again until they agree or `settleMs` is over. A row that still differs then is a difference
 * if neither side changed it in the second half of that time, and unsettled otherwise: a change so young may be on its way.
 */
export async function settle(
  pair: TablePair,
  suspects: readonly Suspect[],
  { settleMs, signal, onDifferences, onProgress }: SettleOptions,
): Promise<SettleResult> {
  const started = performance.now();
  let watched: Watched[] = suspects.map((suspect) => ({ suspect, state: '', since: started, looks: 0 }));
  let pauseMs = PAUSE_FIRST_MS;
  let agreed = 0;
  const unsettled: Suspect[] = [];
  while (watched.length > 0) {
    const now = performance.now();
    const last = now - started >= settleMs;
    const open: Watched[] = [];
    const byId = new Map(watched.map((each) => [each.suspect.id, each]));
    await look(
      pair,
      [...byId.values()].map(({ suspect }) => suspect),
      signal,
      (batch, source, target) => {
        const seen = groupById(source, target);
        const final: Difference[] = [];
        for (const { id } of batch) {
          const each = byId.get(id);
          const rows = seen.get(id) ?? { source: [], target: [] };
          const differences = classify(pair.plan, rows.source, rows.target);
          if (each === undefined) continue;
          if (differences.length === 0) {
            agreed++;
            continue;
          }
          const state = stateOf(rows.source, rows.target);
          if (state !== each.state) each.since = each.looks === 0 ? started : now;
          each.state = state;
          each.looks++;
          if (!last) open.push(each);
          else if (settleMs === 0 || now - each.since >= settleMs / 2) final.push(...differences);
          else unsettled.push(each.suspect);
        }
        onDifferences(final);
      },
    );
    watched = open;
    if (last || watched.length === 0) break;
    const leftMs = Math.max(0, settleMs - (performance.now() - started));
    onProgress?.(watched.length, leftMs);
    await delay(Math.min(pauseMs, leftMs), undefined, { signal });
    pauseMs = Math.min(PAUSE_MAX_MS, pauseMs * 1.5);
  }
  return { agreed, unsettled };
}

function groupById(source: readonly FullRow[], target: readonly FullRow[]) {
  const groups = new Map<bigint, { source: FullRow[]; target: FullRow[] }>();
  for (const [side, rows] of [['source', source] as const, ['target', target] as const]) {
    for (const row of rows) {
      const group = groups.get(row.id) ?? { source: [], target: [] };
      groups.set(row.id, group);
      group[side].push(row);
    }
  }
  return groups;
}
