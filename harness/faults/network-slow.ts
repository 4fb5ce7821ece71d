import type { Evidence, Fault } from '#model/fault.ts';
import type { Between, Traffic } from '#model/network.ts';
import { injection, orUndo } from './injection.ts';
import { disturbed, hopName, trouble } from './network.ts';

export interface NetworkSlowOptions {
  readonly between: Between;
  /** Only what flows from the first to the second is slow. */
  readonly oneWay?: boolean | undefined;
  /** How much later everything arrives, each way. */
  readonly latencyMs: number;
  /** How much later still at most, at random. */
  readonly jitterMs?: number | undefined;
  /** How much goes through in a second at most, each way and over each connection. */
  readonly bytesPerSecond?: number | undefined;
}

const BITE_LIMIT_MS = 60_000;
/** A line is full where something has waited for it so long: a piece that goes out at once needs no time to speak of. */
const FULL_MS = 50;

/** Slows down the network between two peers for as long as `--hold` says, and until something was slowed down by it. */
export function networkSlow(options: NetworkSlowOptions): Fault {
  const { between, oneWay = false, latencyMs, jitterMs = 0, bytesPerSecond } = options;
  return {
    kind: 'network-slow',
    needs: ['network'],
    between,
    disturbs: disturbed(between),
    async inject(context) {
      const { holdMs, until, hold, say } = context;
      const hop = hopName(between, oneWay);
      const made = { kind: 'slow', latencyMs, jitterMs, bytesPerSecond } as const;
      const troubled = await trouble(context, between, made, oneWay);
      return orUndo(troubled.heal, async () => {
        await hold(`the network is slow: ${hop}`, holdMs);
        const bitten = async (): Promise<boolean> => slowed(options, await troubled.traffic()).bit;
        await until(`data to arrive late on ${hop}`, bitten, { limitMs: BITE_LIMIT_MS });
        say(slowed(options, await troubled.traffic()).summary);
        return injection({
          heal: troubled.heal,
          evidence: async () => slowed(options, await troubled.traffic()),
        });
      });
    },
  };
}

/** What was measured, against what was asked for. */
export function slowed(
  { between, oneWay = false, latencyMs, bytesPerSecond }: NetworkSlowOptions,
  { delaysMs, passed }: Pick<Traffic, 'delaysMs' | 'passed'>,
): Evidence {
  const hop = hopName(between, oneWay);
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const longest = sorted.at(-1);
  if (median === undefined || longest === undefined)
    return { bit: false, summary: `${hop}: nothing was sent while it was slow`, figures: { pieces: 0 } };
  const late = median >= latencyMs;
  const narrow = bytesPerSecond === undefined || longest >= latencyMs + FULL_MS;
  const rate = bytesPerSecond === undefined ? '' : `, at most ${bytesPerSecond} bytes a second`;
  return {
    bit: late && narrow,
    summary: `${hop}: ${passed} bytes went through ${median.toFixed(0)} ms late (median; at most ${longest.toFixed(0)} ms; asked for: ${latencyMs} ms${rate})`,
    figures: {
      delay_ms_median: Math.round(median),
      delay_ms_max: Math.round(longest),
      latency_ms_asked: latencyMs,
      pieces: sorted.length,
      bytes_passed: passed,
    },
  };
}
