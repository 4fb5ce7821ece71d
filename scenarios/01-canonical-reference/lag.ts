import { converges, failureMode, passRetention, pauseConsumers, shows } from '#lab.ts';

/** Rows whose last event expired are lost, stale or still there; a later event of a lost row brings back only part of it. */
const damage = shows(['lost', 'stale'], ['orphan', 'resurrected', 'corrupt', 'partial-transaction']);

/** Consumers fall behind: harmless while the log still holds what they have not read, fatal once it does not. */
export const lag = failureMode({
  id: 'lag',
  title: 'Consumer lag',
  story: 'A lag is no loss: the consumers catch up. Past the topic’s retention it is one, and nobody says so.',
  steps: [
    {
      id: 'lag',
      title: 'All consumers pause while writers go on',
      fault: pauseConsumers(),
      live: { takes: ['seconds'] },
      expect: { insert: converges(), upsert: converges(), dedup: converges(), 'debezium-jdbc': converges() },
    },
    {
      id: 'retention',
      title: 'Retention passes the paused consumers',
      fault: passRetention({ records: 300 }),
      live: { takes: ['seconds'] },
      expect: { insert: damage, upsert: damage, dedup: damage, 'debezium-jdbc': damage },
    },
  ],
});
