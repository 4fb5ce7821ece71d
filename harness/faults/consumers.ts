import type { FaultContext } from '#model/fault.ts';
import type { Pipeline, Variant } from '#model/pipeline.ts';
import type { Lag, Offsets } from '#model/position.ts';
import { allToTheEnd } from '#std/all-to-the-end.ts';

/** The lag of every variant now. */
export async function lags(pipeline: Pipeline): Promise<ReadonlyMap<string, Lag>> {
  const ends = await pipeline.log.endOffsets();
  const lags = await Promise.all(
    [...pipeline.variants].map(
      async ([name, variant]) => [name, pipeline.log.lag(await variant.applied(), ends)] as const,
    ),
  );
  return new Map(lags);
}

async function hasFailed(variant: Variant): Promise<boolean> {
  return (await variant.status()).state === 'failed';
}

/** The names of those that have failed by themselves: nothing that is done to consumers reaches them. */
export async function failedOf(variants: readonly Variant[]): Promise<ReadonlySet<string>> {
  const failed = await Promise.all(variants.map(async (one) => ((await hasFailed(one)) ? [one.name] : [])));
  return new Set(failed.flat());
}

/** What evidence says of those that had failed before the fault came, and of those that had nothing to read. */
export function besides(failed: ReadonlySet<string>, quiet: ReadonlySet<string> = new Set()): string {
  const stood = failed.size === 0 ? '' : `; ${[...failed].join(', ')} had already failed before the fault`;
  return quiet.size === 0 ? stood : `${stood}; nothing was written to the topics of ${[...quiet].join(', ')}`;
}

/** Lets consumers go on. What becomes of those that had `failed` before is no matter of the fault. */
export function resumeAll(variants: readonly Variant[], failed: ReadonlySet<string>): Promise<void> {
  return allToTheEnd(
    variants.map((variant) =>
      variant.resume().catch((error: unknown) => {
        if (!failed.has(variant.name)) throw error;
      }),
    ),
  );
}

export interface Paused {
  /** Those that had failed already. */
  readonly failed: ReadonlySet<string>;
  resume(): Promise<void>;
}

/** Every consumer of the pipeline, paused; one that has failed stands still as it is. None where it throws. */
export async function pauseAll(pipeline: Pipeline): Promise<Paused> {
  const variants = [...pipeline.variants.values()];
  const failed = new Set(await failedOf(variants));
  const resume = (): Promise<void> => resumeAll(variants, failed);
  try {
    await allToTheEnd(
      variants.map((variant) =>
        variant.pause().catch(async (error: unknown) => {
          if (!(await hasFailed(variant))) throw error;
          failed.add(variant.name);
        }),
      ),
    );
  } catch (error) {
    await resume().catch(() => {});
    throw error;
  }
  return { failed, resume };
}

export interface Behind {
  /** By variant, of those that had something to read meanwhile. */
  readonly lags: ReadonlyMap<string, Lag>;
  /** Those to whose topics nothing was written: they had nothing to fall behind. */
  readonly quiet: ReadonlySet<string>;
}

export interface BehindOptions {
  /** Ends of the log before the consumers were paused. */
  readonly since: Offsets;
  /** How far each is to lag. */
  readonly records: number;
  readonly limitMs: number;
  /** How long they all get before some are enough. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 10_000;

/**
 * Waits until every paused consumer lags by so many records. Writers need not write to all topics alike: after a while
 * it is enough that one is so far behind and each other one lags at all, or reads only what nobody has written to.
 */
export async function allBehind(
  { pipeline, until }: Pick<FaultContext, 'pipeline' | 'until'>,
  { since, records, limitMs, patienceMs = PATIENCE_MS }: BehindOptions,
): Promise<Behind> {
  let seen: ReadonlyMap<string, { readonly lag: Lag; readonly quiet: boolean }> = new Map();
  const started = performance.now();
  const look = async (): Promise<boolean> => {
    const ends = await pipeline.log.endOffsets();
    const grown = [...ends].filter(([partition, end]) => end > (since.get(partition) ?? 0n));
    seen = new Map(
      await Promise.all(
        [...pipeline.variants].map(async ([name, variant]) => {
          const applied = await variant.applied();
          const lag = pipeline.log.lag(applied, ends);
          // Whoever is beyond a partition's end never reads it.
          const quiet = lag.records === 0 && grown.every(([partition, end]) => (applied.get(partition) ?? 0n) > end);
          return [name, { lag, quiet }] as const;
        }),
      ),
    );
    const all = [...seen.values()];
    const far = all.filter(({ lag }) => lag.records >= records);
    if (far.length === all.length) return true;
    const patient = performance.now() - started < patienceMs;
    return !patient && far.length > 0 && all.every(({ lag, quiet }) => quiet || lag.records > 0);
  };
  await until('every consumer to fall behind', look, {
    limitMs,
    saw: () => [...seen].map(([name, { lag }]) => `${name} ${lag.records} of ${records}`).join(', '),
  });
  return {
    lags: new Map([...seen].flatMap(([name, { lag, quiet }]) => (quiet ? [] : [[name, lag]]))),
    quiet: new Set([...seen].flatMap(([name, { quiet }]) => (quiet ? [name] : []))),
  };
}
