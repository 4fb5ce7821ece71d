import { failureMode, shows, uncleanElection } from '#lab.ts';

/** Rows whose last change is lost are missing, as they were before, or still there. */
const damage = shows('lost', ['stale', 'orphan', 'corrupt', 'resurrected', 'partial-transaction']);

/** The broker has acknowledged records, and they are gone. No client can know. */
export const unclean = failureMode({
  id: 'unclean',
  title: 'Unclean leader election',
  story: 'A replica that lacks acknowledged records becomes the leader: they are lost without any error.',
  steps: [
    {
      id: 'unclean',
      title: 'The only replica in sync dies, and one that lacks records is elected',
      fault: uncleanElection({ records: 300 }),
      live: { takes: ['seconds'] },
      expect: { insert: damage, upsert: damage, dedup: damage, 'debezium-jdbc': damage },
    },
  ],
});
