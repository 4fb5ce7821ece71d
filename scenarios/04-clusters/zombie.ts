import { converges, failureMode, shows, zombieWorker } from '#lab.ts';

// Who inserts blindly keeps what comes a second time.
const all = { insert: shows([], ['duplicate']), upsert: converges(), dedup: converges(), 'debezium-jdbc': converges() };

/** What the zombie has in hand it writes over what the task that took over has written: it depends on the moment. */
const late = shows([], ['stale', 'resurrected', 'orphan', 'corrupt', 'partial-transaction']);

/** Nothing fences a worker that was presumed dead: what it had in hand it still writes. */
export const zombie = failureMode({
  id: 'zombie',
  title: 'Zombie worker',
  story: 'A Connect worker stands still, others take over its tasks, and it comes back: two of each task for a moment.',
  steps: [
    {
      id: 'capture',
      title: 'The worker of the source connector is presumed dead, and comes back',
      fault: zombieWorker('source'),
      live: { takes: ['seconds'] },
      expect: all,
    },
    {
      id: 'sinks',
      title: 'A worker of the sink connector is presumed dead, and comes back',
      fault: zombieWorker('sink'),
      live: { takes: ['seconds'] },
      expect: { ...all, 'debezium-jdbc': late },
    },
  ],
});
