import { setTimeout as delay } from 'node:timers/promises';
import type { TablePair } from './compare.ts';

export interface Counts {
  readonly source: number;
  readonly target: number;
  /** The counts never agreed, but the source's moved by at least as much as they are apart: lag, as far as a count can tell. */
  readonly moving: boolean;
}

const PAUSE_MS = 500;

/** Counts both sides at once, and again until the counts agree or `settleMs` is over. */
export async function compareCounts(pair: TablePair, settleMs: number, signal: AbortSignal): Promise<Counts> {
  const started = performance.now();
  const seen: number[] = [];
  for (;;) {
    const [source, target] = await Promise.all([pair.source.count(), pair.target.count()]);
    seen.push(source);
    if (source === target) return { source, target, moving: false };
    const leftMs = settleMs - (performance.now() - started);
    if (leftMs <= 0) {
      const moved = Math.max(...seen) - Math.min(...seen);
      return { source, target, moving: moved >= Math.abs(source - target) };
    }
    await delay(Math.min(PAUSE_MS, leftMs), undefined, { signal });
  }
}
