import { type Admin, logBounds } from '#clients/kafka.ts';
import { readLog } from '#clients/read-log.ts';
import { compactedAfterMs } from '#clients/topics.ts';
import { type Offsets, splitPartition, type TopicPartition, topicPartition } from '#model/position.ts';
import { type Behind, beginBehind, noteBehind, REPLAY_OF, type Wanted } from './behind.ts';
import { CLIENT_ID, withAdmin } from './brokers.ts';
import { headerText } from './letter.ts';

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
  const followed = wanted.map((one) => {
    const start = one.first && starts.get(topicPartition(one.first.topic, one.first.partition));
    const compactedAfterMs = compacted.get(one.first?.topic ?? one.home);
    return { wanted: one, behind: beginBehind(one, { start, compactedAfterMs, now }) };
  });
  const byKey = Map.groupBy(followed, ({ wanted: { key } }) => key?.toString('hex') ?? '');
  const replays = new Map<string, number>();
  await readLog({
    ...{ brokers, clientId: CLIENT_ID, signal, to: ends },
    from: fromWhere(followed, starts, whole),
    onRecord(record) {
      const repeats = headerText(record.headers, REPLAY_OF);
      const name = repeats === undefined ? undefined : replayName(record.topic, repeats);
      if (name !== undefined) replays.set(name, (replays.get(name) ?? 0) + 1);
      if (record.key !== null)
        for (const one of byKey.get(record.key.toString('hex')) ?? []) noteBehind(one.wanted, one.behind, record);
      return true;
    },
  });
  return { behind: followed.map(({ behind }) => behind), replays, ends };
}

async function compactedTopics(admin: Admin, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = await Promise.all(topics.map(async (topic) => [topic, await compactedAfterMs(admin, topic)] as const));
  return new Map(found.flatMap(([topic, ms]) => (ms === undefined ? [] : [[topic, ms]])));
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

/** A replay of the record at a place, in a topic. */
export function replayName(topic: string, repeats: string): string {
  return `${topic} ${repeats}`;
}
