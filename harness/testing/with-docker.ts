import { describe } from 'vitest';
import { type Engine, openEngine } from '#runtimes/docker/engine.ts';
import { ensureImages } from '#runtimes/docker/images.ts';
import { OperatorError } from '#std/errors.ts';

const IMAGES = ['kafka', 'postgres'] as const;

/** An engine with the images that a stack of PostgreSQL needs, or why there is none. */
async function usableEngine(): Promise<Engine | OperatorError> {
  try {
    const engine = await openEngine();
    await ensureImages(engine, IMAGES);
    return engine;
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
}

const found = await usableEngine();

/** Whether this machine has an engine that can be used. */
export const hasDocker = !(found instanceof OperatorError);

/** As `describe`, with an engine. Where this machine has none that can be used the tests are skipped, and their name says why. */
export function describeDocker(name: string, tests: (engine: Engine) => void): void {
  if (found instanceof OperatorError)
    describe.skip(`${name}: ${found.message} (${found.found})`, () => tests(undefined as never));
  else describe(name, () => tests(found));
}
