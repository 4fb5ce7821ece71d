import { consumerGroup } from '#model/pipeline-names.ts';
import { connectorConfig, connectorState } from '#operations/connectors.ts';
import { deploy, planDeployment } from '#operations/deploy.ts';
import { groupLags } from '#operations/lag.ts';
import type { RecoveryStep } from '../step.ts';
import type { RecoveredConnector } from '../world.ts';

const WATCH_MS = 5000;

/** Gives a sink connector that is behind as many tasks as its topics have partitions: more of them have nothing to do. */
export function scaleSink(sink: RecoveredConnector, brokers: readonly string[], signal: AbortSignal): RecoveryStep {
  const { name, client, connect } = sink;
  const read = async () => {
    const [{ tasks }, config] = await Promise.all([
      connectorState(client, name, signal),
      connectorConfig(client, name, signal),
    ]);
    const lags = await groupLags(brokers, consumerGroup(name, config));
    const behind = lags.filter(({ lag }) => lag > 0n);
    return { config, tasks: tasks.length, partitions: lags.length, behind: behind.length };
  };
  return {
    id: 'scale-sink',
    title: `give ${name} as many tasks as it has partitions to read`,
    at: connect,
    async look() {
      const { config, tasks, partitions, behind } = await read();
      const saw = `${name} has ${tasks} of ${partitions} tasks that could work, and is behind in ${behind} partitions`;
      if (behind === 0 || partitions <= Math.max(tasks, Number(config['tasks.max'] ?? '1'))) return { saw, run: [] };
      return {
        saw,
        run: [`driftlab connectors scale ${name} --tasks ${partitions} --connect ${connect}`],
        async apply() {
          const plan = await planDeployment(
            client,
            { name, config: { ...config, 'tasks.max': String(partitions) } },
            signal,
          );
          await deploy(client, plan, { watchMs: WATCH_MS, signal });
        },
      };
    },
    async holds() {
      const { config, partitions } = await read();
      const most = Number(config['tasks.max'] ?? '1');
      return { holds: most >= partitions, saw: `it may have ${most} tasks` };
    },
  };
}
