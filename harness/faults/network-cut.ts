import type { Evidence, Fault } from '#model/fault.ts';
import type { Between, Traffic, Troubled } from '#model/network.ts';
import { injection, orUndo } from './injection.ts';
import { disturbed, hopName, readyToReplay, trouble } from './network.ts';

export interface NetworkCutOptions {
  readonly between: Between;
  /** Only what flows from the first to the second is cut. */
  readonly oneWay?: boolean | undefined;
  /**
   * `hold` (default): connections stand, and what is sent arrives at the heal, as if a cable had been pulled. `reset`: every
   * connection is reset, and every new one until the heal.
   */
  readonly how?: 'hold' | 'reset' | undefined;
}

const BITE_LIMIT_MS = 60_000;
/** Records that a reset makes a connector read again, at least. */
const REPLAYED = 100;

/** Cuts the network between two peers for as long as `--hold` says, and until something was stopped by it. */
export function networkCut({ between, oneWay = false, how = 'hold' }: NetworkCutOptions): Fault {
  return {
    kind: 'network-cut',
    needs: ['network'],
    between,
    disturbs: disturbed(between),
    async inject(context) {
      const { holdMs, until, hold, say } = context;
      const hop = hopName(between, oneWay);
      // A connector that starts again has something to replay.
      await readyToReplay(context, between, how === 'reset' ? REPLAYED : 0);
      const troubled = await trouble(context, between, { kind: how }, oneWay);
      return orUndo(troubled.heal, async () => {
        await hold(`the network is cut: ${hop}`, holdMs);
        let seen: Traffic | undefined;
        const bitten = async (): Promise<boolean> => {
          seen = await troubled.traffic();
          return (how === 'hold' ? seen.stopped : seen.reset) > 0;
        };
        const what = how === 'hold' ? `data to be stopped on ${hop}` : `a connection to be reset on ${hop}`;
        await until(what, bitten, { limitMs: BITE_LIMIT_MS });
        say(how === 'hold' ? `${hop}: ${seen?.stopped} bytes stopped` : `${hop}: ${seen?.reset} connections reset`);
        return injection({
          heal: troubled.heal,
          evidence: () => (how === 'hold' ? heldBack(hop, troubled) : broken(hop, troubled)),
        });
      });
    },
  };
}

async function heldBack(hop: string, troubled: Troubled): Promise<Evidence> {
  const { stopped, passed } = await troubled.traffic();
  return {
    bit: stopped > 0 && passed === 0,
    summary: `${hop}: ${stopped} bytes were held back and ${passed === 0 ? 'none' : passed} went through until it healed`,
    figures: { bytes_stopped: stopped, bytes_passed: passed },
  };
}

async function broken(hop: string, troubled: Troubled): Promise<Evidence> {
  const { reset } = await troubled.traffic();
  const { accepted, passed } = await troubled.since();
  const back = accepted > 0 && passed > 0;
  return {
    bit: reset > 0 && back,
    summary: `${hop}: ${reset} connections were reset, and ${back ? `${accepted} came back` : 'none came back'} after it healed`,
    figures: { connections_reset: reset, connections_back: accepted, bytes_since: passed },
  };
}
