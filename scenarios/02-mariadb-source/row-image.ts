import { failureMode, narrowRowImage, shows } from '#lab.ts';

/** The log no longer has whole rows, and the connector runs. */
export const rowImage = failureMode({
  id: 'row-image',
  title: 'Minimal row image',
  story: 'With binlog_row_image=MINIMAL the log has of a changed row its key and what was written, and nothing else.',
  steps: [
    {
      id: 'minimal',
      title: 'The server begins to log minimal row images',
      fault: narrowRowImage({ operations: 100 }),
      live: { takes: [] },
      expect: { upsert: shows('stalled'), dedup: shows('stalled'), 'debezium-jdbc': shows('stalled') },
    },
  ],
});
