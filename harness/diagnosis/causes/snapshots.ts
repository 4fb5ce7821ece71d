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
    title: 'The connector takes no initial snapshot: rows that existed before it are never captured.',
    anomalies: ['lost', 'stale'],
    docs: `${DEBEZIUM_PG}#postgresql-property-snapshot-mode`,
  },
  ({ config }, facts) =>
    NO_SNAPSHOT.some((mode) => mode === config['snapshot.mode'])
      ? uncaptured(facts, 'lost', 'stale').filter(({ event }) => event === undefined)
      : undefined,
  ({ config, file }, _, explains) => ({
    says: `snapshot.mode=${config['snapshot.mode']} in ${file}: rows that existed before the connector started are never captured.`,
    evidence: [
      `the log has no event of ${explains.length} of the rows shown`,
      `snapshot.mode=${config['snapshot.mode']} in ${file}`,
    ],
    remedy: [
      `in ${file}: snapshot.mode=initial`,
      'load them with an incremental snapshot (an execute-snapshot signal)',
    ],
    certainty: 'shown',
  }),
);

const initialOnly = property(
  {
    code: 'snapshot-initial-only',
    title: 'The connector stops after its initial snapshot: no change is ever captured.',
    anomalies: ['lost', 'stale', 'orphan', 'stalled'],
    docs: `${DEBEZIUM_PG}#postgresql-property-snapshot-mode`,
  },
  ({ config }, facts) =>
    config['snapshot.mode'] === 'initial_only' ? uncaptured(facts, 'lost', 'stale', 'orphan', 'stalled') : undefined,
  ({ file }) => ({
    says: `snapshot.mode=initial_only in ${file}: the connector stops after the snapshot and captures no changes.`,
    evidence: [`snapshot.mode=initial_only in ${file}`],
    remedy: [`in ${file}: snapshot.mode=initial`],
    certainty: 'shown',
  }),
);

const whenNeeded = property(
  {
    code: 'snapshot-when-needed',
    title:
      'The connector takes a new snapshot when its position is gone, and deletes made in between are never captured.',
    anomalies: ['orphan', 'resurrected'],
    docs: `${DEBEZIUM_PG}#postgresql-property-snapshot-mode`,
  },
  // A snapshot reads every row that is there, so of what went wrong meanwhile only deletes are missing.
  ({ config }, facts) =>
    config['snapshot.mode'] === 'when_needed' ? uncaptured(facts, 'orphan', 'resurrected') : undefined,
  ({ file }, _, explains) => ({
    says: `snapshot.mode=when_needed in ${file}: if its slot or its position is gone, the connector takes a new snapshot without an error, and a snapshot does not show which rows were deleted in between.`,
    evidence: [`snapshot.mode=when_needed in ${file}`, `the log has no delete of ${explains.length} of the rows shown`],
    remedy: [
      `in ${file}: snapshot.mode=initial, so that a lost position is reported as an error`,
      "keep the slot during an outage (max_slot_wal_keep_size at the source), and reload the sink's tables after it was lost",
    ],
  }),
);

const narrowing = ['snapshot.select.statement.overrides', 'snapshot.include.collection.list'] as const;

const narrowed = property(
  {
    code: 'snapshot-narrowed',
    title: 'The snapshot reads only some of the rows or tables.',
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
      says: `${name}=${config[name]} in ${file}: the snapshot omits rows that existed before the connector, and they have not changed since.`,
      evidence: [`${name} in ${file}`, `the log has no event of ${explains.length} of the rows shown`],
      remedy: [
        `in ${file}: remove ${name}, and take the snapshot again`,
        'load the rest with an incremental snapshot (an execute-snapshot signal)',
      ],
    };
  },
);

/** Whether a filter's condition is about the operation and drops reads: `value.op == 'c'`, `value.op != 'r'`. */
function dropsReads(condition: string): boolean {
  return /\bop\b/.test(condition) && (!/['"]r['"]/.test(condition) || /!= ?['"]r['"]/.test(condition));
}

const readsSkipped: CauseEntry = {
  code: 'snapshot-reads-skipped',
  title: 'The log has snapshot events (op r), but the consumer or a filter skips them.',
  anomalies: ['lost'],
  docs: `${DEBEZIUM_PG}#postgresql-create-events`,
  find(facts) {
    const { subject } = facts;
    // Rows that were read and never changed since are lost; those that were changed later are there.
    const explains: Finding[] = findingsOf(facts, ['lost'], ['log-to-sink']).filter(
      ({ event }) => event?.op === 'read',
    );
    const evidence = [`the last event of ${explains.length} of the rows shown is a snapshot read (op r)`];
    for (const sink of subject.connectors)
      for (const { alias, get, name } of transformsOf(sink)) {
        const condition = get('condition') ?? '';
        if (!dropsReads(condition)) continue;
        return {
          says: `transforms.${alias} in ${sink.file} drops events by their operation (${condition}), and with them the snapshot events, whose op is r.`,
          evidence: [...evidence, `${name('condition')}=${condition} in ${sink.file}`],
          remedy: [`in ${sink.file}: let op r pass like op c`],
          certainty: 'shown',
          explains,
        };
      }
    if (subject.kind !== 'command' || startsLatest(facts)) return undefined;
    return {
      says: `${subject.name} did not apply snapshot events (op r): it skips them, or starts at the end of the topics.`,
      evidence,
      remedy: [
        'handle op r like op c',
        'set auto.offset.reset=earliest, so that a new consumer group starts at the oldest record',
      ],
      certainty: 'likely',
      explains,
    };
  },
};

/** A program whose command line says that it starts at the end of the topics; where others start is not known. */
export function startsLatest({ subject }: DiagnosisFacts): boolean {
  return subject.kind === 'command' && /\blatest\b/.test(String(subject.run));
}

const tombstones = property(
  {
    code: 'tombstones-off',
    title:
      'No tombstone follows a delete (tombstones.on.delete=false), and the consumer deletes rows by tombstones only.',
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
    says: `tombstones.on.delete=false in ${file}: no tombstone follows a delete, so ${subject.name} keeps the row.`,
    evidence: [
      `tombstones.on.delete=false in ${file}`,
      `the last event of ${explains.length} of the rows shown is a delete`,
    ],
    remedy: [`in ${file}: tombstones.on.delete=true`, `let ${subject.name} apply the delete event itself (op d)`],
    certainty: 'shown',
  }),
);

export const SNAPSHOTS: readonly CauseEntry[] = [initialOnly, skipped, narrowed, whenNeeded, readsSkipped, tombstones];
