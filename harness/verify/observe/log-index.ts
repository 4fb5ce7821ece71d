import type { TableId } from '#model/catalog.ts';
import { type ChangeEvent, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { EventRef } from '#model/finding.ts';
import { splitPartition, type TopicPartition, topicPartition } from '#model/position.ts';
import { createRowMap } from '#model/rows.ts';
import { KEYLESS, type Key, type Row, type Text } from '#model/values.ts';
import type { KeyLog } from '#verify/judge/settled.ts';
import { createKeylessLog, type KeylessLog } from './keyless-log.ts';
import { createPackedReads, type PackedRead } from './packed-reads.ts';
import { createRecordKeys, type RecordKey } from './record-keys.ts';
import { createTransactions, type Transactions } from './transactions.ts';

/** An event of a key with the row as it was after it; absent for a delete, and columns unknown to it left out. */
interface Version {
  readonly ref: EventRef;
  readonly row?: Row;
  /** Columns whose value the event left out, because the change left it as it was. */
  readonly unchanged?: readonly string[];
}

export interface KeyHistory extends KeyLog {
  /** The last events, oldest first. Older ones are forgotten once the memory for them is full. */
  readonly versions: readonly Version[];
}

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

interface Entry {
  last: EventRef;
  change?: { lsn: bigint; txn?: string; changes: number };
  /** A row is in one partition as long as their number does not change: a pair is less than a map. */
  offsets: [TopicPartition, bigint][];
  readonly versions: Version[];
  /** The count of records when the last of this key came. */
  seen: number;
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
  const entries = createRowMap<Entry>();
  const columns = new Map<TableId, Map<string, Map<TopicPartition, bigint>>>();
  const truncates = new Map<TableId, { readonly ref: EventRef; readonly seen: number }>();
  const transactions = createTransactions();
  const remembered = createRemembered(versionBytesMax);
  const touched: { readonly table: TableId; readonly key: Key }[] = [];
  const packed = createPackedReads();
  const keyless = createKeylessLog();
  const recordKeys = createRecordKeys();
  let touches = 0;
  let readInFull = 0;
  let records = 0;
  let replayed = 0;
  let snapshotReads = 0;
  let capturedLsn: bigint | undefined;

  const entryOf = (table: TableId, key: Key, ref: EventRef): Entry => {
    const known = entries.get(table, key);
    if (known !== undefined) return known;
    const read = packed.get(`${table} ${key}`);
    const offsets: Entry['offsets'] = read === undefined ? [] : [[read.partition, read.offset]];
    const made: Entry = { last: ref, offsets, versions: [], seen: records };
    entries.set(table, key, made);
    return made;
  };

  const touch = (table: TableId, key: Key): void => {
    touched[++touches % TOUCHED_MAX] = { table, key };
  };

  const history = (table: TableId, key: Key): KeyHistory | undefined => {
    const entry = entries.get(table, key) ?? entryOfRead(packed.get(`${table} ${key}`));
    const truncate = truncates.get(table);
    if (entry === undefined || truncate === undefined || !isAfter(truncate, entry)) return entry;
    // What was deleted before was not in the table any more: its delete stays the last word on it.
    if (entry.last.op === 'delete') return entry;
    return truncated(entry, truncate.ref);
  };

  /** The row that had this key has another now. */
  const leave = (event: ChangeEvent, key: Key, ref: EventRef): void => {
    const gone = { ...ref, op: 'delete' };
    const entry = entryOf(event.table, key, gone);
    noteChange(entry, event);
    place(entry, { ref: gone }, remembered);
    entry.seen = records;
    touch(event.table, key);
  };

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
      return remembered.forgetful;
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
        truncates.set(event.table, { ref, seen: records });
        return;
      }
      transactions.add(event, key, ref);
      if (key === KEYLESS) return;
      if (recordKey !== undefined) recordKeys.add(event.table, key, recordKey);
      if (was !== undefined) leave(event, was, ref);
      if (event.op === 'read' && entries.get(event.table, key) === undefined && ++readInFull > readsMax) {
        packed.set(`${event.table} ${key}`, { partition, offset: event.offset, seen: records });
        touch(event.table, key);
        return;
      }
      const entry = entryOf(event.table, key, ref);
      const repeats = noteChange(entry, event);
      if (repeats) replayed++;
      const row =
        event.after === undefined ? undefined : knownRow(event.after, entry.versions.at(-1)?.row ?? {}, repeats);
      entry.seen = records;
      const unchanged = unchangedIn(event.after);
      const version = { ref, ...(row === undefined ? {} : { row }), ...(unchanged.length === 0 ? {} : { unchanged }) };
      place(entry, version, remembered);
      touch(event.table, key);
    },
    holds: (table, key, txn) =>
      key === KEYLESS ? keyless.holds(table, txn) : history(table, key)?.change?.txn === txn,
    keyless,
    recordKey: (table, key) => recordKeys.of(table, key),
    history,
    transactions,
    forget(table, key) {
      entries.delete(table, key);
      packed.delete(`${table} ${key}`);
    },
    columnSince: (table, column) => columns.get(table)?.get(column) ?? new Map(),
    touched(after) {
      const keys = new Map<TableId, Set<Key>>();
      for (let seen = Math.max(after + 1, touches - TOUCHED_MAX + 1); seen <= touches; seen++) {
        const item = touched[seen % TOUCHED_MAX];
        if (item === undefined) continue;
        const of = keys.get(item.table);
        if (of === undefined) keys.set(item.table, new Set([item.key]));
        else of.add(item.key);
      }
      return { cursor: touches, keys };
    },
  };
}

/** A row of which its last snapshot read is known to be there, and no more. */
function entryOfRead(read: PackedRead | undefined): Entry | undefined {
  if (read === undefined) return undefined;
  const { partition, offset, seen } = read;
  const last = { ...splitPartition(partition), offset, op: 'read' };
  return { last, offsets: [[partition, offset]], versions: [], seen };
}

/**
 * The events of a row stand in one partition, in the order of its changes, as long as the records' key names it. Else they
 * may stand in several, which are read sooner or later: there a change goes before those that came after it.
 */
function place(entry: Entry, version: Version, remembered: ReturnType<typeof createRemembered>): void {
  const { ref } = version;
  const partition = topicPartition(ref.topic, ref.partition);
  setOffset(entry.offsets, partition, ref.offset);
  const late = entry.offsets.length > 1 && ref.op !== 'read' ? placeOf(entry, ref) : undefined;
  remembered.add(entry.versions, version, late);
  if (late === undefined) entry.last = ref;
}

/** Where a change belongs that is older than others which stand in other partitions alone; undefined for the end. */
function placeOf({ versions }: Entry, ref: EventRef): number | undefined {
  const { lsn } = ref;
  if (lsn === undefined) return undefined;
  const isLater = ({ ref: other }: Version): boolean =>
    other.op !== 'read' && other.lsn !== undefined && other.lsn > lsn && other.partition !== ref.partition;
  const newer = versions.findIndex(isLater);
  if (newer === -1) return undefined;
  // The same change again is a replay, which stands where the log has it.
  if (versions.some(({ ref: other }) => other.op === ref.op && other.lsn === lsn)) return undefined;
  return newer;
}

function setOffset(offsets: Entry['offsets'], partition: TopicPartition, offset: bigint): void {
  const known = offsets.find(([one]) => one === partition);
  if (known === undefined) offsets.push([partition, offset]);
  else known[1] = offset;
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

/**
 * Notes a new change; true where the event repeats one seen before: LSNs rise with every change of a key, in each
 * partition.
 */
function noteChange(entry: Entry, event: ChangeEvent): boolean {
  if (event.op === 'read' || event.lsn === undefined) return false;
  const before = entry.change;
  if (before !== undefined && event.lsn <= before.lsn) return !isLate(entry, event);
  const changes = before !== undefined && before.txn === event.txn ? before.changes + 1 : 1;
  entry.change = { lsn: event.lsn, changes, ...(event.txn === undefined ? {} : { txn: event.txn }) };
  return false;
}

/** Whether an older change is read late, because it stands in another partition than the newer ones. */
function isLate({ versions }: Entry, { partition, lsn = 0n }: ChangeEvent): boolean {
  const changes = versions.filter(({ ref }) => ref.op !== 'read');
  return (
    changes.length > 0 &&
    changes.every(({ ref }) => ref.lsn !== lsn && (ref.partition !== partition || (ref.lsn ?? 0n) < lsn))
  );
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

function unchangedIn(after: EventRow = {}): string[] {
  return Object.keys(after).filter((name) => after[name] === UNCHANGED);
}

/**
 * The row with unchanged values taken from the version before, where that is known, and left out otherwise, as where an
 * event is repeated: it has another before it. Values that are equal are the same text in memory.
 */
function knownRow(after: EventRow, before: Row, repeats: boolean): Row {
  const row: Record<string, Text> = {};
  for (const [name, value] of Object.entries(after)) {
    const known = before[name];
    if (value !== UNCHANGED) row[name] = value === known ? known : value;
    else if (known !== undefined && !repeats) row[name] = known;
  }
  return row;
}

/**
 * Whether a truncate came after all that the log has of a key. By their LSNs: the truncate stands in one partition of the
 * topic, and the key's events may stand in another, which is read sooner or later.
 */
function isAfter(truncate: { readonly ref: EventRef; readonly seen: number }, entry: Entry): boolean {
  const lsn = entry.change?.lsn ?? entry.last.lsn;
  if (truncate.ref.lsn === undefined || lsn === undefined) return truncate.seen > entry.seen;
  return truncate.ref.lsn > lsn;
}

function truncated(entry: Entry, ref: EventRef): KeyHistory {
  const offsets: Entry['offsets'] = entry.offsets.map(([partition, offset]) => [partition, offset]);
  setOffset(offsets, topicPartition(ref.topic, ref.partition), ref.offset);
  const change = { lsn: ref.lsn ?? 0n, changes: 1, ...(ref.txn === undefined ? {} : { txn: ref.txn }) };
  return { last: ref, change, offsets, versions: [...entry.versions, { ref }] };
}

/**
 * In memory, as measured: an event's record repeats its schema, so its size on the wire says nothing of the row's.
 */
function sizeOf({ row }: Version): number {
  let size = 280;
  for (const value of Object.values(row ?? {})) size += 40 + (value?.length ?? 0);
  return size;
}

/** Versions of all keys in one queue, so that the oldest goes first whatever its key. */
function createRemembered(bytesMax: number) {
  let queue: { readonly of: Version[]; readonly bytes: number }[] = [];
  let head = 0;
  let bytes = 0;
  let forgetful = false;
  return {
    get forgetful() {
      return forgetful;
    },
    /** Puts the version last, or where `at` says. */
    add(of: Version[], version: Version, at = of.length): void {
      const size = sizeOf(version);
      of.splice(at, 0, version);
      queue.push({ of, bytes: size });
      bytes += size;
      while (bytes > bytesMax && head < queue.length) {
        const oldest = queue[head++];
        forgetful = true;
        oldest?.of.shift();
        bytes -= oldest?.bytes ?? 0;
      }
      if (head > 10_000 && head > queue.length / 2) {
        queue = queue.slice(head);
        head = 0;
      }
    },
  };
}
