import type { CauseEntry } from '../entry.ts';
import { findingsOf } from '../reading.ts';

const zombieTask: CauseEntry = {
  code: 'zombie-sink-task',
  title: 'A sink task whose worker had been presumed dead wrote old events after another task had written newer ones.',
  anomalies: ['stale', 'resurrected', 'orphan', 'corrupt', 'partial-transaction'],
  docs: 'https://kafka.apache.org/documentation/#connectconfigs_session.timeout.ms',
  find(facts) {
    const { fault, subject } = facts;
    const { worker, tasks_twice: tasks } = fault.figures;
    const ofSinks = String(worker).startsWith('connect-sink');
    if (fault.kind !== 'zombie-worker' || !fault.bit || !ofSinks || subject.kind !== 'connect-sink') return undefined;
    return {
      says: `The worker ${worker} stood still for longer than its session, and others ran its tasks. When it went on, it wrote the events that it had in hand over newer values: nothing fences a sink task.`,
      evidence: [
        `${tasks} of its tasks ran on another worker at the same time`,
        'the last events of the rows shown are in the log',
      ],
      remedy: [
        'at the sink: refuse what is older than the row, by a column with the source position (a trigger, or a MERGE with a condition)',
        "at the workers: no pauses longer than session.timeout.ms and the consumer's session.timeout.ms (memory, swapping, suspended machines), or longer sessions",
        'write the affected rows again: reset the consumer group of the sink connector to before the pause',
      ],
      certainty: 'likely',
      explains: findingsOf(facts, this.anomalies, ['log-to-sink']),
    };
  },
};

/** What Connect's workers do to each other. */
export const WORKERS: readonly CauseEntry[] = [zombieTask];
