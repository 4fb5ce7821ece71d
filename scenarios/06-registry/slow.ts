import { converges, failureMode, shows, slowRegistry } from '#lab.ts';

/** Each schema is asked for once: a registry that is slow costs a moment for each. */
export const slow = failureMode({
  id: 'registry-slow',
  title: 'The registry is slow',
  story: 'A connector that starts waits for each of its schemas. Then the registry is not asked any more.',
  steps: [
    {
      id: 'slow',
      title: 'The registry answers a second late, while the source connector starts again',
      fault: slowRegistry({ latencyMs: 500 }),
      live: { takes: ['seconds'] },
      expect: {
        insert: shows([], ['duplicate']),
        upsert: converges(),
        dedup: converges(),
        'debezium-jdbc': converges(),
      },
    },
  ],
});
