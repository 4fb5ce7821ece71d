import type { DiagnosisFacts } from '#model/cause.ts';
import type { Anomaly, Finding, Hop } from '#model/finding.ts';
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
  those?(finding: Finding, facts: DiagnosisFacts): boolean;
  tell(facts: DiagnosisFacts, explains: readonly Finding[]): Pick<Found, 'says' | 'evidence' | 'remedy'>;
  readonly certainty: Found['certainty'];
}

function rule({ when, those, tell, hops, certainty, ...entry }: Rule): CauseEntry {
  return {
    ...entry,
    find(facts) {
      if (!when(facts)) return undefined;
      const explains = findingsOf(facts, entry.anomalies, hops).filter((one) => those?.(one, facts) ?? true);
      return explains.length === 0 ? undefined : { ...tell(facts, explains), certainty, explains };
    },
  };
}

const isProgram = ({ subject }: DiagnosisFacts): boolean => subject.kind === 'command';
const isBuiltin = ({ subject }: DiagnosisFacts, mode?: string): boolean =>
  subject.kind === 'builtin' && (mode === undefined || subject.mode === mode);

const retention: CauseEntry = {
  code: 'retention-passed',
  title: "The topic's retention passed the consumer: records were deleted before they were read.",
  docs: `${KAFKA}#topicconfigs_retention.ms`,
  anomalies: ['lost', 'stale', 'orphan', 'resurrected', 'corrupt', 'partial-transaction'],
  warns: true,
  find(facts) {
    const explains = findingsOf(facts, retention.anomalies).filter(({ hop }) => hop === 'log');
    const { recordsGone = 0, lagMs = 0, retentionMs = 0 } = facts.consumerLag ?? {};
    if (explains.length + recordsGone === 0) return undefined;
    const gone = `${recordsGone} records were deleted before ${facts.subject.name} had read them: it lagged by ${secondsText(lagMs)}, and retention.ms of the topics is ${retentionMs}`;
    return {
      says: "The topic's retention passed the consumer: records were deleted before it had read them.",
      evidence: [
        ...(explains.length === 0
          ? []
          : [`the last event of ${explains.length} of the rows shown had left the log before the consumer got there`]),
        ...(recordsGone === 0 ? [] : [gone]),
      ],
      remedy: [
        'raise retention.ms above the longest outage, alert at 0.8 of it, and read the missing rows again with a snapshot (which removes no rows: load tables with orphans anew)',
      ],
      certainty: 'shown',
      explains,
    };
  },
};

const blind = rule({
  code: 'applier-inserts-blindly',
  title: "The built-in applier's mode insert keeps every event as a row.",
  docs: 'https://debezium.io/documentation/faq/#why_may_there_be_duplicate_events',
  anomalies: ['duplicate'],
  when: (facts) => isBuiltin(facts, 'insert'),
  tell: ({ subject }) => ({
    says: `${subject.name} inserts every event blindly: an event that comes again leaves a second row.`,
    evidence: ["the sink's rows of these keys are equal to each other or to earlier versions"],
    remedy: ['write by the primary key (builtin: upsert), or drop events that were seen before (builtin: dedup)'],
  }),
  certainty: 'shown',
});

const strict = rule({
  code: 'applier-strict-schema',
  title: 'The applier stops at a column that the sink does not have.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-schema-evolution',
  anomalies: ['stalled', 'missing-column'],
  when: (facts) => isBuiltin(facts) && facts.subject.schema === 'strict' && facts.fault.kind === 'change-schema',
  tell: ({ subject }) => ({
    says: `${subject.name} stops at the first event with a column that its sink does not have (schema: strict).`,
    evidence: ['the source has a column more than the sink'],
    remedy: ['add the column at the sink before the source uses it', 'let the applier add it (schema: evolve)'],
  }),
  certainty: 'shown',
});

const ignoring = rule({
  code: 'applier-ignores-columns',
  title: 'The applier drops columns that the sink does not have.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-schema-evolution',
  anomalies: ['missing-column'],
  when: (facts) => isBuiltin(facts) && facts.subject.schema === 'ignore',
  tell: ({ subject }) => ({
    says: `${subject.name} drops columns that its sink does not have (schema: ignore).`,
    evidence: ['the source has a column more than the sink'],
    remedy: [
      'add the column at the sink with its default, and snapshot the table again',
      'let the applier add it (schema: evolve)',
    ],
  }),
  certainty: 'shown',
});

const unguarded = rule({
  code: 'writes-not-guarded',
  title: 'A job wrote rows that it had read earlier past the stream, over newer ones.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-create-events',
  anomalies: ['stale', 'resurrected', 'duplicate', 'orphan'],
  hops: ['log-to-sink'],
  when: ({ fault }) => fault.kind === 'direct-copy',
  tell: ({ subject }) => ({
    says: `Rows that a job had read earlier were written straight into the sink of ${subject.name}, over newer ones.`,
    evidence: ['a job copied rows past the stream during this step'],
    remedy: [
      "write only where the LSN is higher than the row's, in the applier and in every job, and remember deletes with their LSN (as builtin: dedup does)",
      'stop the stream while such a job runs, and let it read again afterwards',
    ],
  }),
  certainty: 'shown',
});

const committedEarly = rule({
  code: 'offsets-before-write',
  title: 'Offsets are committed before the rows are written: a crash in between loses them.',
  docs: `${KAFKA}#consumerconfigs_enable.auto.commit`,
  anomalies: ['lost', 'stale', 'orphan', 'partial-transaction'],
  hops: ['log-to-sink'],
  when: (facts) =>
    (isProgram(facts) && facts.fault.kind === 'crash-consumers') ||
    (isBuiltin(facts) && facts.subject.commit === 'before'),
  tell: ({ subject }, explains) => ({
    says: `${subject.name} had committed the offsets of events that it had not written when it was killed.`,
    evidence: [
      `its group is past the last event of ${explains.length} of the rows shown, and the sink does not have its effect`,
    ],
    remedy: [
      'set enable.auto.commit=false, and commit after the transaction of the rows',
      'keep the offsets in the sink, in the same transaction as the rows',
    ],
  }),
  certainty: 'likely',
});

const resetLatest = rule({
  code: 'offset-reset-latest',
  title: 'A consumer without a committed offset starts at the end (auto.offset.reset=latest).',
  docs: `${KAFKA}#consumerconfigs_auto.offset.reset`,
  anomalies: ['lost'],
  hops: ['log-to-sink'],
  when: (facts) =>
    startsLatest(facts) ||
    facts.subject.connectors.some(({ config }) => config['consumer.override.auto.offset.reset'] === 'latest'),
  // What was read from the log at first is lost, and what came later is there.
  those: ({ event }, { subject }) => event?.op === 'read' && subject.kind !== 'builtin',
  tell: ({ subject }, explains) => {
    const sink = subject.connectors.find(({ config }) => config['consumer.override.auto.offset.reset'] === 'latest');
    return {
      says:
        sink === undefined
          ? `${subject.name} is started with latest (${subject.run}): it begins at the end of the topics, and never sees what was there.`
          : `consumer.override.auto.offset.reset=latest in ${sink.file}: the connector starts at the end of the topics, and never sees what was there.`,
      evidence: [`the last event of ${explains.length} of the rows shown is a snapshot read`],
      remedy:
        sink === undefined
          ? ['set auto.offset.reset=earliest, and a group of a new name (or its offsets reset)']
          : [
              `in ${sink.file}: consumer.override.auto.offset.reset=earliest, and a group of a new name (or offsets reset)`,
            ],
    };
  },
  certainty: 'likely',
});

const deletesIgnored = rule({
  code: 'program-ignores-deletes',
  title: 'The program does not apply deletes: their events have no after.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-delete-events',
  anomalies: ['orphan', 'resurrected'],
  hops: ['log-to-sink'],
  // Of one that lost more than deletes when it was killed the crash tells all.
  when: (facts) =>
    isProgram(facts) &&
    !(facts.fault.kind === 'crash-consumers' && findingsOf(facts, ['lost', 'stale'], ['log-to-sink']).length > 0),
  those: ({ event }) => event?.op === 'delete',
  tell: ({ subject }, explains) => ({
    says: `${subject.name} is past the deletes of rows that its sink still has.`,
    evidence: [`the log has the delete of ${explains.length} of the rows shown, and its group is past them`],
    remedy: ['handle op d by deleting the key in before (after is null), or the tombstone that follows by its key'],
  }),
  certainty: 'shown',
});

const programDuplicates = rule({
  code: 'program-inserts-again',
  title: 'The program inserts an event that came again a second time.',
  docs: 'https://debezium.io/documentation/faq/#why_may_there_be_duplicate_events',
  anomalies: ['duplicate'],
  when: isProgram,
  tell: ({ subject }) => ({
    says: `${subject.name} inserts an event that comes again a second time.`,
    evidence: ['the sink has more rows of these keys than the source'],
    remedy: [
      'write by the primary key (INSERT … ON CONFLICT … DO UPDATE)',
      'write a history by the key with the position of the change (source.lsn), each once',
    ],
  }),
  certainty: 'likely',
});

const reordered = rule({
  code: 'batch-reordered',
  title: 'Changes of one row were applied in another order than that of the log.',
  docs: `${KAFKA}#intro_concepts_and_terms`,
  anomalies: ['reordered'],
  when: () => true,
  tell: ({ subject }, explains) => ({
    says: `${subject.name} applied changes of one row in another order than the log has them.`,
    evidence: [
      `the sink had the effect of a newer event of ${explains.length} of the rows shown before it got that of an older one`,
    ],
    remedy: [
      'apply the events of a partition one after another, and do not split the events of a key over workers',
      'write only where the LSN is higher',
    ],
  }),
  certainty: 'shown',
});

export const APPLIERS: readonly CauseEntry[] = [
  ...[retention, blind, strict, ignoring, unguarded, reordered, committedEarly, resetLatest, deletesIgnored],
  programDuplicates,
];
