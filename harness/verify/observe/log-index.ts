import type { TableId } from '#model/catalog.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { EventRef } from '#model/finding.ts';
import { type TopicPartition, topicPartition } from '#model/position.ts';
import { KEYLESS, type Key, type Row } from '#model/values.ts';
import { createKeylessLog, type KeylessLog } from './keyless-log.ts';
import { createRecordKeys, type RecordKey } from './record-keys.ts';
import { createRowLog, type KeyHistory } from './row-log.ts';
import { createTransactions, type Transactions } from './transactions.ts';

/** What the records seen so far say of every key. Fed record by record, in each partition's order. */
export interface LogIndex {
  readonly records: number;
  readonly replayed: number;
  readonly snapshotReads: number;
  /** Versions of some rows have been forgotten, for want of memory. */
  readonly forgetful: boolean;
  /** The highest LSN that an event carries. */
  readonly capturedLsn: bigint | undefined;
  /** `key` is {@link KEYLESS} for a table without a primary key. */
  add(event: ChangeEvent, key: Key, more?: Naming): void;
  holds(table: TableId, key: Key, txn: string): boolean;
  /** What it holds of tables without a primary key. */
  readonly keyless: Pick<KeylessLog, 'events' | 'forgetful'>;
  /** Where the records' own key does not name the row: that key, and how many rows have had it. */
  recordKey(table: TableId, key: Key): RecordKey | undefined;
  history(table: TableId, key: Key): KeyHistory | undefined;
  /** Takes a row that is gone for good out of memory. A record of it that comes again is then as one of an unknown row. */
  forget(table: TableId, key: Key): void;
  readonly transactions: Pick<Transactions, 'rows' | 'inPart'>;
  /** In each partition the offset of the first record whose schema has the column. */
  columnSince(table: TableId, column: string): ReadonlyMap<TopicPartition, bigint>;
  /** Keys with records after the moment `after` (0 at first); `cursor` is the present moment. */
  touched(after: number): { readonly cursor: number; readonly keys: ReadonlyMap<TableId, ReadonlySet<Key>> };
}

/** What a record says of its row beside its key. */
export interface Naming {
  /** The key that the row had before, where it was changed. */
  readonly was?: Key;
  /** The record's own key, where it does not name the row. */
  readonly recordKey?: Row;
}

export interface LogIndexOptions {
  /** Rows of which nothing but snapshot reads is known that are kept in full; of more, only where their last read stands. */
  readonly readsMax?: number;
  /** Memory for versions of rows, in bytes, about. */
  readonly versionBytesMax?: number;
}

const VERSION_BYTES_MAX = 32 * 1024 * 1024;
const TOUCHED_MAX = 50_000;
const READS_MAX = 200_000;

/** Its memory follows the rows that changed; a row that was only read by a snapshot takes some bytes. */
export function createLogIndex(options: LogIndexOptions = {}): LogIndex {
  const { versionBytesMax = VERSION_BYTES_MAX, readsMax = READS_MAX } = options;
  const columns = new Map<TableId, Map<string, Map<TopicPartition, bigint>>>();
  const transactions = createTransactions();
  const rows = createRowLog({ versionBytesMax, readsMax });
  const touched = createTouched();
  const keyless = createKeylessLog();
  const recordKeys = createRecordKeys();
  let records = 0;
  let replayed = 0;
  let snapshotReads = 0;
  let capturedLsn: bigint | undefined;

  return {
    get records() {
      return records;
    },
    get replayed() {
      return replayed;
    },
    get snapshotReads() {
      return snapshotReads;
    },
    get capturedLsn() {
      return capturedLsn;
    },
    get forgetful() {
      return rows.forgetful;
    },
    add(event, key, { was, recordKey } = {}) {
      records++;
      if (event.op === 'read') snapshotReads++;
      const { lsn } = event;
      if (lsn !== undefined && (capturedLsn === undefined || lsn > capturedLsn)) capturedLsn = lsn;
      const partition = topicPartition(event.topic, event.partition);
      noteColumns(columns, event, partition);
      const ref = refOf(event);
      if (key === KEYLESS && keyless.add(event, ref)) replayed++;
      if (event.op === 'truncate') {
        rows.truncate(event.table, ref, records);
        return;
      }
      transactions.add(event, key, ref);
      if (key === KEYLESS) return;
      if (recordKey !== undefined) recordKeys.add(event.table, key, recordKey);
      if (was !== undefined) {
        rows.leave(event, was, ref, records);
        touched.add(event.table, was);
      }
      if (rows.add(event, key, { ref, partition, seen: records })) replayed++;
      touched.add(event.table, key);
    },
    holds: (table, key, txn) =>
      key === KEYLESS ? keyless.holds(table, txn) : rows.history(table, key)?.change?.txn === txn,
    keyless,
    recordKey: (table, key) => recordKeys.of(table, key),
    history: rows.history,
    transactions,
    forget: rows.forget,
    columnSince: (table, column) => columns.get(table)?.get(column) ?? new Map(),
    touched: touched.since,
  };
}

/** The last keys that had a record, in a ring. */
function createTouched(): { add(table: TableId, key: Key): void; readonly since: LogIndex['touched'] } {
  const ring: { readonly table: TableId; readonly key: Key }[] = [];
  let touches = 0;
  return {
    add(table, key) {
      ring[++touches % TOUCHED_MAX] = { table, key };
    },
    since(after) {
      const keys = new Map<TableId, Set<Key>>();
      for (let seen = Math.max(after + 1, touches - TOUCHED_MAX + 1); seen <= touches; seen++) {
        const item = ring[seen % TOUCHED_MAX];
        if (item === undefined) continue;
        const known = keys.get(item.table);
        if (known === undefined) keys.set(item.table, new Set([item.key]));
        else known.add(item.key);
      }
      return { cursor: touches, keys };
    },
  };
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function refOf(event: ChangeEvent): EventRef {
  const { topic, partition, offset, op, lsn, txn } = event;
  return { topic, partition, offset, op, ...(lsn === undefined ? {} : { lsn }), ...(txn === undefined ? {} : { txn }) };
}

function noteColumns(
  columns: Map<TableId, Map<string, Map<TopicPartition, bigint>>>,
  event: ChangeEvent,
  partition: TopicPartition,
): void {
  const known = getOr(columns, event.table, () => new Map());
  for (const { name } of event.columns) {
    const firsts = getOr(known, name, () => new Map<TopicPartition, bigint>());
    if (!firsts.has(partition)) firsts.set(partition, event.offset);
  }
}
