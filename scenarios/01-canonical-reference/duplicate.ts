import { converges, failureMode, shows, snapshotAgain } from '#lab.ts';

/** The connector reads every table a second time, and sends each row once more. */
export const duplicate = failureMode({
  id: 'duplicate',
  title: 'Duplicate events',
  story: 'A second snapshot sends every row again: a sink that appends rows gets every row twice.',
  steps: [
    {
      id: 'duplicate',
      title: 'The connector snapshots all tables again',
      fault: snapshotAgain(),
      live: { takes: [] },
      expect: {
        insert: shows('duplicate'),
        upsert: converges(),
        dedup: converges(),
        'debezium-jdbc': converges(),
      },
    },
  ],
});
