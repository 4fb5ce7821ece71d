import type { FaultContext } from '#model/fault.ts';
import type { Pipeline, Replicas } from '#model/pipeline.ts';
import type { Node } from '#model/stack.ts';
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
