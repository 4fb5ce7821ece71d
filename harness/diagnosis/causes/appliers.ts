import type { DiagnosisFacts } from '#model/cause.ts';
import type { Anomaly, Finding, Hop } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import type { CauseEntry, Found } from '../entry.ts';
import { findingsOf } from '../reading.ts';
import { startsLatest } from './snapshots.ts';
import { secondsText } from './warnings.ts';

const KAFKA = 'https://kafka.apache.org/documentation/';

interface Rule {
  readonly code: string;
  readonly title: string;
  readonly docs: string;
  readonly anomalies: readonly Anomaly[];
  readonly hops?: readonly Hop[];
  /** Whether the rule can hold at all of this subject under this fault. */
  when(facts: DiagnosisFacts): boolean;
  /** Of the findings of its classes and hops, those that it explains. */
  those?(finding: Finding): boolean;
  tell(facts: DiagnosisFacts, explains: readonly Finding[]): Pick<Found, 'says' | 'evidence' | 'remedy'>;
  readonly certainty: Found['certainty'];
}

function rule({ when, those, tell, hops, certainty, ...entry }: Rule): CauseEntry {
  return {
    ...entry,
    find(facts) {
      if (!when(facts)) return undefined;
      const explains = findingsOf(facts, entry.anomalies, hops).filter((one) => those?.(one) ?? true);
      return { ...tell(facts, explains), certainty, explains };
    },
  };
}

const isProgram = ({ subject }: DiagnosisFacts): boolean => subject.kind === 'command';

const retention: CauseEntry = {
  code: 'retention-passed',
  title: "The topic's retention deleted records before the consumer read them.",
  docs: `${KAFKA}#topicconfigs_retention.ms`,
  anomalies: ['lost', 'stale', 'orphan', 'resurrected', 'corrupt', 'partial-transaction'],
  warns: true,
  find(facts) {
    const explains = findingsOf(facts, retention.anomalies).filter(({ hop }) => hop === 'log');
    const { recordsGone = 0, lagMs = 0, retentionMs = 0 } = facts.consumerLag ?? {};
    if (explains.length + recordsGone === 0) return undefined;
    const gone = `records deleted before ${facts.subject.name} read them: ${recordsGone}; it lagged by ${secondsText(lagMs)}, and the topics have retention.ms=${retentionMs}`;
    return {
      says: `The topic's retention deleted records before ${facts.subject.name} read them.`,
      evidence: [
        ...(explains.length === 0
          ? []
          : [
              `the last event of ${explains.length} of the rows shown was deleted from the log before the consumer reached it`,
            ]),
        ...(recordsGone === 0 ? [] : [gone]),
      ],
      remedy: [
        'raise retention.ms above the longest outage to expect, alert when the lag reaches 80 % of it, and restore the missing rows with a snapshot (a snapshot deletes nothing: reload tables that have orphans)',
      ],
      certainty: 'shown',
      explains,
    };
  },
};

const blind = rule({
  code: 'applier-inserts-blindly',
  title: 'The built-in applier inserts every event as a new row (builtin: insert).',
  docs: 'https://debezium.io/documentation/faq/#why_may_there_be_duplicate_events',
  anomalies: ['duplicate'],
  when: ({ subject }) => subject.mode === 'insert',
  tell: ({ subject }) => ({
    says: `${subject.name} inserts every event as a new row (builtin: insert): an event that is delivered again leaves a second row.`,
    evidence: ['the sink has several rows for each of these keys'],
    remedy: ['upsert by primary key (builtin: upsert), or skip events that were already applied (builtin: dedup)'],
  }),
  certainty: 'shown',
});

const strict = rule({
  code: 'applier-strict-schema',
  title: 'The applier stops at a column that the sink does not have.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-schema-evolution',
  anomalies: ['stalled', 'missing-column'],
  when: ({ subject, fault }) => subject.schema === 'strict' && fault.kind === 'change-schema',
  tell: ({ subject }) => ({
    says: `${subject.name} stops at the first event with a column that its sink does not have (schema: strict).`,
    evidence: ['the source has a column that the sink lacks'],
    remedy: ['add the column at the sink before adding it at the source', 'let the applier add it (schema: evolve)'],
  }),
  certainty: 'shown',
});

const ignoring = rule({
  code: 'applier-ignores-columns',
  title: 'The applier drops columns that the sink does not have.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-schema-evolution',
  anomalies: ['missing-column'],
  when: ({ subject }) => subject.schema === 'ignore',
  tell: ({ subject }) => ({
    says: `${subject.name} drops columns that its sink does not have (schema: ignore).`,
    evidence: ['the source has a column that the sink lacks'],
    remedy: [
      'add the column at the sink with its default, and take a new snapshot of the table',
      'let the applier add it (schema: evolve)',
    ],
  }),
  certainty: 'shown',
});

const unguarded = rule({
  code: 'writes-not-guarded',
  title: 'A job copied rows directly into the sink, and overwrote newer versions with the ones it had read earlier.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-create-events',
  anomalies: ['stale', 'resurrected', 'duplicate', 'orphan'],
  hops: ['log-to-sink'],
  when: ({ fault }) => fault.kind === 'direct-copy',
  tell: ({ subject }) => ({
    says: `A job wrote rows that it had read earlier directly into the sink of ${subject.name}, over newer versions.`,
    evidence: ['a job copied rows directly into the sink during this step'],
    remedy: [
      'write a row only if its LSN is higher than the stored one, in the applier and in every job, and keep the LSN of each delete (as builtin: dedup does)',
      'pause the consumer while such a job runs, and afterwards replay the events since the job began to read',
    ],
  }),
  certainty: 'shown',
});

const committedEarly = rule({
  code: 'offsets-before-write',
  title: 'Offsets are committed before the rows are written, so a crash in between loses rows.',
  docs: `${KAFKA}#consumerconfigs_enable.auto.commit`,
  anomalies: ['lost', 'stale', 'orphan', 'partial-transaction'],
  hops: ['log-to-sink'],
  when: (facts) => (isProgram(facts) && facts.fault.kind === 'crash-consumers') || facts.subject.commit === 'before',
  tell: ({ subject }, explains) => ({
    says: `${subject.name} had committed the offsets of events that it had not yet written when it stopped.`,
    evidence: [
      `its consumer group is past the last event of ${explains.length} of the rows shown, but the sink lacks that change`,
    ],
    remedy: [
      'set enable.auto.commit=false, and commit offsets only after the rows are committed',
      'store the offsets in the sink, in the same transaction as the rows',
    ],
  }),
  certainty: 'likely',
});

function latestSink({ connectors }: DiagnosisFacts['subject']): OwnConnector | undefined {
  return connectors.find(({ config }) => config['consumer.override.auto.offset.reset'] === 'latest');
}

const resetLatest = rule({
  code: 'offset-reset-latest',
  title: 'A consumer without a committed offset starts at the end of the topic (auto.offset.reset=latest).',
  docs: `${KAFKA}#consumerconfigs_auto.offset.reset`,
  anomalies: ['lost'],
  hops: ['log-to-sink'],
  when: (facts) => startsLatest(facts) || latestSink(facts.subject) !== undefined,
  // What was in the log first is lost, and what came later is there.
  those: ({ event }) => event?.op === 'read',
  tell: ({ subject }, explains) => {
    const sink = latestSink(subject);
    return {
      says:
        sink === undefined
          ? `${subject.name} runs with latest (${subject.run}): without a committed offset it starts at the end of the topics, and skips the records before.`
          : `consumer.override.auto.offset.reset=latest in ${sink.file}: without a committed offset the connector starts at the end of the topics, and skips the records before.`,
      evidence: [`the last event of ${explains.length} of the rows shown is a snapshot read (op r)`],
      remedy:
        sink === undefined
          ? ['set auto.offset.reset=earliest, and use a new consumer group or reset the offsets of this one']
          : [
              `in ${sink.file}: consumer.override.auto.offset.reset=earliest; then rename the connector or reset its offsets`,
            ],
    };
  },
  certainty: 'likely',
});

const deletesIgnored = rule({
  code: 'program-ignores-deletes',
  title: 'The program ignores deletes.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-delete-events',
  anomalies: ['orphan', 'resurrected'],
  hops: ['log-to-sink'],
  // Where a crash lost other changes too, it explains the deletes as well.
  when: (facts) =>
    isProgram(facts) &&
    !(facts.fault.kind === 'crash-consumers' && findingsOf(facts, ['lost', 'stale'], ['log-to-sink']).length > 0),
  those: ({ event }) => event?.op === 'delete',
  tell: ({ subject }, explains) => ({
    says: `${subject.name} has consumed the deletes of rows that its sink still has.`,
    evidence: [`the log has the delete of ${explains.length} of the rows shown, and the consumer group is past it`],
    remedy: [
      'on op d, delete the row by the key in before (after is null), or delete by the key of the tombstone that follows',
    ],
  }),
  certainty: 'shown',
});

const programDuplicates = rule({
  code: 'program-inserts-again',
  title: 'The program inserts an event a second time when it is delivered again.',
  docs: 'https://debezium.io/documentation/faq/#why_may_there_be_duplicate_events',
  anomalies: ['duplicate'],
  when: isProgram,
  tell: ({ subject }) => ({
    says: `${subject.name} inserts an event a second time when it is delivered again.`,
    evidence: ['the sink has more rows with these keys than the source'],
    remedy: [
      'upsert by primary key (INSERT … ON CONFLICT … DO UPDATE)',
      'in a history table, make the key together with source.lsn unique, and skip what is already there',
    ],
  }),
  certainty: 'likely',
});

const reordered = rule({
  code: 'batch-reordered',
  title: 'Changes to one row were applied in a different order from the log.',
  docs: `${KAFKA}#intro_concepts_and_terms`,
  anomalies: ['reordered'],
  when: () => true,
  tell: ({ subject }, explains) => ({
    says: `${subject.name} applied changes to the same row in a different order from the log.`,
    evidence: [`for ${explains.length} of the rows shown, the sink had a newer change before an older one`],
    remedy: [
      'apply the events of a partition in order, and do not spread the events of one key over several workers',
      'write a row only if its LSN is higher than the stored one',
    ],
  }),
  certainty: 'shown',
});

export const APPLIERS: readonly CauseEntry[] = [
  ...[retention, blind, strict, ignoring, unguarded, reordered, committedEarly, resetLatest, deletesIgnored],
  programDuplicates,
];
