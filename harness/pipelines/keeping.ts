import { engineOf } from '#engines/index.ts';
import type { Database } from '#model/pipeline.ts';
import type { End, Stack } from '#model/stack.ts';
import { makeDatabase } from './databases.ts';

export interface Keeping {
  /** What a pipeline has made outlives it. A suspended one that could not be opened again is kept, too. */
  data: boolean;
  readonly signal: AbortSignal;
}

export async function unless(keeping: Keeping, drop: () => Promise<void>): Promise<void> {
  if (!keeping.data) await whileStanding(keeping, drop);
}

/**
 * Leaves a step of taking a pipeline away undone where the run was aborted: its servers end next, and one that has died
 * would be waited for at every step. A pipeline that is kept is taken apart in order all the same.
 */
export async function whileStanding({ data, signal }: Keeping, step: () => Promise<void>): Promise<void> {
  if (data || !signal.aborted) await step();
}

/** A new database, or the one that a suspended pipeline has left. */
export async function databaseOf(
  suspended: boolean | undefined,
  stack: Stack,
  end: End,
  name: string,
  template?: string,
): Promise<Database> {
  const server = stack[end];
  return suspended === true
    ? engineOf(server).server.openNamed(server, name)
    : makeDatabase(stack, end, name, template);
}
