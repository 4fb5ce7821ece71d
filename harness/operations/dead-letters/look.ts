import { type Admin, logBounds } from '#clients/kafka.ts';
import { type PlacedRecord, readLog } from '#clients/read-log.ts';
import { compactedAfterMs } from '#clients/topics.ts';
import { type Offsets, splitPartition, type TopicPartition, topicPartition } from '#model/position.ts';
import { CLIENT_ID, withAdmin } from './brokers.ts';
import { headerText, type Place, placeIn } from './letter.ts';

/** On a replayed record: the record that it repeats, and the first one of all that were repeated so. */
export const REPLAY_OF = 'driftlab.replay.of';
export const REPLAY_FIRST = 'driftlab.replay.first';

/** What is looked for behind a record that failed. */
interface Wanted {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
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
  /** Records behind it have been removed by retention, or are not known: what they said is not known. */
  removed: boolean;
  /** Tombstones behind it may have been removed by compaction. */
  compacted: boolean;
}

export interface Look {
  readonly behind: readonly Behind[];
  /** How often a record has been replayed into a topic, by {@link replayName}. */
  readonly replays: ReadonlyMap<string, number>;
  /** Of the topics that were read. */
  readonly ends: Offsets;
}

interface Followed {
  readonly wanted: Wanted;
  readonly behind: Behind;
}

export interface LookOptions {
  readonly brokers: readonly string[];
  readonly wanted: readonly Wanted[];
  /** Topics that are read from their beginnings: a replay may be anywhere in them. */
  readonly whole: readonly string[];
  readonly now: number;
  readonly signal: AbortSignal;
}

/** Reads what came behind records in the topics that they are from, and what has been replayed into the targets. */
export async function look({ brokers, wanted, whole, now, signal }: LookOptions): Promise<Look> {
  const topics = [...new Set([...whole, ...wanted.map(({ first, home }) => first?.topic ?? home)])];
  const { starts, ends, compacted } = await withAdmin(brokers, async (admin) => ({
    ...(await logBounds(admin, topics, signal)),
    compacted: await compactedTopics(admin, topics),
  }));
  const followed = wanted.map((one) => ({ wanted: one, behind: begin(one, { starts, compacted, now }) }));
  const byKey = Map.groupBy(followed, ({ wanted: { key } }) => key?.toString('hex') ?? '');
  const replays = new Map<string, number>();
  await readLog({
    ...{ brokers, clientId: CLIENT_ID, signal, to: ends },
    from: fromWhere(followed, starts, whole),
    onRecord(record) {
      const repeats = headerText(record.headers, REPLAY_OF);
      const name = repeats === undefined ? undefined : replayName(record.topic, repeats);
      if (name !== undefined) replays.set(name, (replays.get(name) ?? 0) + 1);
      if (record.key !== null) for (const one of byKey.get(record.key.toString('hex')) ?? []) follow(one, record);
      return true;
    },
  });
  for (const { behind } of followed) if (behind.first === undefined) behind.removed = true;
  return { behind: followed.map(({ behind }) => behind), replays, ends };
}

async function compactedTopics(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = await Promise.all(topics.map(async (topic) => [topic, await compactedAfterMs(admin, topic)] as const));
  return new Map(found.flatMap(([topic, ms]) => (ms === undefined ? [] : [[topic, ms]])));
}

interface Bounds {
  readonly starts: Offsets;
  readonly compacted: ReadonlyMap<string, number>;
  readonly now: number;
}

function begin({ first, home, timestampMs }: Wanted, { starts, compacted, now }: Bounds): Behind {
  const afterMs = compacted.get(first?.topic ?? home);
  const old = afterMs !== undefined && now - timestampMs > afterMs;
  if (first === undefined) return { removed: false, compacted: old };
  const start = starts.get(topicPartition(first.topic, first.partition));
  return { first, removed: start === undefined || start > first.offset + 1n, compacted: old };
}

/** A topic's partitions from the first record on behind which something is looked for; a topic in which one is to be found, whole. */
function fromWhere(followed: readonly Followed[], starts: Offsets, whole: readonly string[]): Offsets {
  const from = new Map<TopicPartition, bigint>();
  const sought = new Set(followed.flatMap(({ wanted, behind }) => (behind.first === undefined ? [wanted.home] : [])));
  for (const [name, start] of starts) {
    const { topic } = splitPartition(name);
    if (sought.has(topic) || whole.includes(topic)) from.set(name, start);
  }
  for (const { behind } of followed) {
    if (behind.first === undefined) continue;
    const name = topicPartition(behind.first.topic, behind.first.partition);
    const start = starts.get(name) ?? 0n;
    const at = behind.first.offset + 1n > start ? behind.first.offset + 1n : start;
    const before = from.get(name);
    if (before === undefined || at < before) from.set(name, at);
  }
  return from;
}

/** Takes a record of the same key into account. */
function follow({ wanted, behind }: Followed, record: PlacedRecord): void {
  const { topic, partition, value } = record;
  const offset = BigInt(record.offset);
  const { first } = behind;
  if (wanted.first === undefined && topic === wanted.home && isSame(wanted, record)) {
    // The last of several that are the same in all: none of them is older than another.
    Object.assign(behind, { first: { topic, partition, offset } });
    delete behind.row;
    delete behind.tombstone;
    return;
  }
  if (first === undefined || topic !== first.topic || partition !== first.partition) return;
  // A replayed record is as old as the one that it repeats.
  const written = placeIn(headerText(record.headers, REPLAY_FIRST));
  const at = written?.topic === topic && written.partition === partition ? written.offset : offset;
  if (at > first.offset) behind[value === null ? 'tombstone' : 'row'] = offset;
}

function isSame({ value, timestampMs }: Wanted, record: PlacedRecord): boolean {
  if (Number(record.timestamp) !== timestampMs) return false;
  return value === null ? record.value === null : record.value !== null && value.equals(record.value);
}

/** Where a record was first written: as a replayed one says of itself, otherwise where it came from. */
export function firstPlace(headers: Parameters<typeof headerText>[0], origin: Place): Place {
  const first = placeIn(headerText(headers, REPLAY_FIRST));
  return first?.topic === origin.topic && first.partition === origin.partition ? first : origin;
}

/** A replay of the record at a place, in a topic. */
export function replayName(topic: string, repeats: string): string {
  return `${topic} ${repeats}`;
}
