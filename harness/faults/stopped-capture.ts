import type { FaultContext } from '#model/fault.ts';
import { OperatorError } from '#std/errors.ts';
import { orUndo, unaborted } from './injection.ts';

const LIMIT_MS = 60_000;

type Context = Pick<FaultContext, 'pipeline' | 'writers' | 'signal' | 'until' | 'hold' | 'holdMs'>;

/** Lets the connector go on. One that fails as it does is the fault's effect, for the verdict to tell. */
export async function resumeCapture({ pipeline, signal }: Pick<Context, 'pipeline' | 'signal'>): Promise<void> {
  await pipeline.capture.resume(unaborted(signal)).catch((error: unknown) => {
    if (!(error instanceof OperatorError) || error.code !== 'connector-failed') throw error;
  });
}

/**
 * Stops the connector in its orderly way, lets writers make `operations` meanwhile, and then does the harm. Where that
 * fails, the connector goes on. Operations that were made.
 */
export async function whileStopped(context: Context, operations: number, harm: () => Promise<void>): Promise<number> {
  const { pipeline, writers, signal, until, hold, holdMs } = context;
  return orUndo(
    () => resumeCapture(context),
    async () => {
      await pipeline.capture.stop(signal);
      const from = writers.made;
      await hold('the connector is stopped', holdMs);
      await until(
        `${operations} operations to be written while the connector is stopped`,
        () => writers.committed >= 0 && writers.made - from >= operations,
        { limitMs: LIMIT_MS, saw: () => `${writers.made - from} of ${operations} operations` },
      );
      const made = writers.made - from;
      await harm();
      return made;
    },
  );
}

/** What the pipeline's source must have for a fault that needs a binary log. */
export function binlogOf({ binlog }: Pick<FaultContext['pipeline'], 'binlog'>): NonNullable<typeof binlog> {
  if (binlog === undefined) throw new Error('the source has no binary log');
  return binlog;
}
