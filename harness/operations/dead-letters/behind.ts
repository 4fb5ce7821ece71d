import type { PlacedRecord } from '#clients/read-log.ts';
import { type DeadLetter, headerText, type Place, placeIn } from './letter.ts';

/** On a replayed record: the record that it repeats, and the first one of all that were repeated so. */
export const REPLAY_OF = 'driftlab.replay.of';
export const REPLAY_FIRST = 'driftlab.replay.first';

/** What is looked for behind a record that failed. */
export interface Wanted extends Pick<DeadLetter, 'key' | 'value' | 'timestampMs'> {
  /** Where the record was first written; undefined where that is to be found, in `home`. */
  readonly first?: Place | undefined;
  readonly home: string;
}

/** What the log has behind one record. */
export interface Behind {
  /** Where the record was first written, as it was known or found. */
  first?: Place;
  /** The latest record of its key that was written for a later change: one with a value, and one without. */
  row?: bigint;
  tombstone?: bigint;
  /** Retention has removed records behind it. */
  removed: boolean;
  /** Compaction may have removed tombstones behind it. */
  compacted: boolean;
}

/** What is known of a topic before it is read. */
export interface Home {
  /** The first offset that the record's partition has; undefined where there is no such partition. */
  readonly start: bigint | undefined;
  /** How long it keeps tombstones, where it is compacted, in ms. */
  readonly compactedAfterMs: number | undefined;
  readonly now: number;
}

/** Before anything was read. */
export function beginBehind({ first, timestampMs }: Wanted, { start, compactedAfterMs, now }: Home): Behind {
  const compacted = compactedAfterMs !== undefined && now - timestampMs > compactedAfterMs;
  if (first === undefined) return { removed: false, compacted };
  return { first, removed: start === undefined || start > first.offset + 1n, compacted };
}

/** Takes a record of the same key into account, in its partition's order. */
export function noteBehind(wanted: Wanted, behind: Behind, record: PlacedRecord): void {
  const { topic, partition, value } = record;
  const offset = BigInt(record.offset);
  if (wanted.first === undefined && topic === wanted.home && isSame(wanted, record)) {
    // The last of several that are the same in all: none of them is older than another.
    behind.first = { topic, partition, offset };
    delete behind.row;
    delete behind.tombstone;
    return;
  }
  const { first } = behind;
  if (first === undefined || topic !== first.topic || partition !== first.partition) return;
  // A replayed record is as old as the one that it repeats.
  const written = firstPlace(record.headers, { topic, partition, offset });
  if (written.offset > first.offset) behind[value === null ? 'tombstone' : 'row'] = offset;
}

function isSame({ value, timestampMs }: Wanted, record: PlacedRecord): boolean {
  if (Number(record.timestamp) !== timestampMs) return false;
  return value === null ? record.value === null : record.value !== null && value.equals(record.value);
}

/** Where a record was first written: as a replayed one says of itself, otherwise where it is. */
export function firstPlace(headers: Parameters<typeof headerText>[0], place: Place): Place {
  const first = placeIn(headerText(headers, REPLAY_FIRST));
  return first?.topic === place.topic && first.partition === place.partition ? first : place;
}

/** Why a replay of a record may overwrite what the sink has got since. */
export type Stale =
  /** A later record of its key is in its original topic. */
  | 'superseded'
  /** What came behind it is gone from there, or where it was is not known. */
  | 'not-known';

/** Whether a record is older than what its topic has of its key; `later` is the offset of that. */
export function staleness(
  { key, deletes }: { readonly key: Buffer | null; readonly deletes: boolean },
  { first, row, tombstone, removed, compacted }: Behind,
): { readonly leftOut?: Stale; readonly later?: bigint } {
  // The tombstone that follows a delete says nothing new; that of a row which has changed does.
  const later = row ?? (deletes ? undefined : tombstone);
  if (later !== undefined) return { leftOut: 'superseded', later };
  // Without a key no record takes another one's place.
  if (key === null) return {};
  return first === undefined || removed || (compacted && !deletes) ? { leftOut: 'not-known' } : {};
}
