import type { ObjectStore } from '#clients/s3.ts';
import type { ObjectFormat, ObjectNames } from '#model/pipeline.ts';
import { changesKey, tableChanges } from '#objects/object-set.ts';
import type { ObjectsApplierOptions } from './applier.ts';

interface Naming {
  readonly format: ObjectFormat;
  readonly folder: string;
  readonly store: Pick<ObjectStore, 'list'>;
  /** Ms since the epoch. */
  readonly now: () => number;
}

/**
 * How an applier names its objects. Only names by offsets are the same when the same records are written again: by time they are
 * there twice, and a count that a late list gives is that of an object which is there.
 */
export function objectNames(
  names: ObjectNames,
  { format, folder, store, now }: Naming,
): NonNullable<ObjectsApplierOptions['keyOf']> {
  switch (names) {
    case 'offsets':
      return (table, from) => changesKey(folder, table, from, format);
    case 'times':
      return (table, { topic, partition }) => {
        const at = new Date(now()).toISOString().replaceAll(/[-:]/g, '');
        return `${tableChanges(folder, table)}${at}-${topic}+${partition}.${format}`;
      };
    case 'counted':
      return async (table, _, signal) => {
        let objects = 0;
        for await (const _ of store.list(tableChanges(folder, table), signal)) objects += 1;
        return `${tableChanges(folder, table)}part-${String(objects).padStart(8, '0')}.${format}`;
      };
  }
}
