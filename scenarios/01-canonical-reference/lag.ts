import { converges, failureMode, passRetention, pauseConsumers, shows } from '#lab.ts';

/** Rows whose last event expired are lost, stale or still there; a later event of a lost row brings back only part of it. */
const damage = shows(['lost', 'stale'], ['orphan', 'resurrected', 'corrupt', 'partial-transaction']);

/** Consumers fall behind: harmless while the log still holds what they have not read, fatal once it does not. */
export const lag = failureMode({
  id: 'lag',
  title: 'Consumer lag',
  story:
    'Lag alone loses nothing: the consumers catch up. Past the topic’s retention, rows are lost without any error.',
  steps: [
    {
      id: 'lag',
      title: 'All consumers are paused while writers continue',
      fault: pauseConsumers(),
      live: { takes: ['seconds'] },
      expect: { insert: converges(), upsert: converges(), dedup: converges(), 'debezium-jdbc': converges() },
    },
    {
      id: 'retention',
      title: 'Retention deletes records that the paused consumers have not read',
      fault: passRetention({ records: 300 }),
      live: { takes: ['seconds'] },
      expect: { insert: damage, upsert: damage, dedup: damage, 'debezium-jdbc': damage },
    },
  ],
});
