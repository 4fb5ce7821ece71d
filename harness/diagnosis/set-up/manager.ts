import type { SetUpEntry } from './entry.ts';

const managerMissing: SetUpEntry = {
  code: 'manager-missing',
  title: 'No manager works on a pipeline whose changes a manager carries itself.',
  docs: 'https://debezium.io/documentation/reference/stable/architecture.html',
  find({ pipeline: { name, carriedHere, held, cdcStatus } }) {
    if (!carriedHere || held || cdcStatus !== 'RUNNING') return undefined;
    return {
      says: `No manager works on ${name}: the start that carried its changes was killed, or has lost the state database.`,
      evidence: [`the state: cdc_status is ${cdcStatus}, and no session holds the pipeline`],
      fix: { by: 'command', at: 'where the pipeline is managed', run: [`driftlab pipeline start ${name}`] },
      notes: ['the source connector goes on meanwhile: what it has read waits in the topics'],
      check: [`driftlab pipeline show ${name} has a manager at work`],
      certainty: 'shown',
    };
  },
};

/** What works on a pipeline, beside its servers. */
export const MANAGER: readonly SetUpEntry[] = [managerMissing];
