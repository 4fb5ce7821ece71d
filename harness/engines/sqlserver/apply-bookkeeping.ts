import { createHash } from 'node:crypto';
import type { GuardQuestion, OffsetRange } from '#engines/port/sink.ts';
import { type Offsets, topicPartition } from '#model/position.ts';
import type { Key } from '#model/values.ts';
import {
  GUARD_COLUMN,
  keyInputs,
  type Loaded,
  positionSql,
  positionText,
  type SqlServerTable,
} from './apply-statements.ts';
import { LOADED, loadOf, placeOf } from './load.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';
import { schemaSql } from './sink-ddl.ts';

const NAMES = 'COLLATE Latin1_General_100_BIN2';

/** Makes a table where there is none; another applier may do so at the same moment, which is no error to whoever runs this. */
const made = (name: string, columns: string): string =>
  `IF OBJECT_ID(N'_cdc.${name}', N'U') IS NULL CREATE TABLE _cdc.${name} (${columns})`;

/**
 * What the applier keeps in the sink beside the rows, in a schema of its own:
 * `consumers`: a row for each consumer, which its transactions lock.
 * `positions`: the offset of the next record to be applied, by consumer, topic and partition.
 * `dedup`: the records applied, by topic, partition and offset; a row is a run of offsets, `offset` to `through`.
 * `tombstones`: the LSN at which a key was deleted; with an empty key, at which the table was truncated. A key may be
 * longer than an index takes, hence the hash.
 * `guards`: for each guarded table an LSN at or above every guard of its rows, tombstones and truncates.
 */
export const bookkeepingSql = (position: string): readonly string[] => [
  schemaSql('_cdc'),
  made('consumers', `consumer nvarchar(255) ${NAMES} NOT NULL PRIMARY KEY`),
  made(
    'positions',
    `consumer nvarchar(255) ${NAMES} NOT NULL, topic varchar(249) ${NAMES} NOT NULL, partition_id int NOT NULL, position bigint NOT NULL, PRIMARY KEY (consumer, topic, partition_id)`,
  ),
  made(
    'dedup',
    `consumer nvarchar(255) ${NAMES} NOT NULL, topic varchar(249) ${NAMES} NOT NULL, partition_id int NOT NULL, first_offset bigint NOT NULL, through bigint NOT NULL, PRIMARY KEY (consumer, topic, partition_id, first_offset)`,
  ),
  made(
    'tombstones',
    `table_name nvarchar(257) ${NAMES} NOT NULL, hash binary(32) NOT NULL, key_text nvarchar(max) NOT NULL, lsn ${position} NOT NULL, deleted_at datetime2(3) NOT NULL, PRIMARY KEY (table_name, hash), INDEX tombstones_age (deleted_at)`,
  ),
  made('guards', `table_name nvarchar(257) ${NAMES} NOT NULL PRIMARY KEY, highest ${position} NOT NULL`),
];

/** The key under which a table's truncate is remembered. */
export const TRUNCATED: Key = '';

const LOCKS = 'WITH (UPDLOCK, HOLDLOCK)';
const text = quoteLiteral;
/** CONVERT keeps its input's collation, and takes none with its type: beside a column of another one that is a conflict (468). */
function convert(type: string, value: string): string {
  const [plain = type, collation] = type.split(/ (?=COLLATE )/i);
  const converted = `CONVERT(${plain}, ${value})`;
  return collation === undefined ? converted : `${converted} ${collation}`;
}
const named = ({ id }: Pick<SqlServerTable, 'id'>): string => quoteLiteral(id);
const hashOf = (key: Key): Buffer => createHash('sha256').update(key).digest();

/**
 * Excludes the consumer's other transactions until this one ends: a row that is there, or the place where it will be, is locked.
 */
export function lockStatement(consumer: string): string {
  return `INSERT INTO _cdc.consumers (consumer) SELECT ${text(consumer)}
WHERE NOT EXISTS (SELECT 1 FROM _cdc.consumers ${LOCKS} WHERE consumer = ${text(consumer)})`;
}

export function positionsStatement(consumer: string): string {
  return `SELECT topic, partition_id, position FROM _cdc.positions WHERE consumer = ${text(consumer)}`;
}

export function forgetStatements(consumer: string): readonly string[] {
  return ['dedup', 'positions', 'consumers'].map(
    (name) => `DELETE FROM _cdc.${name} WHERE consumer = ${text(consumer)}`,
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
      `topic = ${text(topic)} AND partition_id = ${partition} AND first_offset < ${next} AND through >= ${from}`,
  );
  return `SELECT topic, partition_id, first_offset, through FROM _cdc.dedup WHERE consumer = ${text(consumer)} AND (${some.join(' OR ')})`;
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
export function rememberStatements(consumer: string, ranges: readonly OffsetRange[]): string[] {
  const runs = ranges.filter(({ from, next }) => next > from);
  const given = (some: readonly OffsetRange[], values: (range: OffsetRange) => string, names: string): string =>
    `(VALUES ${some.map((range) => `(${text(range.topic)}, ${range.partition}, ${values(range)})`).join(', ')}) AS v (${names})`;
  const mine = `consumer = ${text(consumer)}`;
  const place = `o.topic = v.topic ${NAMES} AND o.partition_id = v.partition_id`;
  const statements: string[] = [];
  if (ranges.length > 0) {
    const rows = given(ranges, ({ next }) => `${next}`, 'topic, partition_id, position');
    statements.push(
      `UPDATE o SET position = v.position FROM _cdc.positions AS o ${LOCKS}
INNER JOIN ${rows} ON o.${mine} AND ${place} AND o.position < v.position`,
      `INSERT INTO _cdc.positions (consumer, topic, partition_id, position) SELECT ${text(consumer)}, v.topic, v.partition_id, v.position
FROM ${rows} WHERE NOT EXISTS (SELECT 1 FROM _cdc.positions AS o ${LOCKS} WHERE o.${mine} AND ${place})`,
    );
  }
  if (runs.length > 0) {
    const rows = given(runs, ({ from, next }) => `${from}, ${next - 1n}`, 'topic, partition_id, first_offset, through');
    const run = `${place} AND o.first_offset = v.first_offset`;
    statements.push(
      `UPDATE o SET through = v.through FROM _cdc.dedup AS o ${LOCKS}
INNER JOIN ${rows} ON o.${mine} AND ${run} AND o.through < v.through`,
      `INSERT INTO _cdc.dedup (consumer, topic, partition_id, first_offset, through) SELECT ${text(consumer)}, v.topic, v.partition_id, v.first_offset, v.through
FROM ${rows} WHERE NOT EXISTS (SELECT 1 FROM _cdc.dedup AS o ${LOCKS} WHERE o.${mine} AND ${run})`,
    );
  }
  return statements;
}

/** Forgets dedup entries that lie `kept` records or more below their partition's position. */
export function pruneDedupStatement(consumer: string, kept: bigint): string {
  return `DELETE d FROM _cdc.dedup AS d INNER JOIN _cdc.positions AS p
ON p.consumer = d.consumer AND p.topic = d.topic AND p.partition_id = d.partition_id
WHERE d.consumer = ${text(consumer)} AND d.through < p.position - ${kept}`;
}

/** Forgets tombstones older than `keptMs`. */
export function pruneTombstonesStatement(keptMs: number): string {
  return `DELETE FROM _cdc.tombstones WHERE deleted_at < DATEADD(second, -${Math.ceil(keptMs / 1000)}, SYSUTCDATETIME())`;
}

export function tombstones(table: SqlServerTable, all: ReadonlyMap<Key, bigint>, position: string): Loaded {
  const [hash, key, lsn] = [`CONVERT(binary(32), ${placeOf(0)})`, placeOf(1), convert(position, placeOf(2))];
  const same = `b.table_name = ${named(table)} AND b.hash = ${hash}`;
  return {
    load: loadOf(
      ['bytes', 'text', 'text'],
      [...all].map(([name, at]) => [hashOf(name), name, positionText(at, position)]),
    ),
    statements: [
      `UPDATE b SET lsn = CASE WHEN ${lsn} > b.lsn THEN ${lsn} ELSE b.lsn END, deleted_at = SYSUTCDATETIME()
FROM _cdc.tombstones AS b ${LOCKS} INNER JOIN ${LOADED} AS i ON ${same}`,
      `INSERT INTO _cdc.tombstones (table_name, hash, key_text, lsn, deleted_at)
SELECT ${named(table)}, ${hash}, ${key}, ${lsn}, SYSUTCDATETIME() FROM ${LOADED} AS i
WHERE NOT EXISTS (SELECT 1 FROM _cdc.tombstones AS b ${LOCKS} WHERE ${same})`,
    ],
  };
}

/** Finds a table's highest guard where it is not known: rows may have been guarded before it was kept. */
export function firstHighestStatement(table: SqlServerTable, position: string): string {
  const guards = `SELECT MAX(${quoteIdent(GUARD_COLUMN)}) AS lsn FROM ${quoteTable(table.id)}`;
  const dead = `SELECT MAX(lsn) AS lsn FROM _cdc.tombstones WHERE table_name = ${named(table)}`;
  // A text that is blank lies below all digits.
  const none = /^bigint$/i.test(position) ? '-1' : "''";
  return `INSERT INTO _cdc.guards (table_name, highest)
SELECT ${named(table)}, COALESCE(MAX(g.lsn), ${none}) FROM (${guards} UNION ALL ${dead}) AS g
HAVING NOT EXISTS (SELECT 1 FROM _cdc.guards ${LOCKS} WHERE table_name = ${named(table)})`;
}

/** The highest guard, and the truncate's. Whoever else writes guards of the table waits until this transaction ends. */
export function highestStatement(table: SqlServerTable): string {
  const truncated = `SELECT lsn FROM _cdc.tombstones WHERE table_name = ${named(table)} AND hash = 0x${hashOf(TRUNCATED).toString('hex')}`;
  return `SELECT highest, (${truncated}) AS truncated FROM _cdc.guards ${LOCKS} WHERE table_name = ${named(table)}`;
}

/** No row where the highest guard is not known yet: it will be found with what is being written. */
export function raiseHighestStatement(table: SqlServerTable, guard: bigint, position: string): string {
  const value = positionSql(guard, position);
  return `UPDATE _cdc.guards SET highest = ${value} WHERE table_name = ${named(table)} AND highest < ${value}`;
}

/** Of the keys asked about, by their places in `questions`, those whose row or tombstone has a guard that matters. */
export function guardQuestions(table: SqlServerTable, questions: readonly GuardQuestion[], position: string): Loaded {
  const { as, values, join } = keyInputs(table, questions[0]?.columns ?? []);
  const guard = `t.${quoteIdent(GUARD_COLUMN)}`;
  const column = table.columns.get(GUARD_COLUMN);
  const collated = column?.collation === undefined ? '' : ` COLLATE ${column.collation}`;
  const own = column === undefined ? position : `${column.type}${collated}`;
  const least = (type: string): string => convert(type, placeOf(1));
  return {
    load: loadOf(
      ['int', 'text', 'bytes', ...as],
      questions.map((question, index) => [
        ...[index, positionText(question.lsn, position), hashOf(question.id)],
        ...values(question),
      ]),
    ),
    statements: [
      `SELECT ${placeOf(0)} AS place, ${guard} AS lsn FROM ${LOADED} AS i
INNER JOIN ${quoteTable(table.id)} AS t ON ${join(3)} WHERE ${guard} >= ${least(own)}
UNION ALL
SELECT ${placeOf(0)}, b.lsn FROM ${LOADED} AS i INNER JOIN _cdc.tombstones AS b
ON b.table_name = ${named(table)} AND b.hash = CONVERT(binary(32), ${placeOf(2)}) WHERE b.lsn >= ${least(position)}`,
    ],
  };
}

/** See {@link SinkPort.dedupState}. */
export const DEDUP_STATE_SQL = `SELECT topic, partition_id AS partition_id, count(*) AS runs, min(first_offset) AS first_offset, max(through) AS last_offset
FROM _cdc.dedup GROUP BY topic, partition_id ORDER BY topic, partition_id`;
