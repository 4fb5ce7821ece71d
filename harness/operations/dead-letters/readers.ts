import { AssignerProtocol } from 'kafkajs';
import type { Admin } from '#clients/kafka.ts';
import { commaList } from '#std/comma-list.ts';
import type { SinkErrors } from './queues.ts';

/** A consumer group that reads a topic. */
export interface Reader {
  readonly group: string;
  /** Consumers that are there now. */
  readonly members: number;
}

/** Of each topic the groups that have committed offsets in it, have consumers to which it is assigned, or are those of sinks that name it. */
export async function readersOf(
  admin: Admin,
  topics: readonly string[],
  sinks: readonly SinkErrors[],
): Promise<ReadonlyMap<string, readonly Reader[]>> {
  const { groups } = topics.length === 0 ? { groups: [] } : await admin.listGroups();
  const read = await Promise.all(
    groups
      .filter(({ protocolType }) => protocolType === 'consumer')
      .map(async ({ groupId }) => ({ groupId, ...(await topicsOf(admin, groupId, topics)) })),
  );
  return new Map(
    topics.map((topic) => {
      const groups = new Map(sinks.filter((sink) => names(sink, topic)).map(({ group }) => [group, 0]));
      for (const one of read) if (one.topics.has(topic)) groups.set(one.groupId, one.members);
      const readers = [...groups].map(([group, members]) => ({ group, members }));
      return [topic, readers.toSorted((a, b) => (a.group < b.group ? -1 : 1))];
    }),
  );
}

/** A sink that has failed before it committed anything has no group yet, and reads the topic all the same once it runs. */
function names({ config }: SinkErrors, topic: string): boolean {
  if (commaList(config.topics).includes(topic)) return true;
  try {
    return new RegExp(`^(?:${config['topics.regex'] ?? '(?!)'})$`).test(topic);
  } catch {
    // A pattern of Java's that JavaScript does not know.
    return false;
  }
}

async function topicsOf(admin: Admin, groupId: string, topics: readonly string[]) {
  const committed = await admin.fetchOffsets({ groupId, topics: [...topics] }).catch(() => []);
  // A group of a protocol that this client does not know has its offsets all the same.
  const described = await admin.describeGroups([groupId]).catch(() => ({ groups: [] }));
  const members = described.groups.flatMap((group) => group.members);
  const assigned = members.flatMap(({ memberAssignment }) =>
    Object.keys(
      memberAssignment.length === 0
        ? {}
        : (AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {}),
    ),
  );
  const known = committed
    .filter(({ partitions }) => partitions.some(({ offset }) => BigInt(offset) >= 0n))
    .map(({ topic }) => topic);
  return { topics: new Set([...known, ...assigned]), members: members.length };
}
