import type { CauseEntry } from '../entry.ts';
import { uncaptured } from '../property.ts';
import { findingsOf } from '../reading.ts';

const TOPIC = 'https://kafka.apache.org/documentation/#topicconfigs';

const uncleanElection: CauseEntry = {
  code: 'unclean-election',
  title: 'A replica that lacked acknowledged records was elected leader, and these records are gone from the log.',
  anomalies: ['lost', 'stale', 'orphan', 'corrupt', 'partial-transaction'],
  docs: `${TOPIC}_unclean.leader.election.enable`,
  find(facts) {
    const { fault } = facts;
    const lost = Number(fault.figures.records_lost ?? 0);
    if (fault.kind !== 'unclean-election' || lost === 0) return undefined;
    return {
      says: `A replica that lacked acknowledged records was elected leader: ${lost} records are gone from the log. The connector had committed its position behind them, so it does not capture them again.`,
      evidence: [
        `the new leader's log ended ${lost} records before those that the old leader had acknowledged`,
        'the topics had unclean.leader.election.enable=true and min.insync.replicas=1',
      ],
      remedy: [
        'at the brokers: unclean.leader.election.enable=false, and min.insync.replicas=2 with 3 replicas, so that no leader acknowledges alone',
        'at the producers: acks=all (Kafka Connect has it by default)',
        'take a new snapshot (an incremental one brings lost rows and values back; rows deleted meanwhile remain at the sinks)',
      ],
      certainty: 'shown',
      explains: [
        ...uncaptured(facts, 'lost', 'stale', 'orphan', 'corrupt', 'partial-transaction'),
        // A later event of such a row does not bring a large value that it left as it was.
        ...findingsOf(facts, ['corrupt', 'partial-transaction'], ['log-to-sink']),
      ],
    };
  },
};

/** What replicas of a topic's partitions have not. */
export const REPLICAS: readonly CauseEntry[] = [uncleanElection];
