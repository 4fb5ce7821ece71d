import {
  type Between,
  converges,
  type Expectation,
  type FailureMode,
  failureMode,
  networkCut,
  networkSlow,
} from '#lab.ts';

export interface Hop {
  readonly between: Between;
  readonly title: string;
  readonly story: string;
  /** What a variant shows once connections have been reset, where it does not converge. */
  readonly afterReset?: Readonly<Record<string, Expectation>>;
}

const VARIANTS = ['insert', 'upsert', 'dedup', 'debezium-jdbc'];

const live = { takes: ['seconds'] } as const;

/** One failure mode: all that a network can do between two peers. The reset is last, since what it doubles stays. */
export function hop({ between, title, story, afterReset = {} }: Hop): FailureMode {
  const [from, to] = between;
  const converging = Object.fromEntries(VARIANTS.map((name) => [name, converges()]));
  const where = `between ${from} and ${to}`;
  return failureMode({
    id: between.join('-'),
    title,
    story,
    steps: [
      {
        id: 'cut',
        title: `Nothing arrives ${where}: connections stand, and no data passes`,
        fault: networkCut({ between }),
        live,
        expect: converging,
      },
      // Between brokers each is the one that is cut off.
      ...(from === to
        ? []
        : [
            {
              id: 'one-way',
              title: `Nothing arrives from ${from} at ${to}, while the other direction stands`,
              fault: networkCut({ between, oneWay: true }),
              live,
              expect: converging,
            },
            {
              id: 'one-way-back',
              title: `Nothing arrives from ${to} at ${from}, while the other direction stands`,
              fault: networkCut({ between: [to, from], oneWay: true }),
              live,
              expect: converging,
            },
          ]),
      {
        id: 'slow',
        title: `Everything ${where} arrives 50 ms late, and up to 20 ms later`,
        fault: networkSlow({ between, latencyMs: 50, jitterMs: 20 }),
        live,
        expect: converging,
      },
      {
        id: 'reset',
        title: `Every connection ${where} is reset`,
        fault: networkCut({ between, how: 'reset' }),
        live,
        expect: { ...converging, ...afterReset },
      },
    ],
  });
}
