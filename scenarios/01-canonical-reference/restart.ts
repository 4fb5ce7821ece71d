import { converges, failureMode, killConnect, shows } from '#lab.ts';

/** Connect dies after producing but before committing its offsets, so it comes back at an older LSN. */
export const restart = failureMode({
  id: 'restart',
  title: 'Connector restart',
  story: 'At-least-once replay: a blind INSERT keeps both copies of a row, an upsert must not.',
  steps: [
    {
      id: 'restart',
      title: 'Connect is killed before it flushes its offsets',
      fault: killConnect({ records: 300 }),
      live: { takes: ['seconds'] },
      expect: {
        insert: shows('duplicate'),
        upsert: converges(),
        dedup: converges(),
        'debezium-jdbc': converges(),
      },
    },
  ],
});
