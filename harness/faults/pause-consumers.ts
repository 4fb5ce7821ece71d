import type { Fault } from '#model/fault.ts';
import type { Lag } from '#model/position.ts';
import { besides, lags, pauseAll } from './consumers.ts';
import { injection, orUndo } from './injection.ts';

const LAG_LIMIT_MS = 60_000;

/** Pauses every consumer while writers go on, for as long as `--hold` says and until each one lags. */
export function pauseConsumers(): Fault {
  return {
    kind: 'pause-consumers',
    needs: ['pause'],
    async inject({ pipeline, holdMs, until, hold, say }) {
      const { failed, resume } = await pauseAll(pipeline);
      return orUndo(resume, async () => {
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
            summary: `every consumer fell behind by at least ${records} records, by up to ${(ms / 1000).toFixed(1)} s${besides(failed)}`,
            figures: { lag_records_min: records, lag_ms_max: Math.round(ms) },
          }),
        });
      });
    },
  };
}
