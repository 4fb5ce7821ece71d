import { failureMode, loseHistory, shows } from '#lab.ts';

/** Without the tables' definitions along the log the connector cannot read its rows. */
export const history = failureMode({
  id: 'history',
  title: 'Schema history lost',
  story:
    'The connector keeps the tables’ definitions in a topic of its own. Nothing reads it until the connector starts again.',
  steps: [
    {
      id: 'lost',
      title: 'The schema history topic is deleted while the connector is stopped',
      fault: loseHistory({ operations: 200 }),
      live: { takes: ['seconds'] },
      expect: { upsert: shows('stalled'), dedup: shows('stalled'), 'debezium-jdbc': shows('stalled') },
    },
  ],
});
