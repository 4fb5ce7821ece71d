import type { Fault } from '#model/fault.ts';
import type { Variant } from '#model/pipeline.ts';
import { type Offsets, recordsGone } from '#model/position.ts';
import { allToTheEnd } from '#std/all-to-the-end.ts';
import { allBehind, besides, pauseAll } from './consumers.ts';
import { injection, orUndo } from './injection.ts';

export interface PassRetentionOptions {
  /** Records that must expire before every consumer has read them. */
  readonly records: number;
}

const LIMIT_MS = 60_000;

/**
 * Shorter than most pauses, so that what is expired depends on the wait below and not on the clock, and long enough for
 * the verifier's own reader on a machine that stands still for a second: what it has not seen either looks as if it had
 * never been captured.
 */
const SHORT = { 'retention.ms': '1500', 'segment.ms': '200' };

async function expiredFor(variants: readonly Variant[], starts: Offsets): Promise<ReadonlyMap<string, number>> {
  const counts = variants.map(async (variant) => [variant.name, recordsGone(await variant.applied(), starts)] as const);
  return new Map(await Promise.all(counts));
}

/**
 * Pauses every consumer and shortens the topics' retention, until the log has dropped records that none of them has
 * read. Retention never drops the segment that is being written, so segments are made short as well.
 */
export function passRetention({ records }: PassRetentionOptions): Fault {
  return {
    kind: 'pass-retention',
    needs: ['pause', 'topic-config'],
    async inject({ pipeline, holdMs, until, hold, say }) {
      const since = await pipeline.log.endOffsets();
      const { failed, resume } = await pauseAll(pipeline);
      const undo = (): Promise<void> => allToTheEnd([pipeline.configureTopics({}), resume()]);
      return orUndo(undo, async () => {
        await hold('all consumers are paused', holdMs);
        const { lags, quiet } = await allBehind({ pipeline, until }, { since, records, limitMs: LIMIT_MS });
        await pipeline.configureTopics(SHORT);
        const wanted = new Map([...lags].map(([name, lag]) => [name, lag.records < records ? 1 : records]));
        const readers = [...pipeline.variants.values()].filter(({ name }) => wanted.has(name));
        let gone: ReadonlyMap<string, number> = new Map();
        await until(
          'retention to delete records that no consumer has read',
          async () => {
            gone = await expiredFor(readers, await pipeline.log.startOffsets());
            return [...wanted].every(([name, count]) => (gone.get(name) ?? 0) >= count);
          },
          { limitMs: LIMIT_MS, saw: () => [...gone].map(([name, count]) => `${name} ${count}`).join(', ') },
        );
        await pipeline.configureTopics({});
        const fewest = Math.min(...gone.values());
        say(`retention deleted ${fewest} records that no consumer had read`);
        return injection({
          heal: resume,
          evidence: () => ({
            bit: fewest > 0,
            summary: `retention deleted at least ${fewest} records that each consumer had not read yet${besides(failed, quiet)}`,
            figures: Object.fromEntries([...gone].map(([name, count]) => [`expired_records_${name}`, count])),
          }),
        });
      });
    },
  };
}
