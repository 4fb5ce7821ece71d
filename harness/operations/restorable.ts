import type { SlotLag } from '#model/source-log.ts';
import { OperatorError } from '#std/errors.ts';
import type { OffsetsFile } from './offsets.ts';

/** What is known where offsets are to be set. What could not be read is undefined. */
export interface RestoreFacts {
  readonly name: string;
  readonly type: string;
  readonly config: Readonly<Record<string, string>>;
  /** The id of its Kafka cluster. */
  readonly cluster: string | undefined;
  /** It has committed where it is to this cluster. */
  readonly begun: boolean;
  /** The connector's replication slot; `none` where the source has slots, but not this one. */
  readonly slot?: { readonly name: string; readonly found: SlotLag | 'none' };
  /** Records in the topic of the connector's schema history. */
  readonly historyRecords?: bigint;
  /** Offsets of the next records of a sink's topics, by `topic/partition`; those of topics that are not there are absent. */
  readonly ends?: ReadonlyMap<string, bigint>;
}

/** Positions of a source's log: those of its engine. */
export interface LogPositions {
  parsePosition(text: string | null | undefined): bigint | undefined;
  formatPosition(position: bigint): string;
}

/**
 * What a person has to know before these offsets are set. Throws an OperatorError where rows would be lost, or the connector could not
 * begin: `offsets-other-type`; `offsets-other-cluster`, `offsets-unchecked` and `offsets-past-end` for those of a sink, which count
 * the records of its topics; `no-slot` and `slot-further` where the source's log does not have what lies behind the offsets any more;
 * `no-schema-history`.
 */
export function restoreWarnings(file: OffsetsFile, facts: RestoreFacts, positions?: LogPositions): readonly string[] {
  requireType(file, facts);
  if (facts.type === 'sink') {
    requireSameTopics(file, facts);
    return [];
  }
  const slotWarnings = positions === undefined ? [] : slotWarning(file, facts, positions);
  if (facts.historyRecords === 0n) requireRecovery(facts);
  return slotWarnings;
}

/** Many clusters bear the id of an example: one that the connector has never run in is another one. */
function isElsewhere(file: OffsetsFile, { cluster, begun }: RestoreFacts): boolean {
  return !begun || (file.kafka_cluster_id !== undefined && file.kafka_cluster_id !== cluster);
}

function requireType(file: OffsetsFile, { name, type }: RestoreFacts): void {
  if (type === file.type) return;
  throw new OperatorError({
    code: 'offsets-other-type',
    message: `${name} is a ${type}, and the offsets are those of a ${file.type}, ${file.connector}`,
    expected: `offsets of a ${type}`,
    found: `offsets of a ${file.type}`,
    exit: 1,
  });
}

function requireSameTopics(file: OffsetsFile, facts: RestoreFacts): void {
  const { name, cluster, ends, begun } = facts;
  const refused = (code: string, message: string, expected: string, found: string, hint: string): OperatorError =>
    new OperatorError({ code, message, expected, found, hint, exit: 1 });
  const anew = `in a new cluster import the source's offsets alone: a sink begins with the oldest record of its topics by itself (driftlab connectors resume ${name})`;
  if (begun && isElsewhere(file, facts))
    throw refused(
      'offsets-other-cluster',
      `${name} cannot take offsets of another Kafka cluster: they count records of topics that are not here`,
      `offsets of the cluster ${cluster ?? 'of these workers'}`,
      `offsets of the cluster ${file.kafka_cluster_id}`,
      anew,
    );
  if (ends === undefined) {
    if (begun) return;
    throw refused(
      'offsets-unchecked',
      `${name} has not read its topics here yet, so they may be others than those that its offsets count`,
      '--brokers HOSTS, so that the offsets can be held against the topics',
      'no brokers',
      anew,
    );
  }
  for (const { partition, offset } of file.offsets) {
    const { kafka_topic: topic, kafka_partition: number } = partition as Readonly<Record<string, unknown>>;
    const wanted = BigInt(String((offset as Readonly<Record<string, unknown>>).kafka_offset ?? 0));
    const end = ends.get(`${topic}/${number}`);
    if (end !== undefined && wanted <= end) continue;
    throw refused(
      'offsets-past-end',
      `the offset ${wanted} of ${topic}/${number} lies behind the end of the topic: the records up to there would be skipped as they come`,
      `at most ${end ?? 0n}`,
      end === undefined ? 'there is no such partition' : `${wanted}: the topic was made anew`,
      anew,
    );
  }
}

/** The furthest position that an offset of Debezium's PostgreSQL connector has. */
function furthest({ offsets }: OffsetsFile): bigint | undefined {
  const found = offsets.flatMap(({ offset }) =>
    ['lsn', 'lsn_proc', 'lsn_commit'].flatMap((field) => {
      const value = (offset as Readonly<Record<string, unknown>>)[field];
      return typeof value === 'number' || typeof value === 'string' ? [BigInt(value)] : [];
    }),
  );
  return found.toSorted((one, other) => (one < other ? -1 : 1)).at(-1);
}

function slotWarning(
  file: OffsetsFile,
  facts: RestoreFacts,
  { parsePosition, formatPosition }: LogPositions,
): string[] {
  const { name, slot } = facts;
  if (slot === undefined) return [];
  if (slot.found === 'none')
    throw new OperatorError({
      code: 'no-slot',
      message: `the source does not keep its log for ${name} any more: the replication slot ${slot.name} is not there, or lost`,
      expected: `the slot ${slot.name}, from the offsets on`,
      found: 'none: what was committed since the offsets would not be sent, and nobody would say so',
      hint: `have it read its tables anew instead: driftlab connectors offsets reset ${name}; rows that were deleted meanwhile stay at the sinks (driftlab reconcile names them)`,
      exit: 1,
    });
  const confirmed = parsePosition(slot.found.confirmedLsn);
  const known = furthest(file);
  if (confirmed === undefined || known === undefined || confirmed <= known) return [];
  const between = `from ${formatPosition(known)} to ${formatPosition(confirmed)}`;
  if (!isElsewhere(file, facts))
    return [`the slot ${slot.name} does not send again what lies ${between}: it was confirmed, and is in the topics`];
  throw new OperatorError({
    code: 'slot-further',
    message: `the offsets are older than what the replication slot ${slot.name} still sends, and what lies between is in no topic here`,
    expected: `a slot that was confirmed up to ${formatPosition(known)} at most`,
    found: `it was confirmed up to ${formatPosition(confirmed)}: what lies ${between} was in the topics of another Kafka cluster alone`,
    hint: `have it read its tables anew instead (driftlab connectors offsets reset ${name}, then resume it), and see what differs at the sinks with driftlab reconcile`,
    exit: 1,
  });
}

/** Modes in which a connector that has offsets, and no schema history, reads the schemas anew, and no rows. */
const RECOVERS = ['recovery', 'schema_only_recovery'];

function requireRecovery({ name, config }: RestoreFacts): void {
  const mode = config['snapshot.mode'] ?? 'initial';
  if (RECOVERS.includes(mode.toLowerCase())) return;
  throw new OperatorError({
    code: 'no-schema-history',
    message: `${name} has no schema history in this Kafka cluster, and without it cannot read its log from an offset on`,
    expected: 'snapshot.mode=recovery, with which it makes its schema history anew from the tables as they are now',
    found: `snapshot.mode=${mode}; the topic ${config['schema.history.internal.kafka.topic']} is empty, or not there`,
    hint: `deploy it with snapshot.mode=recovery (--stopped), import again, resume it, and deploy it as it was. No table may have been changed since the offsets were exported`,
    exit: 1,
  });
}
