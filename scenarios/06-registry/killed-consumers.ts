import { converges, failureMode, killRegistry, shows } from '#lab.ts';

/** A consumer that starts again knows no schema: without the registry it can read nothing. */
export const killedConsumers = failureMode({
  id: 'registry-killed-consumers',
  title: 'The registry is killed while consumers start again',
  story: 'The source connector writes on. A sink connector that starts again cannot read, and its task fails for good.',
  steps: [
    {
      id: 'killed-consumers',
      title: 'The registry is killed while sink connectors start again, and is back; nobody starts their tasks',
      fault: killRegistry({ asking: 'consumers' }),
      live: { takes: ['seconds'] },
      expect: {
        insert: shows([], ['duplicate']),
        upsert: converges(),
        dedup: converges(),
        'debezium-jdbc': shows('stalled'),
      },
    },
  ],
});
