import { converges, failureMode, killWorker, shows } from '#lab.ts';

// Who inserts blindly keeps what comes a second time.
const all = { insert: shows([], ['duplicate']), upsert: converges(), dedup: converges(), 'debezium-jdbc': converges() };

/** The group shares the tasks of a worker that has died. Each begins at the offset that was flushed last. */
export const worker = failureMode({
  id: 'worker',
  title: 'Worker failure',
  story: 'A Connect worker dies: others take over its tasks and replay what it had not flushed.',
  steps: [
    {
      id: 'capture',
      title: 'The worker of the source connector is killed',
      fault: killWorker('source'),
      live: { takes: ['seconds'] },
      expect: all,
    },
    {
      id: 'sinks',
      title: 'A worker of the sink connector is killed',
      fault: killWorker('sink'),
      live: { takes: ['seconds'] },
      expect: all,
    },
  ],
});
