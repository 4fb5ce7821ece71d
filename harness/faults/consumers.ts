import type { Pipeline, Variant } from '#model/pipeline.ts';
import type { Lag } from '#model/position.ts';

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

/** What evidence says of those that had failed before the fault came; nothing where there are none. */
export function besides(failed: ReadonlySet<string>): string {
  if (failed.size === 0) return '';
  return `; ${[...failed].join(', ')} had failed already, and stood still anyway`;
}

/** All of them to their ends, of which the first error is thrown then: one that throws must not leave others half done. */
export async function allToTheEnd(done: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(done)) if (one.status === 'rejected') throw one.reason;
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
