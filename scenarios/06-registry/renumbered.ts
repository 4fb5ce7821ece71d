import { converges, emptyRegistry, failureMode, shows } from '#lab.ts';

/** The worst of it: a number means another schema than it did before, and whoever remembers the old one reads wrongly. */
export const renumbered = failureMode({
  id: 'registry-renumbered',
  title: 'The registry gives out old numbers anew',
  story:
    'An emptied registry numbers schemas from 1 on. A consumer that remembers what a number meant misreads records.',
  steps: [
    {
      id: 'renumbered',
      title: 'The registry is emptied, and its schemas are registered again in another order',
      fault: emptyRegistry({ asking: 'source' }),
      live: { takes: ['seconds'] },
      expect: {
        insert: shows([], ['duplicate']),
        upsert: converges(),
        dedup: converges(),
        'debezium-jdbc': shows('stalled'),
      },
    },
  ],
});
