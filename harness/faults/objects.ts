import type { FaultContext } from '#model/fault.ts';
import type { Variant } from '#model/pipeline.ts';
import type { StoreWay } from '#model/store-way.ts';

/** The way to the stack's object store. */
export function storeWayOf({ stack }: Pick<FaultContext, 'stack'>): StoreWay {
  if (stack.objects === undefined) throw new Error('the stack has no object store');
  return stack.objects.way;
}

/** The variants that write objects, as JSON Lines or as Iceberg tables. */
export function objectsWriters({ pipeline }: Pick<FaultContext, 'pipeline'>): readonly Variant[] {
  return [...pipeline.variants.values()].filter(({ objects }) => objects !== undefined);
}
