import type { EventRef } from '#model/finding.ts';
import type { VersionObservation } from '#model/observation.ts';
import { type Offsets, topicPartition } from '#model/position.ts';
import { type Key, keyOf } from '#model/values.ts';
import type { StoredChange } from './stored-changes.ts';

interface WrongVersion {
  readonly key: Key;
  readonly state: VersionObservation;
}

export interface VersionsOptions {
  /** The columns of the table's key. */
  readonly key: readonly string[];
  readonly lsnOf: (change: StoredChange) => bigint | undefined;
  /** The changes of a row that the log is known to have had. */
  readonly logged: (key: Key) => readonly EventRef[];
  /** What the consumer has applied. */
  readonly applied: Offsets;
  /** Rows whose last change is wrong already, as the comparison with the source has found: what they lack is said by it. */
  readonly differs: (key: Key) => boolean;
}

/** Objects that a finding names, at most. */
const OBJECTS_NAMED_MAX = 3;

interface Seen {
  readonly change: StoredChange;
  readonly key: Key;
  readonly objects: string[];
  copies: number;
}

/**
 * What is wrong with the changes of one table, given in the order in which a reader comes by them: those that are there again,
 * those behind a newer one of their row, and, of rows that objects have any change of, those that only the log has.
 */
export function* wrongVersions(changes: readonly StoredChange[], options: VersionsOptions): Generator<WrongVersion> {
  const { key, lsnOf, logged, applied, differs } = options;
  const places = new Map<string, Seen>();
  const truncates = new Set<string>();
  const newest = new Map<Key, StoredChange>();
  for (const change of changes) {
    // It is of no row, and the last change of many.
    if (change.op === 't') {
      truncates.add(placeOf(change));
      continue;
    }
    const again = places.get(placeOf(change));
    if (again !== undefined) {
      again.copies += 1;
      again.objects.push(change.object);
      continue;
    }
    const row = keyOf(key, change.row);
    places.set(placeOf(change), { change, key: row, objects: [change.object], copies: 1 });
    const before = newest.get(row);
    if (before === undefined || isNewer(change, before, lsnOf)) newest.set(row, change);
    else if (key.length > 0) yield { key: row, state: behind(change, before, lsnOf) };
  }
  for (const { change, key: row, copies, objects } of places.values()) {
    const named = [...new Set(objects)].slice(0, OBJECTS_NAMED_MAX);
    if (copies > 1)
      yield { key: row, state: { wrong: 'repeated', event: eventOf(change, lsnOf), copies, objects: named } };
  }
  if (key.length === 0) return;
  for (const row of newest.keys()) {
    if (differs(row)) continue;
    for (const event of logged(row)) {
      const passed = event.offset < (applied.get(topicPartition(event.topic, event.partition)) ?? 0n);
      const isThere = places.has(placeOf(event)) || truncates.has(placeOf(event));
      if (passed && !isThere) yield { key: row, state: { wrong: 'missing', event } };
    }
  }
}

/** Within a partition offsets say what is newer; between two of them, positions of the source's log. */
function isNewer(change: StoredChange, other: StoredChange, lsnOf: VersionsOptions['lsnOf']): boolean {
  if (change.topic === other.topic && change.partition === other.partition) return change.offset > other.offset;
  const [lsn, before] = [lsnOf(change), lsnOf(other)];
  return lsn === undefined || before === undefined || lsn >= before;
}

function behind(change: StoredChange, newer: StoredChange, lsnOf: VersionsOptions['lsnOf']): VersionObservation {
  const objects = [...new Set([newer.object, change.object])];
  return { wrong: 'behind', event: eventOf(change, lsnOf), newer: eventOf(newer, lsnOf), objects };
}

const OPS: Readonly<Record<string, string>> = { c: 'create', u: 'update', d: 'delete', r: 'read' };

function eventOf(change: StoredChange, lsnOf: VersionsOptions['lsnOf']): EventRef {
  const { topic, partition, offset, op } = change;
  const lsn = lsnOf(change);
  return { topic, partition, offset, op: OPS[op] ?? op, ...(lsn === undefined ? {} : { lsn }) };
}

function placeOf({ topic, partition, offset }: Pick<EventRef, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}/${partition}/${offset}`;
}
