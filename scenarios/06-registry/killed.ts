import { converges, failureMode, killRegistry, shows } from '#lab.ts';

const all = { insert: shows([], ['duplicate']), upsert: converges(), dedup: converges(), 'debezium-jdbc': converges() };
const stalled = shows('stalled', ['duplicate']);

/** What needs a schema while the registry is away fails, and stays so until somebody starts it again. */
export const killed = failureMode({
  id: 'registry-killed',
  title: 'The registry is killed',
  story: 'Whoever knows its schemas goes on. A task that starts again meanwhile fails, and does not start by itself.',
  steps: [
    {
      id: 'killed',
      title: 'The registry is killed while the source connector starts again; both are started afterwards',
      fault: killRegistry({ asking: 'source', attended: true }),
      live: { takes: ['seconds'] },
      expect: all,
    },
    {
      id: 'killed-left',
      title: 'The registry is killed while the source connector starts again, and is back; nobody starts its task',
      fault: killRegistry({ asking: 'source' }),
      live: { takes: ['seconds'] },
      expect: { insert: stalled, upsert: stalled, dedup: stalled, 'debezium-jdbc': stalled },
    },
  ],
});
