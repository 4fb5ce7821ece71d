import type { Fault } from '#model/fault.ts';
import type { Pipeline } from '#model/pipeline.ts';
import type { Offsets } from '#model/position.ts';
import { allToTheEnd, besides, lags, pauseAll } from './consumers.ts';
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

/** Records below the log's start that a consumer at `applied` has not read. */
function expired(applied: Offsets, starts: Offsets): number {
  let records = 0n;
  for (const [partition, start] of starts) {
    const at = applied.get(partition) ?? 0n;
    if (start > at) records += start - at;
  }
  return Number(records);
}

async function expiredPerVariant(pipeline: Pipeline): Promise<ReadonlyMap<string, number>> {
  const starts = await pipeline.log.startOffsets();
  const counts = [...pipeline.variants].map(
    async ([name, variant]) => [name, expired(await variant.applied(), starts)] as const,
  );
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
      const { failed, resume } = await pauseAll(pipeline);
      const undo = (): Promise<void> => allToTheEnd([pipeline.configureTopics({}), resume()]);
      return orUndo(undo, async () => {
        await hold('all consumers are paused', holdMs);
        let lag = 0;
        await until(
          'every consumer to lag behind',
          async () => {
            lag = Math.min(...[...(await lags(pipeline)).values()].map((one) => one.records));
            return lag >= records;
          },
          { limitMs: LIMIT_MS, saw: () => `${lag} of ${records} records` },
        );
        await pipeline.configureTopics(SHORT);
        let gone: ReadonlyMap<string, number> = new Map();
        await until(
          'the log to drop records that no consumer has read',
          async () => {
            gone = await expiredPerVariant(pipeline);
            return [...gone.values()].every((count) => count >= records);
          },
          { limitMs: LIMIT_MS, saw: () => [...gone].map(([name, count]) => `${name} ${count}`).join(', ') },
        );
        await pipeline.configureTopics({});
        const fewest = Math.min(...gone.values());
        say(`the log has dropped ${fewest} records that no consumer had read`);
        return injection({
          heal: resume,
          evidence: () => ({
            bit: fewest > 0,
            summary: `retention dropped at least ${fewest} records before each consumer had read them${besides(failed)}`,
            figures: Object.fromEntries([...gone].map(([name, count]) => [`expired_records_${name}`, count])),
          }),
        });
      });
    },
  };
}
