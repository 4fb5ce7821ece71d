import type { GuardQuestion, Guards, OffsetRange, SinkTable } from '#engines/port/sink.ts';
import { type Offsets, topicPartition } from '#model/position.ts';
import type { Key } from '#model/values.ts';
import { arrayLiteral, keyInput, positionTypeOf, type Statement } from './apply-statements.ts';
import { GUARD_COLUMN } from './ddl.ts';
import { quoteIdent, quoteTable } from './quote.ts';

/**
 * What the applier keeps in the sink beside the rows:
 * `positions`: the offset of the next record to be applied, by consumer, topic and partition.
 * `dedup`: the records applied, by topic, partition and offset; a row is a run of offsets, `"offset"` to `through`,
 * since a transaction applies runs, and a row a record would cost more than the rows it protects.
 * `tombstones`: the LSN at which a key was deleted; with an empty key, at which the table was truncated.
 * `guards`: for each guarded table an LSN at or above every guard of its rows, tombstones and truncates. What lies above
 * it, nearly every event of a live stream, can meet no guard, so the keys need not be looked up.
 */
export const bookkeepingSql = (position: string): string => `
CREATE SCHEMA IF NOT EXISTS _cdc;
CREATE TABLE IF NOT EXISTS _cdc.positions (
  consumer text, topic text, partition integer, position bigint NOT NULL, PRIMARY KEY (consumer, topic, partition));
CREATE TABLE IF NOT EXISTS _cdc.dedup (
  consumer text, topic text, partition integer, "offset" bigint, through bigint NOT NULL,
  PRIMARY KEY (consumer, topic, partition, "offset"));
CREATE TABLE IF NOT EXISTS _cdc.tombstones (
  table_name text, key text, lsn ${position} NOT NULL, deleted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (table_name, key));
CREATE INDEX IF NOT EXISTS tombstones_deleted_at ON _cdc.tombstones (deleted_at);
CREATE TABLE IF NOT EXISTS _cdc.guards (table_name text PRIMARY KEY, highest ${position} NOT NULL);`;

/** The key under which a table's truncate is remembered. */
export const TRUNCATED: Key = '';

export const LOCK_SQL = `SELECT pg_advisory_xact_lock(hashtextextended('driftlab applier ' || $1, 0))`;

export const POSITIONS_SQL = 'SELECT topic, partition, position FROM _cdc.positions WHERE consumer = $1';

export const FORGET_SQL = `WITH p AS (DELETE FROM _cdc.positions WHERE consumer = $1) DELETE FROM _cdc.dedup WHERE consumer = $1`;

export interface PositionRow {
  readonly topic: string;
  readonly partition: string;
  readonly position: string;
}

export function positionsOf(rows: readonly PositionRow[]): Offsets {
  return new Map(rows.map((row) => [topicPartition(row.topic, Number(row.partition)), BigInt(row.position)]));
}

function rangeParams(ranges: readonly OffsetRange[]): string[] {
  return [
    arrayLiteral(ranges.map((range) => range.topic)),
    arrayLiteral(ranges.map((range) => String(range.partition))),
    arrayLiteral(ranges.map((range) => String(range.from))),
    arrayLiteral(ranges.map((range) => String(range.next))),
  ];
}

/** Which runs of offsets that were applied overlap the ranges. */
export function appliedStatement(consumer: string, ranges: readonly OffsetRange[]): Statement {
  return {
    sql: `SELECT d.topic, d.partition, d."offset" AS first, d.through FROM
  unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[]) AS i(topic, partition, first, next)
  JOIN _cdc.dedup d ON d.consumer = $1 AND d.topic = i.topic AND d.partition = i.partition
   AND d."offset" < i.next AND d.through >= i.first`,
    params: [consumer, ...rangeParams(ranges)],
  };
}

/** Records the ranges as applied and moves the positions, never backwards. */
export function rememberStatement(consumer: string, ranges: readonly OffsetRange[]): Statement {
  return {
    sql: `WITH i AS MATERIALIZED (
  SELECT * FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[]) AS i(topic, partition, first, next)),
p AS (
  INSERT INTO _cdc.positions AS p SELECT $1, topic, partition, max(next) FROM i GROUP BY topic, partition
  ON CONFLICT (consumer, topic, partition) DO UPDATE SET position = greatest(p.position, excluded.position))
INSERT INTO _cdc.dedup AS d SELECT $1, topic, partition, first, next - 1 FROM i WHERE next > first
ON CONFLICT (consumer, topic, partition, "offset") DO UPDATE SET through = greatest(d.through, excluded.through)`,
    params: [consumer, ...rangeParams(ranges)],
  };
}

/** Forgets dedup entries that lie `kept` records or more below their partition's position. */
export function pruneDedupStatement(consumer: string, kept: bigint): Statement {
  return {
    sql: `DELETE FROM _cdc.dedup d USING _cdc.positions p
WHERE d.consumer = $1 AND p.consumer = d.consumer AND p.topic = d.topic AND p.partition = d.partition
  AND d.through < p.position - $2::bigint`,
    params: [consumer, String(kept)],
  };
}

/** Forgets tombstones older than `keptMs`. */
export function pruneTombstonesStatement(keptMs: number): Statement {
  return {
    sql: `DELETE FROM _cdc.tombstones WHERE deleted_at < now() - $1::bigint * interval '1 millisecond'`,
    params: [String(keptMs)],
  };
}

export function tombstonesStatement(table: SinkTable, tombstones: ReadonlyMap<Key, bigint>): Statement {
  return {
    sql: `INSERT INTO _cdc.tombstones AS t (table_name, key, lsn) SELECT $1, * FROM unnest($2::text[], $3::${positionTypeOf(table)}[])
ON CONFLICT (table_name, key) DO UPDATE SET lsn = greatest(t.lsn, excluded.lsn), deleted_at = now()`,
    params: [table.id, arrayLiteral([...tombstones.keys()]), arrayLiteral([...tombstones.values()].map(String))],
  };
}

/** Finds a table's highest guard where it is not known: rows may have been guarded before it was kept. */
export function firstHighestStatement(table: SinkTable): Statement {
  return {
    sql: `INSERT INTO _cdc.guards AS g (table_name, highest)
SELECT $1, coalesce(greatest((SELECT max(${quoteIdent(GUARD_COLUMN)}) FROM ${quoteTable(table.id)}),
  (SELECT max(lsn) FROM _cdc.tombstones WHERE table_name = $1)), -1)
ON CONFLICT (table_name) DO NOTHING`,
    params: [table.id],
  };
}

/** The highest guard, and the truncate's. Whoever else writes guards of the table waits until this transaction ends. */
export function highestStatement(table: SinkTable): Statement {
  return {
    sql: `SELECT highest, (SELECT lsn FROM _cdc.tombstones WHERE table_name = $1 AND key = '') AS truncated
FROM _cdc.guards WHERE table_name = $1 FOR UPDATE`,
    params: [table.id],
  };
}

/** No row where the highest guard is not known yet: it will be found with what is being written. */
export function raiseHighestStatement(table: SinkTable, guard: bigint): Statement {
  return {
    sql: `UPDATE _cdc.guards SET highest = $2::${positionTypeOf(table)} WHERE table_name = $1 AND highest < $2::${positionTypeOf(table)}`,
    params: [table.id, String(guard)],
  };
}

/** Only guards that matter come back, in general none: one row, whatever the number of keys. */
export function guardsStatement(table: SinkTable, questions: readonly GuardQuestion[]): Statement {
  const input = keyInput(table, questions, 4);
  const guard = quoteIdent(GUARD_COLUMN);
  return {
    sql: `WITH i AS MATERIALIZED (
  SELECT * FROM unnest($2::text[], $3::${positionTypeOf(table)}[], ${input.arrays.join(', ')}) AS i(id, lsn, ${input.names.join(', ')})),
g AS (
  SELECT i.id, t.${guard} AS guard FROM i JOIN ${quoteTable(table.id)} t ON ${input.join} WHERE t.${guard} >= i.lsn
  UNION ALL
  SELECT i.id, b.lsn FROM i JOIN _cdc.tombstones b ON b.table_name = $1 AND b.key = i.id WHERE b.lsn >= i.lsn)
SELECT json_agg(json_build_array(id, guard::text)) AS keys FROM g`,
    params: [
      table.id,
      arrayLiteral(questions.map((question) => question.id)),
      arrayLiteral(questions.map((question) => String(question.lsn))),
      ...input.params,
    ],
  };
}

export function guardsOf(keysJson: string | null): Guards['keys'] {
  const keys = new Map<Key, bigint>();
  for (const [key, text] of JSON.parse(keysJson ?? '[]') as [Key, string][]) {
    const guard = BigInt(text);
    const known = keys.get(key);
    if (known === undefined || guard > known) keys.set(key, guard);
  }
  return keys;
}

/** See {@link SinkPort.dedupState}. */
export const DEDUP_STATE_SQL = `SELECT topic, partition AS partition_id, count(*) AS runs, min("offset") AS first_offset, max(through) AS last_offset
FROM _cdc.dedup GROUP BY topic, partition ORDER BY topic, partition`;
