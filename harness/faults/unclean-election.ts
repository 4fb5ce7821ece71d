import type { Fault, FaultContext } from '#model/fault.ts';
import type { Replicas } from '#model/pipeline.ts';
import type { Offsets, TopicPartition } from '#model/position.ts';
import type { Node } from '#model/stack.ts';
import { pauseAll } from './consumers.ts';
import { injection, orUndo } from './injection.ts';
import { allInSync, brokerOf, leadsMost } from './replicas.ts';

export interface UncleanElectionOptions {
  /** Records that must have been acknowledged by the leader alone. */
  readonly records: number;
}

const CHANGED_LIMIT_MS = 90_000;
const WRITTEN_LIMIT_MS = 60_000;

/** Availability before consistency: one replica may acknowledge alone, and one that lacks records may lead. */
const UNSAFE = { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' };

/**
 * Has topics of two replicas lose what one of them has acknowledged. The follower dies; the leader writes on alone, as
 * `min.insync.replicas` of 1 allows, and dies; the follower comes back alone and is elected although it lacks records
 * (`unclean.leader.election.enable`). What it lacks is then gone, from the old leader's log as well. Nobody reads meanwhile, not even
 * the verifier: who has read a record before it is lost has it.
 */
export function uncleanElection({ records }: UncleanElectionOptions): Fault {
  return {
    kind: 'unclean-election',
    needs: ['kill', 'restart', 'pause', 'topic-config', 'broker-cluster'],
    disturbs: ['broker', 'connect', 'connect-sink'],
    async inject(context) {
      const { pipeline, signal, until, hold, holdMs, say } = context;
      const { capture, log } = pipeline;
      const cluster = await openPair(context);
      const { leader, follower } = cluster;
      const { resume } = await pauseAll(pipeline);
      const goOn = log.pause();
      const restore = async (): Promise<void> => {
        try {
          await follower.start(signal);
          await leader.start(signal);
          await cluster.release();
          await capture.resume(signal);
        } finally {
          goOn();
        }
        await resume();
      };
      return orUndo(restore, async () => {
        const from = total(await log.endOffsets());
        await follower.kill();
        await cluster.reach(`${leader.name} to be the only replica in sync`, ({ inSync }) => inSync.length === 1);
        let written = 0;
        await until(
          `records that ${leader.name} alone has`,
          async () => {
            written = total(await log.endOffsets()) - from;
            return written >= records;
          },
          { limitMs: WRITTEN_LIMIT_MS, saw: () => `${written} of ${records} records` },
        );
        // What would be written to the new leader would hide how much it lacks.
        await capture.stop(signal);
        const acknowledged = await log.endOffsets();
        await leader.kill();
        say(`${leader.name} killed, which alone has ${total(acknowledged) - from} records`);
        await follower.start(signal);
        await cluster.reach(`${follower.name} to be elected`, (one) => one.leader === cluster.followerId);
        const lost = lacking(acknowledged, await log.endOffsets());
        say(`${follower.name} leads, and lacks ${lost} records that had been acknowledged`);
        await hold(`${leader.name} stays down`, holdMs);
        return injection({
          heal: restore,
          evidence: () => ({
            bit: lost > 0,
            summary: `${follower.name} was elected out of sync: ${lost} acknowledged records, which ${leader.name} alone had, are lost`,
            figures: { records_lost: lost },
          }),
        });
      });
    },
  };
}

interface Pair {
  readonly leader: Node;
  readonly follower: Node;
  readonly followerId: number;
  /** Waits until every partition is so. */
  reach(what: string, is: (one: Replicas) => boolean): Promise<void>;
  /** Gives the partitions back to all brokers. */
  release(): Promise<void>;
}

/** Has two brokers alone keep the topics, of which the one leads them all, and makes them unsafe. */
async function openPair({ stack, pipeline, until }: FaultContext): Promise<Pair> {
  const { replication } = pipeline;
  const before = await replication.partitions();
  const id = leadsMost(before);
  const other = before.flatMap(({ all }) => all).find((broker) => broker !== id) ?? id;
  const reach = async (what: string, is: (one: Replicas) => boolean): Promise<void> => {
    let now: readonly Replicas[] = [];
    const those = (): number => now.filter(is).length;
    await until(
      what,
      async () => {
        now = await replication.partitions();
        return now.length > 0 && those() === now.length;
      },
      { limitMs: CHANGED_LIMIT_MS, saw: () => `${those()} of ${now.length} partitions` },
    );
  };
  const assigned = (to: (one: Replicas) => readonly number[]): ReadonlyMap<TopicPartition, readonly number[]> =>
    new Map(before.map((one) => [one.partition, to(one)] as const));
  const release = async (): Promise<void> => {
    await replication.assign(assigned(({ all }) => all));
    await reach('all brokers to keep the topics again', (one) => one.all.length >= (before[0]?.all.length ?? 0));
    await allInSync(pipeline, until);
    await pipeline.configureTopics({});
  };
  await orUndo(release, async () => {
    await replication.assign(assigned(() => [id, other]));
    await reach('two brokers to keep the topics', ({ all, inSync }) => all.length === 2 && inSync.length === 2);
    await replication.elect(before.map(({ partition }) => partition));
    await reach('one of them to lead all of them', ({ leader }) => leader === id);
    await pipeline.configureTopics(UNSAFE);
  });
  return { leader: brokerOf(stack, id), follower: brokerOf(stack, other), followerId: other, reach, release };
}

function total(ends: Offsets): number {
  return Number([...ends.values()].reduce((sum, end) => sum + end, 0n));
}

/** Records below the ends that were acknowledged, and not below those that there are now. */
function lacking(acknowledged: Offsets, ends: Offsets): number {
  const gone = [...acknowledged].map(([partition, end]) => end - (ends.get(partition) ?? 0n));
  return Number(gone.reduce((sum, one) => (one > 0n ? sum + one : sum), 0n));
}
