import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '#engine/bench.ts';
import { type TopicPartition, topicPartition } from '#model/position.ts';

/** A commit that is followed to the sinks. */
interface Marker {
  readonly committedAt: number;
  readonly partition: TopicPartition;
  readonly offset: bigint;
}

const ROUND_MS = 250;
/** Markers that wait for one variant; while a consumer stands still no more are made. */
const WAITING_MAX = 1000;

/**
 * Follows the newest commit to every sink, four times a second, and tells how long it took until the variant had provably
 * applied it. Exact to a quarter of a second, and for a sink connector to its commits, twice a second.
 */
export function followCommits(bench: Bench, observe: (variant: string, seconds: number) => void): AsyncDisposable {
  const { pipeline, ledger } = bench;
  const stop = new AbortController();
  const waiting = new Map<string, Marker[]>([...pipeline.variants.keys()].map((name) => [name, []]));
  let unseen:
    | { readonly committedAt: number; readonly table: string; readonly key: string; readonly txn: string }
    | undefined;

  const mark = (): void => {
    if (unseen !== undefined) {
      const history = pipeline.log.history(unseen.table, unseen.key);
      if (history?.change?.txn === unseen.txn) {
        const { topic, partition, offset } = history.last;
        const marker = { committedAt: unseen.committedAt, partition: topicPartition(topic, partition), offset };
        for (const markers of waiting.values()) if (markers.length < WAITING_MAX) markers.push(marker);
        unseen = undefined;
      } else if (ledger.last(unseen.table, unseen.key)?.txn !== unseen.txn) unseen = undefined;
    }
    const newest = ledger.operations.at(-1);
    if (unseen === undefined && newest?.outcome === 'ok')
      unseen = { committedAt: newest.at, table: newest.table, key: newest.key, txn: newest.txn };
  };

  const look = async (): Promise<void> => {
    mark();
    for (const [name, markers] of waiting) {
      const variant = pipeline.variants.get(name);
      if (variant === undefined || markers.length === 0) continue;
      const applied = await variant.applied();
      const at = Date.now();
      const left = markers.filter(({ committedAt, partition, offset }) => {
        if ((applied.get(partition) ?? 0n) <= offset) return true;
        observe(name, Math.max(0, at - committedAt) / 1000);
        return false;
      });
      markers.splice(0, markers.length, ...left);
    }
  };

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await look().catch(() => {});
      await delay(ROUND_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const loop = run();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await loop;
    },
  };
}
