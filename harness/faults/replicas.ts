import type { FaultContext } from '#model/fault.ts';
import type { Pipeline, Replicas } from '#model/pipeline.ts';
import type { Node } from '#model/stack.ts';
import { failedOf } from './consumers.ts';
import { nodesOf } from './nodes.ts';

const IN_SYNC_LIMIT_MS = 120_000;

/** The broker of a number, which is its place among the nodes. */
export function brokerOf(stack: FaultContext['stack'], id: number): Node {
  const node = nodesOf(stack, 'broker')[id - 1];
  if (node === undefined) throw new Error(`the stack has no broker ${id}`);
  return node;
}

/** The number of the broker that leads most of the partitions; the lowest of several. */
export function leadsMost(partitions: readonly Replicas[]): number {
  const counts = new Map<number, number>();
  for (const { leader } of partitions) if (leader !== undefined) counts.set(leader, (counts.get(leader) ?? 0) + 1);
  const [most] = [...counts].sort(([a, led], [b, others]) => others - led || a - b);
  if (most === undefined) throw new Error('no broker leads any partition');
  return most[0];
}

/** Those that fewer brokers have than are to. */
export function underReplicated(partitions: readonly Replicas[]): readonly Replicas[] {
  return partitions.filter(({ all, inSync }) => inSync.length < all.length);
}

/** Waits until every broker has all that it is to keep. */
export async function allInSync({ replication }: Pipeline, until: FaultContext['until']): Promise<void> {
  let seen: readonly Replicas[] = [];
  await until(
    'every replica to be in sync',
    async () => {
      seen = await replication.partitions();
      return underReplicated(seen).length === 0;
    },
    {
      limitMs: IN_SYNC_LIMIT_MS,
      saw: () => `${underReplicated(seen).length} of ${seen.length} partitions are under-replicated`,
    },
  );
}

const BACK_LIMIT_MS = 180_000;

/**
 * Waits until whatever reads the log has got beyond where it ends now. Consumers that were without any broker for long join their
 * groups anew, and get nothing until the session of who they were has ended.
 */
export async function readersBack(pipeline: Pipeline, until: FaultContext['until']): Promise<void> {
  const { log } = pipeline;
  const ends = await log.endOffsets();
  const variants = [...pipeline.variants.values()];
  const failed = await failedOf(variants);
  const behind = async (): Promise<string[]> => {
    const reader = log.lag(log.position(), ends).records > 0 ? ['the verifier'] : [];
    const others = variants.filter(({ name }) => !failed.has(name));
    const lagging = await Promise.all(
      others.map(async ({ name, applied }) => (log.lag(await applied(), ends).records > 0 ? [name] : [])),
    );
    return [...reader, ...lagging.flat()];
  };
  let seen: string[] = [];
  await until(
    'all that read the log to read it again',
    async () => {
      seen = await behind();
      return seen.length === 0;
    },
    { limitMs: BACK_LIMIT_MS, saw: () => `behind: ${seen.join(', ')}` },
  );
}
