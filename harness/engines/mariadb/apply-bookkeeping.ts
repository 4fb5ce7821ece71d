import { createHash } from 'node:crypto';
import type { GuardQuestion, OffsetRange } from '#engines/port/sink.ts';
import { type Offsets, topicPartition } from '#model/position.ts';
import type { Key } from '#model/values.ts';
import { GUARD_COLUMN, keyJoin, keyLiterals, type MariadbTable, pieces } from './apply-statements.ts';
import type { Flavour } from './flavour.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';

/**
 * What the applier keeps in the sink beside the rows. A database has no schemas, so the tables have a prefix:
 * `_cdc_consumers`: a row for each consumer, which its transactions lock.
 * `_cdc_positions`: the offset of the next record to be applied, by consumer, topic and partition.
 * `_cdc_dedup`: the records applied, by topic, partition and offset; a row is a run of offsets, `offset` to `through`.
 * `_cdc_tombstones`: the LSN at which a key was deleted; with an empty key, at which the table was truncated. A key may be
 * longer than an index takes, hence the hash.
 * `_cdc_guards`: for each guarded table an LSN at or above every guard of its rows, tombstones and truncates.
 */
export const bookkeepingSql = (position: string, { texts }: Flavour): readonly string[] => [
  `CREATE TABLE IF NOT EXISTS _cdc_consumers (consumer varchar(255) PRIMARY KEY) ENGINE = InnoDB ${texts}`,
  `CREATE TABLE IF NOT EXISTS _cdc_positions (
  consumer varchar(255), topic varchar(249), \`partition\` int, position bigint NOT NULL,
  PRIMARY KEY (consumer, topic, \`partition\`)) ENGINE = InnoDB ${texts}`,
  `CREATE TABLE IF NOT EXISTS _cdc_dedup (
  consumer varchar(255), topic varchar(249), \`partition\` int, \`offset\` bigint, through bigint NOT NULL,
  PRIMARY KEY (consumer, topic, \`partition\`, \`offset\`)) ENGINE = InnoDB ${texts}`,
  `CREATE TABLE IF NOT EXISTS _cdc_tombstones (
  table_name varchar(255), hash binary(32), \`key\` longtext NOT NULL, lsn ${position} NOT NULL,
  deleted_at datetime(6) NOT NULL, PRIMARY KEY (table_name, hash), KEY (deleted_at)) ENGINE = InnoDB ${texts}`,
  `CREATE TABLE IF NOT EXISTS _cdc_guards (table_name varchar(255) PRIMARY KEY, highest ${position} NOT NULL)
  ENGINE = InnoDB ${texts}`,
];

/** The key under which a table's truncate is remembered. */
export const TRUNCATED: Key = '';

const hashOf = (key: Key): string => `x'${createHash('sha256').update(key).digest('hex')}'`;
const text = quoteLiteral;
const table = ({ id }: Pick<MariadbTable, 'id'>): string => quoteLiteral(id);

/**
 * Excludes the consumer's other transactions until this one ends: a row that is there, or that another one has inserted, is
 * locked. A lock of GET_LOCK would be the connection's, and outlast the transaction.
 */
export function lockStatement(consumer: string, { offered }: Flavour): string {
  return `INSERT INTO _cdc_consumers VALUES (${text(consumer)})${offered.alias}
ON DUPLICATE KEY UPDATE consumer = ${offered.value('consumer')}`;
}

export function positionsStatement(consumer: string): string {
  return `SELECT topic, \`partition\`, position FROM _cdc_positions WHERE consumer = ${text(consumer)}`;
}

export function forgetStatements(consumer: string): readonly string[] {
  return ['dedup', 'positions', 'consumers'].map(
    (name) => `DELETE FROM _cdc_${name} WHERE consumer = ${text(consumer)}`,
  );
}

export function positionsOf(rows: readonly (readonly (string | null)[])[]): Offsets {
  return new Map(
    rows.map(([topic, partition, position]) => [topicPartition(topic ?? '', Number(partition)), BigInt(position ?? 0)]),
  );
}

/** Which runs of offsets that were applied overlap the ranges. */
export function appliedStatement(consumer: string, ranges: readonly OffsetRange[]): string {
  const some = ranges.map(
    ({ topic, partition, from, next }) =>
      `topic = ${text(topic)} AND \`partition\` = ${partition} AND \`offset\` < ${next} AND through >= ${from}`,
  );
  return `SELECT topic, \`partition\`, \`offset\`, through FROM _cdc_dedup WHERE consumer = ${text(consumer)} AND (${some.join(' OR ')})`;
}

export function rangesOf(rows: readonly (readonly (string | null)[])[]): OffsetRange[] {
  return rows.map(([topic, partition, from, through]) => ({
    topic: topic ?? '',
    partition: Number(partition),
    from: BigInt(from ?? 0),
    next: BigInt(through ?? 0) + 1n,
  }));
}

/** Records the ranges as applied and moves the positions, never backwards. */
export function rememberStatements(consumer: string, ranges: readonly OffsetRange[], { offered }: Flavour): string[] {
  const runs = ranges.filter(({ from, next }) => next > from);
  const rows = (some: readonly OffsetRange[], values: (range: OffsetRange) => string): string =>
    some.map((range) => `(${text(consumer)},${text(range.topic)},${range.partition},${values(range)})`).join(',');
  return [
    ...(ranges.length === 0
      ? []
      : [
          `INSERT INTO _cdc_positions VALUES ${rows(ranges, ({ next }) => `${next}`)}${offered.alias}
ON DUPLICATE KEY UPDATE position = GREATEST(_cdc_positions.position, ${offered.value('position')})`,
        ]),
    ...(runs.length === 0
      ? []
      : [
          `INSERT INTO _cdc_dedup VALUES ${rows(runs, ({ from, next }) => `${from},${next - 1n}`)}${offered.alias}
ON DUPLICATE KEY UPDATE through = GREATEST(_cdc_dedup.through, ${offered.value('through')})`,
        ]),
  ];
}

/** Forgets dedup entries that lie `kept` records or more below their partition's position. */
export function pruneDedupStatement(consumer: string, kept: bigint): string {
  return `DELETE d FROM _cdc_dedup d JOIN _cdc_positions p USING (consumer, topic, \`partition\`)
WHERE d.consumer = ${text(consumer)} AND d.through < p.position - ${kept}`;
}

/** Forgets tombstones older than `keptMs`. */
export function pruneTombstonesStatement(keptMs: number): string {
  return `DELETE FROM _cdc_tombstones WHERE deleted_at < UTC_TIMESTAMP(6) - INTERVAL ${keptMs * 1000} MICROSECOND`;
}

export function tombstoneStatements(named: MariadbTable, tombstones: ReadonlyMap<Key, bigint>): string[] {
  const rows = pieces([...tombstones], ([key, lsn]) => [
    table(named),
    hashOf(key),
    text(key),
    `${lsn}`,
    'UTC_TIMESTAMP(6)',
  ]);
  const { alias, value } = named.flavour.offered;
  return rows.map(
    (piece) => `INSERT INTO _cdc_tombstones VALUES ${piece}${alias}
ON DUPLICATE KEY UPDATE lsn = GREATEST(_cdc_tombstones.lsn, ${value('lsn')}), deleted_at = ${value('deleted_at')}`,
  );
}

/** Finds a table's highest guard where it is not known: rows may have been guarded before it was kept. */
export function firstHighestStatement(named: MariadbTable): string {
  const guards = `SELECT MAX(${quoteIdent(GUARD_COLUMN)}) AS lsn FROM ${quoteTable(named.id)}`;
  const dead = `SELECT MAX(lsn) FROM _cdc_tombstones WHERE table_name = ${table(named)}`;
  return `INSERT INTO _cdc_guards SELECT ${table(named)}, COALESCE(MAX(g.lsn), -1) FROM (${guards} UNION ALL ${dead}) g
ON DUPLICATE KEY UPDATE highest = _cdc_guards.highest`;
}

/** The highest guard, and the truncate's. Whoever else writes guards of the table waits until this transaction ends. */
export function highestStatement(named: MariadbTable): string {
  return `SELECT highest, (SELECT lsn FROM _cdc_tombstones WHERE table_name = ${table(named)} AND hash = ${hashOf(TRUNCATED)})
FROM _cdc_guards WHERE table_name = ${table(named)} FOR UPDATE`;
}

/** No row where the highest guard is not known yet: it will be found with what is being written. */
export function raiseHighestStatement(named: MariadbTable, guard: bigint): string {
  return `UPDATE _cdc_guards SET highest = ${guard} WHERE table_name = ${table(named)} AND highest < ${guard}`;
}

/** Of the keys asked about, by their places in `questions`, those whose row or tombstone has a guard that matters. */
export function guardStatements(named: MariadbTable, questions: readonly GuardQuestion[]): string[] {
  const columns = questions[0]?.columns ?? [];
  const literals = keyLiterals(named, columns);
  const guard = `t.${quoteIdent(GUARD_COLUMN)}`;
  const join = keyJoin(named, columns, (name) => columns.indexOf(name) + 2);
  const numbered = questions.map((question, index) => ({ question, index }));
  const { each, given } = named.flavour.rows;
  const rows = pieces(numbered, ({ question, index }) => [`${index}`, `${question.lsn}`, ...literals(question)], each);
  const dead = pieces(numbered, ({ question, index }) => [`${index}`, `${question.lsn}`, hashOf(question.id)], each);
  return [
    ...rows.map(
      (piece) => `SELECT i.p0, ${guard} FROM ${given(columns.length + 2, piece)}
STRAIGHT_JOIN ${quoteTable(named.id)} t ON ${join} WHERE ${guard} >= i.p1`,
    ),
    ...dead.map(
      (piece) => `SELECT i.p0, b.lsn FROM ${given(3, piece)}
STRAIGHT_JOIN _cdc_tombstones b ON b.table_name = ${table(named)} AND b.hash = i.p2 WHERE b.lsn >= i.p1`,
    ),
  ];
}

/** See {@link SinkPort.dedupState}. */
export const DEDUP_STATE_SQL = `SELECT topic, \`partition\` AS partition_id, count(*) AS runs, min(\`offset\`) AS first_offset, max(through) AS last_offset
FROM _cdc_dedup GROUP BY topic, \`partition\` ORDER BY topic, \`partition\``;
