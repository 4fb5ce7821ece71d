import type { TableId } from '#model/catalog.ts';
import { type ChangeEvent, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { EventRef } from '#model/finding.ts';
import { splitPartition, type TopicPartition, topicPartition } from '#model/position.ts';
import { createRowMap } from '#model/rows.ts';
import type { Key, Row, Text } from '#model/values.ts';
import type { KeyLog } from '#verify/judge/settled.ts';
import { createPackedReads, type PackedRead } from './packed-reads.ts';
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
  add(event: ChangeEvent, key: Key): void;
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
    add(event, key) {
      records++;
      if (event.op === 'read') snapshotReads++;
      const { lsn } = event;
      if (lsn !== undefined && (capturedLsn === undefined || lsn > capturedLsn)) capturedLsn = lsn;
      const partition = topicPartition(event.topic, event.partition);
      noteColumns(columns, event, partition);
      const ref = refOf(event);
      if (event.op === 'truncate') {
        truncates.set(event.table, { ref, seen: records });
        return;
      }
      transactions.add(event, key, ref);
      if (event.op === 'read' && entries.get(event.table, key) === undefined && ++readInFull > readsMax) {
        packed.set(`${event.table} ${key}`, { partition, offset: event.offset, seen: records });
        touched[records % TOUCHED_MAX] = { table: event.table, key };
        return;
      }
      const entry = entryOf(event.table, key, ref);
      const repeats = noteChange(entry, event);
      if (repeats) replayed++;
      const row =
        event.after === undefined ? undefined : knownRow(event.after, entry.versions.at(-1)?.row ?? {}, repeats);
      entry.last = ref;
      entry.seen = records;
      setOffset(entry.offsets, partition, event.offset);
      const unchanged = unchangedIn(event.after);
      remembered.add(entry.versions, {
        ref,
        ...(row === undefined ? {} : { row }),
        ...(unchanged.length === 0 ? {} : { unchanged }),
      });
      touched[records % TOUCHED_MAX] = { table: event.table, key };
    },
    history(table, key) {
      const entry = entries.get(table, key) ?? entryOfRead(packed.get(`${table} ${key}`));
      const truncate = truncates.get(table);
      if (entry === undefined || truncate === undefined || !isAfter(truncate, entry)) return entry;
      // What was deleted before was not in the table any more: its delete stays the last word on it.
      if (entry.last.op === 'delete') return entry;
      return truncated(entry, truncate.ref);
    },
    transactions,
    forget(table, key) {
      entries.delete(table, key);
      packed.delete(`${table} ${key}`);
    },
    columnSince: (table, column) => columns.get(table)?.get(column) ?? new Map(),
    touched(after) {
      const keys = new Map<TableId, Set<Key>>();
      for (let seen = Math.max(after + 1, records - TOUCHED_MAX + 1); seen <= records; seen++) {
        const item = touched[seen % TOUCHED_MAX];
        if (item === undefined) continue;
        const of = keys.get(item.table);
        if (of === undefined) keys.set(item.table, new Set([item.key]));
        else of.add(item.key);
      }
      return { cursor: records, keys };
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

/** Notes a new change; true where the event repeats one seen before: LSNs rise with every change of a key. */
function noteChange(entry: Entry, event: ChangeEvent): boolean {
  if (event.op === 'read' || event.lsn === undefined) return false;
  const before = entry.change;
  if (before !== undefined && event.lsn <= before.lsn) return true;
  const changes = before !== undefined && before.txn === event.txn ? before.changes + 1 : 1;
  entry.change = { lsn: event.lsn, changes, ...(event.txn === undefined ? {} : { txn: event.txn }) };
  return false;
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
    add(of: Version[], version: Version): void {
      const size = sizeOf(version);
      of.push(version);
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
