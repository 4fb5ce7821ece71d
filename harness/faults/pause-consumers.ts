import type { Fault } from '#model/fault.ts';
import { allBehind, besides, pauseAll } from './consumers.ts';
import { injection, orUndo } from './injection.ts';

const LAG_LIMIT_MS = 60_000;

/** Pauses every consumer while writers go on, for as long as `--hold` says and until each one lags. */
export function pauseConsumers(): Fault {
  return {
    kind: 'pause-consumers',
    needs: ['pause'],
    async inject({ pipeline, holdMs, until, hold, say }) {
      const since = await pipeline.log.endOffsets();
      const { failed, resume } = await pauseAll(pipeline);
      return orUndo(resume, async () => {
        await hold('all consumers are paused', holdMs);
        const { lags, quiet } = await allBehind({ pipeline, until }, { since, records: 1, limitMs: LAG_LIMIT_MS });
        const records = Math.min(...[...lags.values()].map((lag) => lag.records));
        const ms = Math.max(...[...lags.values()].map((lag) => lag.ms));
        say(`every consumer lags by at least ${records} records`);
        return injection({
          heal: resume,
          evidence: () => ({
            bit: records > 0,
            summary: `every consumer fell behind: by at least ${records} records, and by up to ${(ms / 1000).toFixed(1)} s${besides(failed, quiet)}`,
            figures: { lag_records_min: records, lag_ms_max: Math.round(ms) },
          }),
        });
      });
    },
  };
}
