import type { VariantFacts } from '#model/decision.ts';
import { ANOMALIES } from '#model/finding.ts';
import { NEAR_RETENTION } from '#model/position.ts';
import { anomalyForks, causeOf, countsText } from './anomaly-rows.ts';
import type { Branch, Tree } from './tree.ts';

const STATUS = 'driftlab status';
const LAG = 'driftlab lag';

const runs = ({ consumer }: VariantFacts): boolean => consumer !== 'failed' && consumer !== 'stopped';

const isClean = ({ anomalies }: VariantFacts): boolean => ANOMALIES.every((one) => (anomalies[one] ?? 0) === 0);

const equal: Branch<VariantFacts> = {
  outcome: 'equal',
  sound: true,
  cause: () => 'Source and sink are equal up to the position that was checked.',
  why: 'nothing is to be done',
};

const unexplained: Branch<VariantFacts> = {
  outcome: 'not-judged',
  cause: ({ reason }) =>
    reason ?? 'Row counts differ, and the verifier finds no row that is wrong: writers go on while it counts.',
  why: 'look again once the next check is over',
  next: [STATUS],
};

const duplicates: Branch<VariantFacts> = {
  asks: 'Are there duplicate rows?',
  at: STATUS,
  look: (facts) => ({ yes: (facts.anomalies.duplicate ?? 0) > 0, evidence: countsText(facts, ['duplicate']) }),
  yes: {
    asks: 'Has the consumer dedup enabled?',
    at: STATUS,
    look: ({ variant, dedup }) => ({ yes: dedup, evidence: `${variant}: dedup ${dedup ? 'on' : 'off'}` }),
    yes: {
      outcome: 'duplicates-past-dedup',
      cause: (facts) =>
        causeOf(facts, ['duplicate'], 'Rows are there twice although dedup is on: something else wrote them.'),
      recovery: 'duplicate',
      why: 'of each row one is left; look into the dedup table for recent entries first: what is not in it came past the stream',
      next: ['driftlab context duplicate'],
    },
    no: {
      outcome: 'duplicates-without-dedup',
      cause: (facts) =>
        causeOf(facts, ['duplicate'], 'Events came more than once, and the sink inserts each of them: dedup is off.'),
      recovery: 'duplicate',
      why: 'of each row one is left, the table gets the key of the source, and dedup is switched on',
    },
  },
  no: anomalyForks(unexplained),
};

const judged: Branch<VariantFacts> = {
  asks: 'Does the consumer run?',
  at: 'driftlab connector-status',
  look: (facts) => ({
    yes: runs(facts),
    evidence: `its consumer is ${facts.consumer}${facts.reason === undefined ? '' : `: ${facts.reason}`}`,
  }),
  yes: duplicates,
  no: {
    asks: 'Does the sink lack a column?',
    at: STATUS,
    look: (facts) => ({
      yes: (facts.anomalies['missing-column'] ?? 0) > 0,
      evidence: countsText(facts, ['missing-column']),
    }),
    yes: {
      outcome: 'stopped-at-schema',
      cause: (facts) =>
        causeOf(facts, ['stalled', 'missing-column'], 'The consumer stopped at a column that the sink does not have.'),
      recovery: 'schema',
      why: 'it adds the column, has the consumer run again, and fills the old rows from the source',
    },
    no: {
      outcome: 'consumer-stopped',
      cause: ({ reason, ...facts }) =>
        causeOf(
          facts,
          ['stalled'],
          reason === undefined ? 'The consumer has stopped.' : `The consumer has stopped: ${reason}`,
        ),
      recovery: 'restart',
      why: 'it has the consumer run again, waits until it has read everything, and repairs the rows that differ',
    },
  },
};

/** The background document's "source ≠ sink row counts", with the rows of the diagnosis table below its "no". */
export const ROW_COUNTS: Tree<VariantFacts> = {
  id: 'row-counts',
  title: 'source ≠ sink row counts',
  root: {
    asks: 'Do source and sink differ?',
    at: STATUS,
    look: (facts) => {
      const differing = facts.tables.filter(({ source_rows, sink_rows }) => source_rows !== sink_rows);
      const counts = differing.map(
        ({ table, source_rows, sink_rows }) =>
          `${table} has ${source_rows} rows at the source, ${sink_rows} at the sink`,
      );
      const evidence = [...(counts.length === 0 ? ['row counts are equal'] : counts), countsText(facts)].join('; ');
      return { yes: differing.length > 0 || !isClean(facts) || !runs(facts) || facts.lag_records > 0, evidence };
    },
    no: equal,
    yes: {
      asks: 'Is consumer lag > 0?',
      at: LAG,
      look: ({ lag_records, lag_ms }) => ({
        yes: lag_records > 0,
        evidence: `${lag_records} records behind, the oldest of them for ${lag_ms} ms`,
      }),
      no: judged,
      yes: {
        asks: 'Is what differs on its way only, and does the consumer run?',
        at: STATUS,
        look: (facts) => ({
          yes: isClean(facts) && runs(facts),
          evidence: `${countsText(facts)}; its consumer is ${facts.consumer}`,
        }),
        yes: {
          asks: 'Is the lag near the retention of the topics?',
          at: LAG,
          look: ({ lag_ms, retention_ms }) => ({
            yes: retention_ms !== null && lag_ms > NEAR_RETENTION * retention_ms,
            evidence:
              retention_ms === null
                ? `${lag_ms} ms behind; the topics keep everything`
                : `${lag_ms} ms behind; the topics keep ${retention_ms} ms`,
          }),
          yes: {
            outcome: 'lag-near-retention',
            cause: () => 'The consumer is so far behind that records will be removed before it reads them.',
            recovery: 'lag',
            why: 'it scales the sink where partitions allow, and repairs what was removed unread',
          },
          no: {
            outcome: 'catching-up',
            sound: true,
            cause: () => 'The consumer is behind, and nothing is lost.',
            why: 'wait until it has caught up, then verify again',
            next: [LAG, STATUS],
          },
        },
        no: judged,
      },
    },
  },
};
