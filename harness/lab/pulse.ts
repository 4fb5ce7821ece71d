import { setTimeout as delay } from 'node:timers/promises';
import { kafkaClient } from '#clients/kafka.ts';
import { shortestRetentionMs } from '#clients/topics.ts';
import type { LabGroupLag, LabLags } from '#contracts/lab-stack.ts';
import type { Bench } from '#engine/bench.ts';
import type { Variant } from '#model/pipeline.ts';
import { type Offsets, recordsGone, splitPartition } from '#model/position.ts';
import { consumerGroups } from '#pipelines/open-variant.ts';
import type { GroupState } from './alerts.ts';

/** What the lab looks at beside the engine's monitor: every consumer, partition by partition. */
export interface Pulse extends AsyncDisposable {
  readonly lags: LabLags | undefined;
  /** The consumers' own words, by variant. */
  readonly consumers: ReadonlyMap<string, string>;
}

export interface PulseOptions {
  readonly bench: Bench;
  /** Told after each look: how every group stands, and the topics' retention. */
  readonly onLook: (groups: readonly GroupState[], retentionMs: number | undefined) => void;
}

const ROUND_MS = 1000;

export async function openPulse({ bench, onLook }: PulseOptions): Promise<Pulse> {
  const { pipeline, stack } = bench;
  const topics = pipeline.routes.map(({ topic }) => topic);
  const admin = kafkaClient(stack.brokers, 'driftlab-pulse').admin();
  await admin.connect();
  const stop = new AbortController();
  const consumers = new Map<string, string>();
  /** Jumps of each consumer that have been told. */
  const told = new Map<string, number>();
  let lags: LabLags | undefined;

  /** Records that a consumer has jumped over since the last look: it may have been past the log's start in between. */
  const jumpedSince = ({ name, jumps }: Variant): number => {
    const fresh = jumps.slice(told.get(name) ?? 0);
    told.set(name, jumps.length);
    return fresh.reduce((sum, { from, to }) => sum + Number(to - from), 0);
  };

  const look = async (): Promise<void> => {
    const [starts, ends, retentionMs] = await Promise.all([
      pipeline.log.startOffsets(),
      pipeline.log.endOffsets(),
      shortestRetentionMs(admin, topics),
    ]);
    const groups: LabGroupLag[] = [];
    const states: GroupState[] = [];
    for (const [name, variant] of pipeline.variants) {
      const status = await variant.status().catch(() => undefined);
      consumers.set(name, status?.state ?? 'unreachable');
      const applied = await variant.applied().catch(() => undefined);
      if (applied === undefined) continue;
      const [group = name] = consumerGroups(pipeline.name, name, variant.spec);
      const lag = pipeline.log.lag(applied, ends);
      groups.push({
        group,
        variant: name,
        lag: { records: lag.records, ms: Math.round(lag.ms) },
        partitions: [...ends].map(([partition, end]) =>
          partitionLag(bench, partition, applied, { start: starts.get(partition) ?? 0n, end }),
        ),
      });
      states.push({
        variant: name,
        group,
        lag,
        recordsGone: Math.max(recordsGone(applied, starts), jumpedSince(variant)),
      });
    }
    lags = { at: new Date().toISOString(), retention_ms: retentionMs ?? null, groups };
    onLook(states, retentionMs);
  };

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      // A server that is down on purpose makes a look fail; the next one will see more.
      await look().catch(() => {});
      await delay(ROUND_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const loop = run();
  return {
    get lags() {
      return lags;
    },
    consumers,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await loop;
      await admin.disconnect().catch(() => {});
    },
  };
}

function partitionLag(
  bench: Bench,
  partition: string,
  applied: Offsets,
  { start, end }: { start: bigint; end: bigint },
) {
  const { records, ms } = bench.pipeline.log.lag(applied, new Map([[partition, end]]));
  return {
    ...splitPartition(partition),
    committed: String(applied.get(partition) ?? 0n),
    end: String(end),
    start: String(start),
    lag_records: records,
    lag_ms: Math.round(ms),
  };
}
