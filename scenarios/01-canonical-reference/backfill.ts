import { bulkInsert, converges, directCopy, failureMode, shows } from '#lab.ts';

/** A later event leaves out a wide column that did not change, so that the old value of it stays in a row else up to date. */
const setBack = shows('stale', ['resurrected', 'orphan', 'corrupt']);

const businessTime = { table: 'orders', column: 'created_at' };

/** Old rows arrive late: through the log in their order, or past it in none. */
export const backfill = failureMode({
  id: 'backfill',
  title: 'Backfill',
  story: 'Historical rows that go through the log are just late. A job that bypasses the log overwrites newer rows.',
  steps: [
    {
      id: 'backfill',
      title: 'Years of history are inserted at the source',
      fault: bulkInsert({ rows: 2000, businessTime }),
      live: { takes: ['rows'], fault: ({ rows }) => bulkInsert({ rows: rows ?? 2000, businessTime }) },
      expect: { insert: converges(), upsert: converges(), dedup: converges(), 'debezium-jdbc': converges() },
    },
    {
      id: 'direct-copy',
      title: 'A job copies rows it read earlier straight into the sinks',
      fault: directCopy({ table: 'customers', rows: 250, overtaken: 20 }),
      live: {
        takes: ['rows'],
        fault: ({ rows }) => directCopy({ table: 'customers', rows: rows ?? 400, overtaken: 20 }),
      },
      expect: {
        insert: shows('duplicate', ['resurrected', 'orphan', 'stale', 'corrupt']),
        upsert: setBack,
        dedup: converges(),
        'debezium-jdbc': setBack,
      },
    },
  ],
});
