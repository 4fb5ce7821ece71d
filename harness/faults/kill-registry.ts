import type { Fault } from '#model/fault.ts';
import { flushOffsets } from './captured.ts';
import { injection, orUndo, unaborted } from './injection.ts';
import { type Asking, disturbedBy, failedWords, registryNode, startAgain, untilFailed } from './registry.ts';

export interface KillRegistryOptions {
  /** Who starts again while it is away. */
  readonly asking: Asking;
  /** The source connector is started again once the registry is back, as whoever watches it would. By default it stays failed. */
  readonly attended?: boolean | undefined;
}

/** SIGKILL to the schema registry while a connector starts again, which needs it: its task fails, and does not start by itself. */
export function killRegistry({ asking, attended = false }: KillRegistryOptions): Fault {
  return {
    kind: 'kill-registry',
    needs: ['registry', 'kill', 'restart'],
    disturbs: disturbedBy(asking),
    async inject(context) {
      const { stack, pipeline, holdMs, signal, hold, say } = context;
      const registry = registryNode(stack);
      // A source task that starts again for that has its schemas to ask for, too.
      if (asking === 'source') await flushOffsets(context);
      const back = (): Promise<void> => registry.start(unaborted(signal));
      return orUndo(back, async () => {
        await registry.kill();
        await startAgain(context, asking);
        const failed = await untilFailed(context, asking);
        say(`the registry was killed: ${failedWords(failed)}`);
        await hold('the registry stays down', holdMs);
        return injection({
          async heal() {
            await back();
            if (attended) await pipeline.capture.restartFailed(signal);
          },
          evidence: () => ({
            bit: failed.length > 0,
            summary: `the schema registry was killed while it was needed: ${failedWords(failed)}${attended ? '; started again once it was back' : ''}`,
            figures: { connectors_failed: failed.length },
          }),
        });
      });
    },
  };
}
