import { cleanUpChanges, failureMode, shows } from '#lab.ts';

/** The server keeps captured changes for a time, and no reader's position holds them back. */
export const cleanup = failureMode({
  id: 'cleanup',
  title: 'Cleanup passed the connector',
  story:
    'The cleanup job removes captured changes by their age, whoever has read them: a connector that was stopped too long cannot go on.',
  steps: [
    {
      id: 'all-tables',
      title: 'The source removes the captured changes that the stopped connector has not read',
      fault: cleanUpChanges({ operations: 200, of: 'all-tables' }),
      live: { takes: ['seconds'] },
      expect: { upsert: shows('stalled'), dedup: shows('stalled'), 'debezium-jdbc': shows('stalled') },
    },
  ],
});
