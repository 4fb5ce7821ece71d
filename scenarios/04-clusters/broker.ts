import { converges, failureMode, killBroker, moveLeaders, shows, stopBrokers } from '#lab.ts';

// Who inserts blindly keeps what comes a second time.
const all = { insert: shows([], ['duplicate']), upsert: converges(), dedup: converges(), 'debezium-jdbc': converges() };

/** What `acks=all` and two in-sync replicas are for: nothing that was acknowledged is lost. */
export const broker = failureMode({
  id: 'broker',
  title: 'Broker failure',
  story:
    'A broker dies, leaders move, all brokers die at once: what was acknowledged is on another broker, or on disk.',
  steps: [
    {
      id: 'killed',
      title: 'The broker that leads most partitions is killed',
      fault: killBroker(),
      live: { takes: ['seconds'] },
      expect: all,
    },
    {
      id: 'leader',
      title: 'Every partition gets another leader under load',
      fault: moveLeaders(),
      live: { takes: ['seconds'] },
      expect: all,
    },
    {
      id: 'stopped',
      title: 'All brokers are killed at once',
      fault: stopBrokers(),
      live: { takes: ['seconds'] },
      expect: all,
    },
  ],
});
