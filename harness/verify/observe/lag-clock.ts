import type { Lag, Offsets, TopicPartition } from '#model/position.ts';

interface Sample {
  readonly offset: bigint;
  readonly atMs: number;
}

/** Tells lag in records and in time: it remembers when records were written, sparsely. */
export interface LagClock {
  note(partition: TopicPartition, offset: bigint, writtenAtMs: number): void;
  /** Lag of a consumer that has applied everything below `applied` in a log that ends at `ends`. */
  lag(applied: Offsets, ends: Offsets): Lag;
}

/** Two samples of a partition lie at least so far apart; the age of the oldest record is exact to that. */
const STEP_MS = 20;
const SAMPLES_MAX = 20_000;

export function createLagClock(now: () => number = Date.now): LagClock {
  const samples = new Map<TopicPartition, Sample[]>();

  return {
    note(partition, offset, writtenAtMs) {
      let known = samples.get(partition);
      if (known === undefined) {
        known = [];
        samples.set(partition, known);
      }
      const last = known.at(-1);
      if (last !== undefined && writtenAtMs - last.atMs < STEP_MS) return;
      known.push({ offset, atMs: writtenAtMs });
      // Of a log so long the older half is halved: its ages become coarser, not wrong.
      if (known.length > SAMPLES_MAX)
        samples.set(
          partition,
          known.filter((_, index) => index >= SAMPLES_MAX / 2 || index % 2 === 0),
        );
    },
    lag(applied, ends) {
      let records = 0n;
      let oldestMs = Number.POSITIVE_INFINITY;
      for (const [partition, end] of ends) {
        const next = applied.get(partition) ?? 0n;
        if (next >= end) continue;
        records += end - next;
        oldestMs = Math.min(oldestMs, writtenAt(samples.get(partition) ?? [], next) ?? oldestMs);
      }
      return { records: Number(records), ms: Number.isFinite(oldestMs) ? Math.max(0, now() - oldestMs) : 0 };
    },
  };
}

/** When the record at `offset` was written: the last sample at or below it, or the first above it. */
function writtenAt(samples: readonly Sample[], offset: bigint): number | undefined {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.offset ?? 0n) <= offset) low = middle + 1;
    else high = middle;
  }
  return (samples[low - 1] ?? samples[0])?.atMs;
}
