import { kafkaClient } from './kafka.ts';
import { askRaw, rawRequest, text } from './raw-request.ts';

export interface Membership {
  readonly groupId: string;
  readonly memberId: string;
  readonly clientId: string;
}

/** API key and version of a request that takes one member, whoever it is, out of a group; kafkajs sends it for itself alone. */
const LEAVE_GROUP = { key: 13, version: 1 } as const;
const LIMIT_MS = 10_000;

/**
 * Takes members out of their groups that cannot leave by themselves any more because their process was killed: until the
 * group has missed them for a whole session, nobody else gets their work. `gone` says which they are. Best effort: whom
 * it does not reach the session's end does.
 */
export async function leaveGroups(
  brokers: readonly string[],
  gone: (member: Membership, protocol: string) => boolean,
): Promise<readonly Membership[]> {
  const admin = kafkaClient(brokers, 'driftlab-members').admin();
  try {
    await admin.connect();
    const { groups } = await admin.listGroups();
    // One by one: a group of a protocol that this client does not know must not hide the others.
    const described = await Promise.allSettled(groups.map(({ groupId }) => admin.describeGroups([groupId])));
    const left = described
      .flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.groups : []))
      .flatMap(({ groupId, protocolType, members }) =>
        members
          .map(({ memberId, clientId }) => ({ groupId, memberId, clientId }))
          .filter((member) => gone(member, protocolType)),
      );
    // Only the group's coordinator heeds it. Which that is the others say, and do nothing.
    for (const member of left) await Promise.allSettled(brokers.map((broker) => leave(broker, member)));
    return left;
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

/** Any answer will do: a member that is not known any more is out of the group as well. */
async function leave(broker: string, { groupId, memberId }: Membership): Promise<void> {
  await askRaw(broker, leaveRequest(groupId, memberId), LIMIT_MS);
}

export function leaveRequest(groupId: string, memberId: string): Buffer {
  return rawRequest(LEAVE_GROUP, [text(groupId), text(memberId)]);
}
