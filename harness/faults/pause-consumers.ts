import type { Fault } from '#model/fault.ts';
import type { Pipeline } from '#model/pipeline.ts';
import type { Lag } from '#model/position.ts';
import { injection } from './injection.ts';

const LAG_LIMIT_MS = 60_000;

/** Every consumer of the pipeline, paused. Returns how to let them go on. */
export async function pauseAll(pipeline: Pipeline): Promise<() => Promise<void>> {
  const variants = [...pipeline.variants.values()];
  await Promise.all(variants.map((variant) => variant.pause()));
  return async () => {
    await Promise.all(variants.map((variant) => variant.resume()));
  };
}

/** The lag of every variant now. */
export async function lags(pipeline: Pipeline): Promise<ReadonlyMap<string, Lag>> {
  const ends = await pipeline.log.endOffsets();
  const lags = await Promise.all(
    [...pipeline.variants].map(
      async ([name, variant]) => [name, pipeline.log.lag(await variant.applied(), ends)] as const,
    ),
  );
  return new Map(lags);
}

/** Pauses every consumer while writers go on, for as long as `--hold` says and until each one lags. */
export function pauseConsumers(): Fault {
  return {
    kind: 'pause-consumers',
    needs: ['pause'],
    async inject({ pipeline, holdMs, until, hold, say }) {
      const resume = await pauseAll(pipeline);
      await hold('all consumers are paused', holdMs);
      let peak: ReadonlyMap<string, Lag> = new Map();
      await until(
        'every consumer to lag behind',
        async () => {
          peak = await lags(pipeline);
          return [...peak.values()].every((lag) => lag.records > 0);
        },
        { limitMs: LAG_LIMIT_MS, saw: () => [...peak].map(([name, lag]) => `${name} ${lag.records}`).join(', ') },
      );
      const records = Math.min(...[...peak.values()].map((lag) => lag.records));
      const ms = Math.max(...[...peak.values()].map((lag) => lag.ms));
      say(`every consumer lags by ${records} records or more`);
      return injection({
        heal: resume,
        evidence: () => ({
          bit: records > 0,
          summary: `every consumer fell behind by at least ${records} records, by up to ${(ms / 1000).toFixed(1)} s`,
          figures: { lag_records_min: records, lag_ms_max: Math.round(ms) },
        }),
      });
    },
  };
}
