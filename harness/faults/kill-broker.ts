import type { Fault } from '#model/fault.ts';
import type { Replicas } from '#model/pipeline.ts';
import { injection, orUndo } from './injection.ts';
import { allInSync, brokerOf, leadsMost, readersBack, underReplicated } from './replicas.ts';
import { atWork } from './tasks.ts';

const MOVED_LIMIT_MS = 90_000;

/**
 * SIGKILL to the broker that leads most of the pipeline's partitions. The controller misses it when its session ends: others lead
 * then, and it is held down for a while. What it had acknowledged others have as well.
 */
export function killBroker(): Fault {
  return {
    kind: 'kill-broker',
    needs: ['kill', 'restart', 'broker-cluster'],
    // Its groups get another coordinator, and join that one anew.
    disturbs: ['broker', 'connect', 'connect-sink'],
    async inject(context) {
      const { stack, pipeline, holdMs, signal, until, hold, say } = context;
      const { replication } = pipeline;
      // Workers without any coordinator give their tasks up, and cannot flush then.
      await atWork(context, 'source');
      const before = await replication.partitions();
      const id = leadsMost(before);
      const broker = brokerOf(stack, id);
      const led = before.filter(({ leader }) => leader === id).length;
      return orUndo(
        () => broker.start(signal),
        async () => {
          await broker.kill();
          say(`${broker.name} killed, the leader of ${led} of ${before.length} partitions`);
          let now: readonly Replicas[] = before;
          const without = ({ leader, inSync }: Replicas): boolean =>
            leader !== undefined && leader !== id && !inSync.includes(id);
          await until(
            'other brokers to lead its partitions',
            async () => {
              now = await replication.partitions();
              return now.every(without);
            },
            { limitMs: MOVED_LIMIT_MS, saw: () => `${now.filter(without).length} of ${now.length} partitions` },
          );
          const under = underReplicated(now).length;
          say(`others lead its partitions, ${under} are under-replicated`);
          await hold(`${broker.name} stays down`, holdMs);
          return injection({
            async heal() {
              await broker.start(signal);
              await allInSync(pipeline, until);
              await readersBack(pipeline, until);
            },
            evidence: () => ({
              bit: led > 0 && under > 0,
              summary: `${broker.name} was killed: ${led} partitions got another leader, ${under} were under-replicated until it was back`,
              figures: { broker: broker.name, leaders_moved: led, partitions_under_replicated: under },
            }),
          });
        },
      );
    },
  };
}
