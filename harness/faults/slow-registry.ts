import type { Fault } from '#model/fault.ts';
import type { Between } from '#model/network.ts';
import { capturedSince, flushOffsets } from './captured.ts';
import { injection, orUndo } from './injection.ts';
import { trouble } from './network.ts';
import { slowed } from './network-slow.ts';
import { startAgain } from './registry.ts';

export interface SlowRegistryOptions {
  /** How much later everything arrives between the source connector and the registry, each way. */
  readonly latencyMs: number;
}

const BETWEEN: Between = ['connect', 'registry'];

/** The registry answers late, while the source connector starts again and asks it for every schema. */
export function slowRegistry({ latencyMs }: SlowRegistryOptions): Fault {
  const made = { between: BETWEEN, latencyMs };
  return {
    kind: 'slow-registry',
    needs: ['registry', 'network'],
    between: BETWEEN,
    disturbs: ['connect'],
    async inject(context) {
      const { holdMs, hold, say } = context;
      await flushOffsets(context);
      const troubled = await trouble(context, BETWEEN, { kind: 'slow', latencyMs, jitterMs: 0 }, false);
      return orUndo(troubled.heal, async () => {
        await startAgain(context, 'source');
        await capturedSince(context, 1, 'records whose schemas came late');
        await hold('the registry answers late', holdMs);
        const evidence = async () => slowed(made, await troubled.traffic());
        say((await evidence()).summary);
        return injection({ heal: troubled.heal, evidence });
      });
    },
  };
}
