import type { Fault } from '#model/fault.ts';
import { besides, failedOf, lags, resumeAll } from './consumers.ts';
import { injection, orUndo } from './injection.ts';
import { killAll, nodesOf, startAll } from './nodes.ts';

const LAG_LIMIT_MS = 60_000;

/**
 * SIGKILL to every consumer that is a process of its own: the workers of the sink connectors, and programs. The workers are
 * started again when the fault heals; whether a program is, is its own spec's to say.
 */
export function crashConsumers(): Fault {
  return {
    kind: 'crash-consumers',
    needs: ['kill', 'restart'],
    disturbs: ['connect-sink'],
    async inject({ stack, pipeline, holdMs, signal, until, hold, say }) {
      const variants = [...pipeline.variants.values()];
      const connectors = variants.filter(({ spec }) => spec.kind === 'connect-sink');
      const programs = variants.filter(({ crash }) => crash !== undefined);
      const workers = connectors.length === 0 ? [] : nodesOf(stack, 'connect-sink');
      const failed = await failedOf([...connectors, ...programs]);
      const revive = async (): Promise<void> => {
        await startAll(workers, signal);
        await resumeAll(connectors, failed);
      };
      return orUndo(revive, async () => {
        await killAll(workers);
        await Promise.all(programs.map((one) => one.crash?.()));
        const killed = [...connectors, ...programs].map(({ name }) => name);
        say(`killed: ${killed.join(', ')}`);
        await hold('all consumers are down', holdMs);
        let records = 0;
        await until(
          'new records in the log',
          async () => {
            records = Math.max(0, ...[...(await lags(pipeline)).values()].map((lag) => lag.records));
            return records > 0;
          },
          { limitMs: LAG_LIMIT_MS },
        );
        return injection({
          heal: revive,
          evidence: () => ({
            bit: killed.length > 0,
            summary: `the consumers of ${killed.join(', ')} were killed with SIGKILL, up to ${records} records behind${besides(failed)}`,
            figures: { consumers_killed: killed.length, lag_records_max: records },
          }),
        });
      });
    },
  };
}
