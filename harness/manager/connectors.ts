import type { ConnectClient } from '#clients/connect.ts';
import { kafkaClient } from '#clients/kafka.ts';
import { leaveGroups } from '#clients/leave-groups.ts';
import type { End } from '#model/stack.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import type { Here } from './here.ts';
import { isLab } from './lab-names.ts';
import { labConnect, labServers } from './lab-servers.ts';
import type { CdcServers } from './pipeline.ts';
import { connectOf } from './servers.ts';
import { type Told, toldServers } from './told-servers.ts';

const STOPPED_LIMIT_MS = 60_000;

/** The servers of a pipeline's connectors, as they are asked. */
export interface CdcConnectors {
  readonly source: ConnectClient;
  readonly sink: ConnectClient;
  readonly brokers: readonly string[];
  readonly secrets: readonly string[];
  /** What the connectors themselves are told of the servers. */
  readonly told: Told;
}

export function openConnectors(cdc: CdcServers, here: Here): CdcConnectors {
  const { connect, sinkConnect, brokers } = cdc;
  const [source, sink] = [workersOf('source', connect, here), workersOf('sink', sinkConnect, here)];
  const known = brokersOf(brokers, here);
  return {
    ...{ source: source.client, sink: sink.client, brokers: known },
    told: toldServers({ ...cdc, brokers: known }, here),
    secrets: [...source.secrets, ...sink.secrets],
  };
}

/** A group of workers by their addresses, or by the name of the lab. */
export function workersOf(
  end: End,
  addresses: readonly string[],
  here: Here,
): Omit<ReturnType<typeof connectOf>, 'urls'> {
  return isLab(addresses) ? labConnect(end, here) : connectOf(addresses, here);
}

export function brokersOf(brokers: readonly string[], here: Here): readonly string[] {
  return isLab(brokers) ? labServers(here).brokers : brokers;
}

export function connectorNames(mark: string): { readonly source: string; readonly sink: string } {
  return { source: `${mark}_source`, sink: `${mark}_sink` };
}

/** The group as which changes are read that go into objects. */
export function objectsGroup(mark: string): string {
  return `${mark}_objects`;
}

/** The group as which the built-in applier reads changes, under which it also keeps its positions at the target. */
export function applierGroup(mark: string): string {
  return `${mark}_applier`;
}

/** What a Connect worker answers. Throws an OperatorError (`no-connect`) where none does. */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof OperatorError || (error as Error).name === 'AbortError') throw error;
    throw new OperatorError({
      code: 'no-connect',
      message: 'Kafka Connect does not answer',
      expected: 'the REST interface of one of its workers',
      found: messageOf(error) || (error as { readonly code?: string }).code || 'no answer',
      hint: 'check --connect, and that the workers run',
      cause: error,
      exit: 1,
    });
  }
}

/** Ends both connectors' tasks and keeps where they were; harmless where there are none. */
export async function stopConnectors(
  { source, sink }: CdcConnectors,
  mark: string,
  signal: AbortSignal,
): Promise<void> {
  const names = connectorNames(mark);
  for (const [connect, name] of [[sink, names.sink] as const, [source, names.source] as const]) {
    if ((await answered(connect.status(name, signal))) === undefined) continue;
    await connect.stop(name, { limitMs: STOPPED_LIMIT_MS, signal });
  }
}

/** Removes the connectors, the sink's consumer group and the topics of a mark, and nothing else. */
export async function removeConnectors(cdc: CdcConnectors, mark: string, signal: AbortSignal): Promise<void> {
  await stopConnectors(cdc, mark, signal);
  const names = connectorNames(mark);
  for (const [connect, name] of [[cdc.sink, names.sink] as const, [cdc.source, names.source] as const])
    if ((await connect.status(name, signal)) !== undefined) await connect.delete(name, signal);
  const admin = kafkaClient(cdc.brokers, 'driftlab pipeline').admin();
  try {
    await admin.connect();
    const carried = [objectsGroup(mark), applierGroup(mark)];
    const ours = [`connect-${names.sink}`, ...carried];
    // A manager that was killed is a member for a while yet, and a group with members is not deleted.
    await leaveGroups(cdc.brokers, ({ groupId }) => carried.includes(groupId));
    const { groups } = await admin.listGroups();
    const there = groups.map(({ groupId }) => groupId).filter((group) => ours.includes(group));
    if (there.length > 0) await admin.deleteGroups(there);
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${mark}.`));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
