import type { FaultContext } from '#model/fault.ts';
import type { Variant } from '#model/pipeline.ts';
import type { StoreWay } from '#model/store-way.ts';
import { failedOf } from './consumers.ts';

/** The way to the stack's object store. */
export function storeWayOf({ stack }: Pick<FaultContext, 'stack'>): StoreWay {
  if (stack.objects === undefined) throw new Error('the stack has no object store');
  return stack.objects.way;
}

/** Writers that a fault can do something to, and the names of those that had failed before. */
export async function soundWriters(
  context: Pick<FaultContext, 'pipeline'>,
): Promise<{ readonly writers: readonly Variant[]; readonly before: ReadonlySet<string> }> {
  const all = objectsWriters(context);
  const before = await failedOf(all);
  return { writers: all.filter(({ name }) => !before.has(name)), before };
}

/** The variants that write objects, as JSON Lines or as Iceberg tables. */
function objectsWriters({ pipeline }: Pick<FaultContext, 'pipeline'>): readonly Variant[] {
  return [...pipeline.variants.values()].filter(({ objects }) => objects !== undefined);
}
