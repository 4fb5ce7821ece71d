import type { FaultContext } from '#model/fault.ts';
import type { RunStatus } from '#model/pipeline.ts';
import type { SchemaRegistry } from '#model/registered-schema.ts';
import type { Node, NodeName, Stack } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { killAll, nodesOf, startAll } from './nodes.ts';

/**
 * Whose converters forget the schemas that they know. Converters remember what they have asked for, so a registry that fails harms
 * nobody before a schema changes or a task starts again: a fault of the registry has one start again.
 */
export type Asking = 'source' | 'consumers';

const FAILED_LIMIT_MS = 90_000;

/** The services whose nodes and tasks a fault of the registry disturbs. */
export function disturbedBy(asking: Asking): readonly NodeName[] {
  return ['registry', asking === 'source' ? 'connect' : 'connect-sink'];
}

export function registryNode(stack: Pick<Stack, 'nodes'>): Node {
  return nodesOf(stack, 'registry')[0];
}

export function registryOf({ registry }: Pick<FaultContext['pipeline'], 'registry'>): SchemaRegistry {
  if (registry === undefined) throw new Error('the pipeline has no schema registry');
  return registry;
}

/** Has the source connector, or every sink connector, start again with nothing remembered. */
export async function startAgain(context: FaultContext, asking: Asking): Promise<void> {
  const { stack, pipeline, signal } = context;
  if (asking === 'source') {
    // One that fails as it does, for want of the registry, is the fault's effect.
    await pipeline.capture.restartFailed(signal).catch((error: unknown) => {
      if (!(error instanceof OperatorError) || error.code !== 'connector-failed') throw error;
    });
    return;
  }
  const workers = nodesOf(stack, 'connect-sink');
  await killAll(workers);
  await startAll(workers, signal);
}

/** A connector that has failed, and why. */
export interface Failed {
  readonly name: string;
  readonly why: string;
}

/** Waits until those who have started again have failed at what they need of the registry. */
export async function untilFailed(context: FaultContext, asking: Asking): Promise<readonly Failed[]> {
  const { pipeline, until } = context;
  const whom =
    asking === 'source'
      ? [pipeline.capture]
      : [...pipeline.variants.values()].filter(({ spec }) => spec.kind === 'connect-sink');
  let seen: readonly (RunStatus & { readonly name: string })[] = [];
  const failed = () => seen.filter(({ state }) => state === 'failed');
  await until(
    'a connector to need the registry',
    async () => {
      seen = await Promise.all(whom.map(async (one) => ({ name: one.name, ...(await one.status()) })));
      return failed().length === whom.length;
    },
    { limitMs: FAILED_LIMIT_MS, saw: () => seen.map(({ name, state }) => `${name} ${state}`).join(', ') },
  );
  return failed().map(({ name, error = 'unknown' }) => ({ name, why: error }));
}

/** `p failed (java.net.ConnectException)`, as it stands in a sentence. */
export function failedWords(failed: readonly Failed[]): string {
  return failed.map(({ name, why }) => `${name} failed (${why})`).join(', ');
}
