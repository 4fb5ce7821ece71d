import type { DiagnosisFacts } from '#model/cause.ts';
import type { Finding } from '#model/finding.ts';
import { sinkDialect } from '../dialect.ts';
import type { CauseEntry } from '../entry.ts';
import { property, uncaptured } from '../property.ts';
import { findingsOf, transformsOf } from '../reading.ts';

const DEBEZIUM_PG = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';

const NO_SNAPSHOT = ['no_data', 'never', 'schema_only', 'recovery', 'schema_only_recovery'];

const skipped = property(
  {
    code: 'snapshot-skipped',
    title: 'The connector takes no initial snapshot: rows that were there before it are never captured.',
    anomalies: ['lost', 'stale'],
    docs: `${DEBEZIUM_PG}#postgresql-property-snapshot-mode`,
  },
  ({ config }, facts) =>
    NO_SNAPSHOT.includes(config['snapshot.mode'] ?? '')
      ? uncaptured(facts, 'lost', 'stale').filter(({ event }) => event === undefined)
      : undefined,
  ({ config, file }, _, explains) => ({
    says: `snapshot.mode=${config['snapshot.mode']} in ${file}: rows that were in the tables before the connector started are never captured.`,
    evidence: [
      `the log has no event of ${explains.length} of the rows shown`,
      `snapshot.mode=${config['snapshot.mode']} in ${file}`,
    ],
    remedy: [
      `in ${file}: snapshot.mode=initial`,
      'load them with an incremental snapshot (a signal of type execute-snapshot)',
    ],
    certainty: 'shown',
  }),
);

const initialOnly = property(
  {
    code: 'snapshot-initial-only',
    title: 'The connector ends after its initial snapshot: no change is ever captured.',
    anomalies: ['lost', 'stale', 'orphan', 'stalled'],
    docs: `${DEBEZIUM_PG}#postgresql-property-snapshot-mode`,
  },
  ({ config }, facts) =>
    config['snapshot.mode'] === 'initial_only' ? uncaptured(facts, 'lost', 'stale', 'orphan', 'stalled') : undefined,
  ({ file }) => ({
    says: `snapshot.mode=initial_only in ${file}: the connector stops after the snapshot and captures no change.`,
    evidence: [`snapshot.mode=initial_only in ${file}`, 'the log has snapshot reads only'],
    remedy: [`in ${file}: snapshot.mode=initial`],
    certainty: 'shown',
  }),
);

const whenNeeded = property(
  {
    code: 'snapshot-when-needed',
    title:
      'The connector takes another snapshot when its position is gone, and deletes made meanwhile are never captured.',
    anomalies: ['orphan', 'resurrected'],
    docs: `${DEBEZIUM_PG}#postgresql-property-snapshot-mode`,
  },
  // A snapshot reads every row that is there, so of what went wrong meanwhile only deletes are missing.
  ({ config }, facts) =>
    config['snapshot.mode'] === 'when_needed' ? uncaptured(facts, 'orphan', 'resurrected') : undefined,
  ({ file }, _, explains) => ({
    says: `snapshot.mode=when_needed in ${file}: where its slot or its position is gone, the connector takes a new snapshot without an error, and a snapshot sees no deletes that were made meanwhile.`,
    evidence: [`snapshot.mode=when_needed in ${file}`, `the log has no delete of ${explains.length} of the rows shown`],
    remedy: [
      `in ${file}: snapshot.mode=initial, so that a lost position is an error that somebody sees`,
      "keep the slot over an outage (max_slot_wal_keep_size of the source's server), and load the sink's tables anew where it was lost",
    ],
  }),
);

const narrowing = ['snapshot.select.statement.overrides', 'snapshot.include.collection.list'] as const;

const narrowed = property(
  {
    code: 'snapshot-narrowed',
    title: 'The snapshot reads a part of the rows or of the tables only.',
    anomalies: ['lost', 'stale'],
    docs: `${DEBEZIUM_PG}#postgresql-property-snapshot-select-statement-overrides`,
  },
  ({ config }, facts) =>
    narrowing.some((one) => config[one] !== undefined)
      ? uncaptured(facts, 'lost', 'stale').filter(({ event }) => event === undefined)
      : undefined,
  ({ config, file }, _, explains) => {
    const name = narrowing.find((one) => config[one] !== undefined) ?? narrowing[0];
    return {
      says: `${name}=${config[name]} in ${file}: the snapshot leaves rows out that were there before the connector, and no change of them has come since.`,
      evidence: [`${name} in ${file}`, `the log has no event of ${explains.length} of the rows shown`],
      remedy: [
        `take ${name} out of ${file}, and take the snapshot again`,
        'load the rest with an incremental snapshot (a signal of type execute-snapshot)',
      ],
    };
  },
);

/** A condition of a filter that is about the operation: `value.op == 'c'`. */
const BY_OPERATION = /\bop\b/;

const readsSkipped: CauseEntry = {
  code: 'snapshot-reads-skipped',
  title: 'Events of the snapshot (op r) are in the log, and the consumer or a filter leaves them out.',
  anomalies: ['lost'],
  docs: `${DEBEZIUM_PG}#postgresql-create-events`,
  find(facts) {
    const { subject } = facts;
    // Rows that were read and never changed since are lost; those that were changed later are there.
    const explains: Finding[] = findingsOf(facts, ['lost'], ['log-to-sink']).filter(
      ({ event }) => event?.op === 'read',
    );
    if (explains.length === 0) return undefined;
    const evidence = [`the last event of ${explains.length} of the rows shown is a snapshot read (op r)`];
    for (const sink of subject.connectors)
      for (const { alias, get, name } of transformsOf(sink)) {
        const condition = get('condition') ?? sink.config[`predicates.${get('predicate')}.condition`];
        if (condition === undefined || !BY_OPERATION.test(condition)) continue;
        return {
          says: `transforms.${alias} in ${sink.file} leaves out events by their operation (${condition}), and with them those of the snapshot, whose op is r.`,
          evidence: [...evidence, `${name('condition')}=${condition} in ${sink.file}`],
          remedy: [`in ${sink.file}: let op r pass as op c does`],
          certainty: 'shown',
          explains,
        };
      }
    if (subject.kind !== 'command' || startsLatest(facts)) return undefined;
    return {
      says: `${subject.name} never applied events of the snapshot (op r): it passes them over, or starts at the end of the topics.`,
      evidence,
      remedy: [
        'handle op r like op c',
        'set auto.offset.reset=earliest, so that a new group begins with the oldest record',
      ],
      certainty: 'likely',
      explains,
    };
  },
};

/** A program whose command line says where it starts. Others do not tell. */
export function startsLatest({ subject }: DiagnosisFacts): boolean {
  return subject.kind === 'command' && /\blatest\b/.test(subject.run ?? '');
}

const tombstones = property(
  {
    code: 'tombstones-off',
    title: 'No tombstone follows a delete (tombstones.on.delete=false), and the consumer deletes by tombstones only.',
    anomalies: ['orphan', 'resurrected'],
    docs: `${DEBEZIUM_PG}#postgresql-property-tombstones-on-delete`,
  },
  ({ config }, facts) => {
    // Debezium's own sink applies the delete event itself.
    const byTombstone =
      facts.subject.kind === 'command' || facts.subject.connectors.some((one) => sinkDialect(one) !== 'debezium');
    if (config['tombstones.on.delete'] !== 'false' || !byTombstone) return undefined;
    return findingsOf(facts, ['orphan', 'resurrected'], ['log-to-sink']).filter(({ event }) => event?.op === 'delete');
  },
  ({ file }, { subject }, explains) => ({
    says: `tombstones.on.delete=false in ${file}: no tombstone follows a delete, and ${subject.name} keeps the row.`,
    evidence: [
      `tombstones.on.delete=false in ${file}`,
      `the log has the delete of ${explains.length} of the rows shown`,
    ],
    remedy: [`in ${file}: tombstones.on.delete=true`, `let ${subject.name} delete by the event itself (op d)`],
    certainty: 'shown',
  }),
);

export const SNAPSHOTS: readonly CauseEntry[] = [initialOnly, skipped, narrowed, whenNeeded, readsSkipped, tombstones];
