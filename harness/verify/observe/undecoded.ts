import type { TableId } from '#model/catalog.ts';
import type { Offsets, TopicPartition } from '#model/position.ts';
import { createRowMap } from '#model/rows.ts';
import type { Key } from '#model/values.ts';

/** A record that nobody could read. */
interface UndecodedRecord {
  readonly partition: TopicPartition;
  readonly offset: bigint;
  readonly why: string;
}

/** Records that may hold a change of a row, and that nobody could read. */
interface Undecoded {
  readonly first: UndecodedRecord;
  readonly count: number;
  /** Of each partition the offset of the last. */
  readonly lasts: Offsets;
}

/** The records that the verifier could not read. */
export interface UndecodedLog {
  /** `key` names the row that the record concerns, where that much could be read: without it, it may be any of the table. */
  add(table: TableId, record: UndecodedRecord, key?: Key): void;
  of(table: TableId, key: Key): Undecoded | undefined;
}

interface Growing extends Undecoded {
  count: number;
  readonly lasts: Map<TopicPartition, bigint>;
}

const ROWS_MAX = 10_000;

export function createUndecodedLog(): UndecodedLog {
  const tables = new Map<TableId, Growing>();
  const rows = createRowMap<Growing>();

  const grown = (known: Growing | undefined, record: UndecodedRecord): Growing => {
    const growing = known ?? { first: record, count: 0, lasts: new Map() };
    growing.count++;
    growing.lasts.set(record.partition, record.offset);
    return growing;
  };

  return {
    add(table, record, key) {
      const known = key === undefined ? undefined : rows.get(table, key);
      if (key !== undefined && (known !== undefined || rows.size < ROWS_MAX))
        rows.set(table, key, grown(known, record));
      else tables.set(table, grown(tables.get(table), record));
    },
    of: (table, key) => both(rows.get(table, key), tables.get(table)),
  };
}

/** The records of a row, and those that may be of any. */
function both(ofRow: Undecoded | undefined, ofAny: Undecoded | undefined): Undecoded | undefined {
  if (ofRow === undefined || ofAny === undefined) return ofRow ?? ofAny;
  const lasts = new Map(ofRow.lasts);
  for (const [partition, offset] of ofAny.lasts)
    if (offset > (lasts.get(partition) ?? -1n)) lasts.set(partition, offset);
  return { first: ofRow.first, count: ofRow.count + ofAny.count, lasts };
}
