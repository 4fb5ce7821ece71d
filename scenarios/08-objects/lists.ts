import { converges, failureMode, lateLists, objects, shows } from '#lab.ts';

/** A reader that is told of an object late has not lost it; a writer that counts on a list writes over what it is not told of. */
export const lists = failureMode({
  id: 'objects-lists',
  title: 'Objects are listed late',
  story:
    'Stores that are consistent in the end list an object some time after it was written. It is there all the same.',
  variants: {
    counted: objects({ title: 'objects numbered by how many a list says there are', names: 'counted' }),
  },
  steps: [
    {
      id: 'listed-late',
      title: 'Lists leave out the newest objects for a while',
      fault: lateLists(),
      expect: {
        offsets: converges(),
        times: converges(),
        counted: shows('lost', ['stale', 'orphan', 'corrupt', 'partial-transaction']),
      },
    },
  ],
});
