import { groupLags, type PartitionLag } from '#operations/lag.ts';
import { until } from '#std/wait.ts';
import type { RecoveryStep } from '../step.ts';

/** A group that is not a record further in that time does not read. */
const STANDSTILL_MS = 90_000;
const LOOK_AGAIN_MS = 1000;

/** Waits until a consumer group has read what its topics have now. */
export function catchUp(brokers: readonly string[], group: string, signal: AbortSignal): RecoveryStep {
  const behind = async (): Promise<readonly PartitionLag[]> =>
    (await groupLags(brokers, group)).filter(({ lag }) => lag > 0n);
  let goals: ReadonlyMap<string, bigint> = new Map();
  const left = async (): Promise<bigint> =>
    (await groupLags(brokers, group)).reduce(
      (sum, one) => sum + max(0n, (goals.get(placeOf(one)) ?? 0n) - one.committed),
      0n,
    );
  return {
    id: 'catch-up',
    title: `wait until ${group} has read what there is`,
    at: brokers.join(','),
    async look() {
      const lags = await behind();
      if (lags.length === 0) return { saw: `${group} is behind in no partition`, run: [] };
      goals = new Map(lags.map((one) => [placeOf(one), one.end]));
      return {
        saw: lags.map((one) => `${placeOf(one)} is ${one.lag} records behind`).join(', '),
        run: [`driftlab lag --brokers ${brokers.join(',')} --group ${group}`],
        async apply() {
          let rest: bigint | undefined;
          const isThere = async (): Promise<boolean> => {
            rest = await left();
            return rest === 0n;
          };
          await until(isThere, {
            ...{ what: `${group} to read on`, limitMs: STANDSTILL_MS, signal },
            ...{ pauseMs: LOOK_AGAIN_MS, maxPauseMs: LOOK_AGAIN_MS, progress: () => rest },
            saw: () => `${rest} records left`,
          });
        },
      };
    },
    async holds() {
      const rest = await left();
      return { holds: rest === 0n, saw: rest === 0n ? 'it has' : `${rest} records are left` };
    },
  };
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const placeOf = ({ topic, partition }: PartitionLag): string => `${topic}/${partition}`;
