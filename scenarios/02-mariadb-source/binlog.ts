import { failureMode, purgeBinlog, shows } from '#lab.ts';

/** The server keeps its binary log for a time, and no reader's position holds it back. */
export const binlog = failureMode({
  id: 'binlog',
  title: 'Binlog purged',
  story:
    'A server removes binlog files whether a connector has read them or not: one that was stopped too long cannot go on.',
  steps: [
    {
      id: 'purged',
      title: 'The server removes binlog files that the stopped connector has not read',
      fault: purgeBinlog({ operations: 200 }),
      live: { takes: ['seconds'] },
      expect: { upsert: shows('stalled'), dedup: shows('stalled'), 'debezium-jdbc': shows('stalled') },
    },
  ],
});
