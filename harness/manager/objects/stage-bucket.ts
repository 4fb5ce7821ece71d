import type { Stage } from '../stage.ts';
import type { ObjectsContext } from './context.ts';

/** Step 0: the bucket, before anything is asked of the source's rows. */
export const bucketStage: Stage<ObjectsContext> = {
  id: 'bucket',
  title: 'Step 0',
  isUp: () => false,
  failure: {},
  async up({ store, folder, tables, say, signal, target: { format } }) {
    await store.check(folder, signal);
    say(`${store.place} is there; sets of objects are in ${folder}`);
    for (const { id, source } of tables) say(`${id}: ${source.columns.length} columns, as ${format}`);
  },
};
