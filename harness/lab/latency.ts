import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '#engine/bench.ts';
import type { Operation } from '#model/operation.ts';
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
 * Takes up the newest commit, one at a time, and gives it once the log has it; undefined until then. None is taken up
 * twice: while writers stand still the newest stays the same, and grows older without any way to go.
 */
export function markCommits(
  log: Pick<Bench['pipeline']['log'], 'history'>,
  ledger: Pick<Bench['ledger'], 'operations' | 'last'>,
): () => Marker | undefined {
  let followed: Operation | undefined;
  let unseen: Operation | undefined;
  return () => {
    let marker: Marker | undefined;
    if (unseen !== undefined) {
      const history = log.history(unseen.table, unseen.key);
      if (history?.change?.txn === unseen.txn) {
        const { topic, partition, offset } = history.last;
        marker = { committedAt: unseen.at, partition: topicPartition(topic, partition), offset };
        unseen = undefined;
      } else if (ledger.last(unseen.table, unseen.key)?.txn !== unseen.txn) unseen = undefined;
    }
    const newest = ledger.operations.at(-1);
    if (unseen === undefined && newest?.outcome === 'ok' && newest.seq !== followed?.seq) {
      unseen = newest;
      followed = newest;
    }
    return marker;
  };
}

/**
 * Follows the newest commit to every sink, four times a second, and tells how long it took until the variant had provably
 * applied it. Exact to a quarter of a second, and for a sink connector to its commits, twice a second.
 */
export function followCommits(bench: Bench, observe: (variant: string, seconds: number) => void): AsyncDisposable {
  const { pipeline, ledger } = bench;
  const stop = new AbortController();
  const waiting = new Map<string, Marker[]>([...pipeline.variants.keys()].map((name) => [name, []]));
  const nextMarker = markCommits(pipeline.log, ledger);

  const look = async (): Promise<void> => {
    const marker = nextMarker();
    if (marker !== undefined)
      for (const markers of waiting.values()) if (markers.length < WAITING_MAX) markers.push(marker);
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
