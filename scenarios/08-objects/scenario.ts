import { defineScenario, objects, shop } from '#lab.ts';
import { credentials } from './credentials.ts';
import { lists } from './lists.ts';
import { upload } from './upload.ts';

export const objectStore = defineScenario({
  id: '08-objects',
  aliases: ['objects'],
  title: 'Changes in an object store: writers killed in an upload, late lists, expired credentials',
  story:
    'An applier writes changes into objects of an S3 store. What a reader makes of them is compared with the source.',
  topology: { objects: true, iceberg: true },
  workload: shop,
  variants: {
    offsets: objects({ title: 'objects named by the offset of their first record' }),
    times: objects({ title: 'objects named by the time at which they are written', names: 'times' }),
  },
  modes: [upload, lists, credentials],
});
