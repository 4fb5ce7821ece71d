import { cleanUpChanges, failureMode, shows } from '#lab.ts';

/** What changed in the gap is lost, or as it was before; a later event of a lost row brings it back in part. */
const damage = shows('lost', ['stale', 'orphan', 'resurrected', 'corrupt', 'partial-transaction']);

/** The connector looks at the oldest change of any table alone: a cleanup of single tables it does not notice. */
export const gap = failureMode({
  id: 'gap',
  title: 'Gap in the captured changes',
  story:
    'A cleanup of single tables leaves older changes of others. The connector finds its position still covered, and goes on behind the gap without a word.',
  steps: [
    {
      id: 'own-tables',
      title: 'The source removes unread changes of the captured tables, and keeps older ones of others',
      fault: cleanUpChanges({ operations: 200, of: 'own-tables' }),
      live: { takes: ['seconds'] },
      expect: { upsert: damage, dedup: damage, 'debezium-jdbc': damage },
    },
  ],
});
