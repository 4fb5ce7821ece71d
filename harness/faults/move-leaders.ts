import type { Fault } from '#model/fault.ts';
import type { Replicas } from '#model/pipeline.ts';
import type { TopicPartition } from '#model/position.ts';
import { spent } from './injection.ts';

const MOVED_LIMIT_MS = 60_000;

/** The same brokers in another order: the one behind the leader leads. */
function nextInTurn({ leader, all }: Replicas): readonly number[] {
  const at = leader === undefined ? 0 : all.indexOf(leader);
  return [...all.slice(at + 1), ...all.slice(0, at + 1)];
}

/** Has another broker lead each partition of the pipeline while producers write to it and consumers read it. All stay up. */
export function moveLeaders(): Fault {
  return {
    kind: 'move-leaders',
    needs: ['broker-cluster'],
    disturbs: ['broker', 'connect', 'connect-sink'],
    async inject({ pipeline: { replication }, holdMs, until, hold, say }) {
      const before = await replication.partitions();
      const wanted = new Map<TopicPartition, readonly number[]>(
        before.map((one) => [one.partition, nextInTurn(one)] as const),
      );
      await replication.assign(wanted);
      let now: readonly Replicas[] = before;
      const moved = (): readonly Replicas[] => now.filter((one) => one.leader === wanted.get(one.partition)?.[0]);
      await until(
        'other brokers to lead the partitions',
        async () => {
          // A replica that lags for a moment cannot be elected.
          await replication.elect([...wanted.keys()]);
          now = await replication.partitions();
          return moved().length === now.length;
        },
        { limitMs: MOVED_LIMIT_MS, saw: () => `${moved().length} of ${now.length} partitions` },
      );
      const leaders = new Map(before.map(({ partition, leader }) => [partition, leader]));
      const changed = now.filter(({ partition, leader }) => leader !== leaders.get(partition)).length;
      say(`${changed} of ${now.length} partitions have another leader`);
      await hold('writers write to the new leaders', holdMs);
      return spent(() => ({
        bit: changed > 0,
        summary: `${changed} of ${now.length} partitions got another leader while they were written and read`,
        figures: { leaders_moved: changed },
      }));
    },
  };
}
