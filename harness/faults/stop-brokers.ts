import type { Fault } from '#model/fault.ts';
import { injection, orUndo } from './injection.ts';
import { killAll, nodesOf, startAll } from './nodes.ts';
import { allInSync, readersBack } from './replicas.ts';
import { atWork } from './tasks.ts';

/**
 * SIGKILL to all brokers at once, as when a cluster loses its power supply: none can hand over to another, and each recovers what
 * it had written to its log. Held down, and started again together: while none runs, nobody can ask how far anything has come.
 */
export function stopBrokers(): Fault {
  return {
    kind: 'stop-brokers',
    needs: ['kill', 'restart', 'broker-cluster'],
    disturbs: ['broker', 'connect', 'connect-sink'],
    async inject(context) {
      const { stack, pipeline, holdMs, signal, hold, until, say } = context;
      const brokers = nodesOf(stack, 'broker');
      // Workers without any coordinator give their tasks up, and cannot flush then.
      await atWork(context, 'source');
      const partitions = (await pipeline.replication.partitions()).length;
      const revive = (): Promise<void> => startAll(brokers, signal);
      return orUndo(revive, async () => {
        await killAll(brokers);
        const killed = brokers.filter(({ state }) => state === 'killed').length;
        say(`${killed} brokers killed at once`);
        await hold('no broker runs', holdMs);
        await revive();
        return injection({
          async heal() {
            await allInSync(pipeline, until);
            await readersBack(pipeline, until);
          },
          evidence: () => ({
            bit: killed === brokers.length,
            summary: `all ${brokers.length} brokers were killed at once: ${partitions} partitions had no leader until they were back`,
            figures: { brokers_killed: killed, partitions_without_leader: partitions },
          }),
        });
      });
    },
  };
}
