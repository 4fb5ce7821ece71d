import { converges, emptyRegistry, failureMode, shows } from '#lab.ts';

/** Records keep numbers that the registry does not know any more: whoever starts again cannot read them. */
export const emptied = failureMode({
  id: 'registry-emptied',
  title: 'The registry has lost its schemas',
  story: 'Whoever knows the schemas goes on, as if nothing were wrong. A sink connector that starts again cannot.',
  steps: [
    {
      id: 'emptied',
      title: 'The registry is emptied while sink connectors are down, and records wait for them',
      fault: emptyRegistry({ asking: 'consumers' }),
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
