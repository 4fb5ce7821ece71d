import type { TableId } from '#model/catalog.ts';
import { type ChangeEvent, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { EventRef } from '#model/finding.ts';
import { splitPartition, type TopicPartition, topicPartition } from '#model/position.ts';
import { createRowMap } from '#model/rows.ts';
import type { Key, Row, Text } from '#model/values.ts';
import type { KeyLog } from '#verify/judge/settled.ts';
import { createPackedReads, type PackedRead } from './packed-reads.ts';

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

interface Entry {
  last: EventRef;
  change?: { lsn: bigint; txn?: string; changes: number };
  /** A row is in one partition as long as their number does not change: a pair is less than a map. */
  offsets: [TopicPartition, bigint][];
  readonly versions: Version[];
  /** The count of records when the last of this key came. */
  seen: number;
}

interface RowLogOptions {
  readonly readsMax: number;
  readonly versionBytesMax: number;
}

/** Where an event stands, and how many records had been seen with it. */
interface Place {
  readonly ref: EventRef;
  readonly partition: TopicPartition;
  readonly seen: number;
}

/** The events of rows that a key names. */
export interface RowLog {
  /** Versions of some rows have been forgotten, for want of memory. */
  readonly forgetful: boolean;
  /** True where the event repeats one seen before. */
  add(event: ChangeEvent, key: Key, place: Place): boolean;
  /** The row that had this key has another now. */
  leave(event: ChangeEvent, key: Key, ref: EventRef, seen: number): void;
  truncate(table: TableId, ref: EventRef, seen: number): void;
  history(table: TableId, key: Key): KeyHistory | undefined;
  forget(table: TableId, key: Key): void;
}

export function createRowLog({ readsMax, versionBytesMax }: RowLogOptions): RowLog {
  const entries = createRowMap<Entry>();
  const truncates = new Map<TableId, { readonly ref: EventRef; readonly seen: number }>();
  const remembered = createRemembered(versionBytesMax);
  const packed = createPackedReads();
  let readInFull = 0;

  const entryOf = (table: TableId, key: Key, ref: EventRef, seen: number): Entry => {
    const known = entries.get(table, key);
    if (known !== undefined) return known;
    const read = packed.get(`${table} ${key}`);
    const offsets: Entry['offsets'] = read === undefined ? [] : [[read.partition, read.offset]];
    const made: Entry = { last: ref, offsets, versions: [], seen };
    entries.set(table, key, made);
    return made;
  };

  return {
    get forgetful() {
      return remembered.forgetful;
    },
    add(event, key, { ref, partition, seen }) {
      if (event.op === 'read' && entries.get(event.table, key) === undefined && ++readInFull > readsMax) {
        packed.set(`${event.table} ${key}`, { partition, offset: event.offset, seen });
        return false;
      }
      const entry = entryOf(event.table, key, ref, seen);
      const repeats = noteChange(entry, event);
      entry.seen = seen;
      place(entry, versionOf(event, ref, entry, repeats), remembered);
      return repeats;
    },
    leave(event, key, ref, seen) {
      const gone = { ...ref, op: 'delete' };
      const entry = entryOf(event.table, key, gone, seen);
      noteChange(entry, event);
      place(entry, { ref: gone }, remembered);
      entry.seen = seen;
    },
    truncate(table, ref, seen) {
      truncates.set(table, { ref, seen });
    },
    history(table, key) {
      const entry = entries.get(table, key) ?? entryOfRead(packed.get(`${table} ${key}`));
      const truncate = truncates.get(table);
      if (entry === undefined || truncate === undefined || !isAfter(truncate, entry)) return entry;
      // What was deleted before was not in the table any more: its delete stays the last word on it.
      if (entry.last.op === 'delete') return entry;
      return truncated(entry, truncate.ref);
    },
    forget(table, key) {
      entries.delete(table, key);
      packed.delete(`${table} ${key}`);
    },
  };
}

/** The row as an event leaves it. */
function versionOf({ after }: ChangeEvent, ref: EventRef, { versions }: Entry, repeats: boolean): Version {
  const row = after === undefined ? undefined : knownRow(after, versions.at(-1)?.row ?? {}, repeats);
  const unchanged = unchangedIn(after);
  return { ref, ...(row === undefined ? {} : { row }), ...(unchanged.length === 0 ? {} : { unchanged }) };
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
