import type { Lag, Offsets, TopicPartition } from '#model/position.ts';

interface Sample {
  readonly offset: bigint;
  readonly atMs: number;
}

/** Tells lag in records and in time: it remembers when records were written, sparsely. */
export interface LagClock {
  note(partition: TopicPartition, offset: bigint, writtenAtMs: number): void;
  /** A record that was noted is no change: the tombstone behind a delete. */
  noteTombstone(partition: TopicPartition, offset: bigint): void;
  /**
   * Lag of a consumer that has applied everything below `applied` in a log that ends at `ends`. Tombstones at the end are
   * none: a sink connector whose transforms drop them may never commit their offsets.
   */
  lag(applied: Offsets, ends: Offsets): Lag;
}

/** Two samples of a partition lie at least so far apart; the age of the oldest record is exact to that. */
const STEP_MS = 20;
const SAMPLES_MAX = 20_000;

export function createLagClock(now: () => number = Date.now): LagClock {
  const samples = new Map<TopicPartition, Sample[]>();
  /** The tombstones at the end of what was seen of a partition: the first of them, and the offset behind the last. */
  const trailing = new Map<TopicPartition, { readonly from: bigint; readonly to: bigint }>();

  return {
    noteTombstone(partition, offset) {
      const known = trailing.get(partition);
      trailing.set(partition, { from: known?.to === offset ? known.from : offset, to: offset + 1n });
    },
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
        const tombstones = trailing.get(partition);
        if (tombstones !== undefined && next >= tombstones.from && end <= tombstones.to) continue;
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
