import type { ConnectClient, ConnectorStatus } from '#clients/connect.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';

/** How long a connector may take to reach a state that it was asked for. */
export const STATE_LIMIT_MS = 120_000;

/** A connector of a Connect cluster, and how it is. */
export interface ConnectorState {
  readonly name: string;
  readonly type: ConnectorStatus['type'];
  /** Its class, as its configuration names it. */
  readonly class: string;
  readonly state: string;
  readonly worker: string;
  readonly tasks: readonly {
    readonly id: number;
    readonly state: string;
    readonly worker: string;
    /** Of one that failed, whole. */
    readonly trace?: string;
  }[];
  /** Of a connector that failed itself, whole. */
  readonly trace?: string;
}

/** The connectors of these groups of workers, by their names. */
export async function listConnectors(
  groups: readonly ConnectClient[],
  signal: AbortSignal,
): Promise<readonly ConnectorState[]> {
  const states = await Promise.all(
    groups.map(async (client) => {
      const names = await client.names(signal);
      return Promise.all(names.map((name) => stateOf(client, name, signal)));
    }),
  );
  // One may be deleted while it is asked.
  return states
    .flat()
    .filter((state) => state !== undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The group of workers at which a connector is. Throws an OperatorError (`no-connector`) where none of them has one of this name. */
export async function groupWith(
  groups: readonly ConnectClient[],
  name: string,
  signal: AbortSignal,
): Promise<ConnectClient> {
  const names = await Promise.all(groups.map((client) => client.names(signal)));
  return groups.find((_, at) => names[at]?.includes(name)) ?? noConnector(name, names.flat());
}

/** How one connector is. Throws an OperatorError (`no-connector`) where there is none of this name. */
export async function connectorState(
  client: ConnectClient,
  name: string,
  signal: AbortSignal,
): Promise<ConnectorState> {
  return (await stateOf(client, name, signal)) ?? noConnector(name, await client.names(signal));
}

/** Its configuration. Throws an OperatorError (`no-connector`) where there is none of this name. */
export async function connectorConfig(
  client: ConnectClient,
  name: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  return (await client.config(name, signal)) ?? noConnector(name, await client.names(signal));
}

async function stateOf(client: ConnectClient, name: string, signal: AbortSignal): Promise<ConnectorState | undefined> {
  const [status, config] = await Promise.all([client.status(name, signal), client.config(name, signal)]);
  if (status === undefined || config === undefined) return undefined;
  const { connector, tasks, type } = status;
  return {
    ...{ name, type, class: config['connector.class'] ?? '', state: connector.state, worker: connector.worker_id },
    ...(connector.trace === undefined ? {} : { trace: connector.trace }),
    tasks: tasks.map(({ id, state, worker_id: worker, trace }) => ({
      ...{ id, state, worker, ...(trace === undefined ? {} : { trace }) },
    })),
  };
}

function noConnector(name: string, there: readonly string[]): never {
  const names = there.toSorted();
  const near = nearest(name, names);
  throw new OperatorError({
    code: 'no-connector',
    message: `there is no connector ${JSON.stringify(name)}`,
    expected: names.length === 0 ? 'a connector: the cluster has none' : `one of ${names.join(', ')}`,
    found: name,
    ...(near.length === 0 ? {} : { hint: `did you mean ${near.join(' or ')}?` }),
    exit: 1,
  });
}

/** Ends the tasks until it is resumed; they keep what they hold. */
export async function pauseConnector(client: ConnectClient, name: string, signal: AbortSignal): Promise<void> {
  await connectorState(client, name, signal);
  await client.change(name, 'pause', signal);
  await client.awaitState(name, 'PAUSED', { limitMs: STATE_LIMIT_MS, signal });
}

/** Ends the tasks, frees what they hold, and commits where they are. Resolves when there are none any more. */
export async function stopConnector(client: ConnectClient, name: string, signal: AbortSignal): Promise<void> {
  await connectorState(client, name, signal);
  await client.stop(name, { limitMs: STATE_LIMIT_MS, signal });
}

/** Has a connector that was paused or stopped run. Throws with its trace where it fails. */
export async function resumeConnector(client: ConnectClient, name: string, signal: AbortSignal): Promise<void> {
  await connectorState(client, name, signal);
  await client.change(name, 'resume', signal);
  await client.awaitState(name, 'RUNNING', { limitMs: STATE_LIMIT_MS, signal });
}

/**
 * Has a connector, or one task of it, begin anew. Throws an OperatorError where it fails again (its trace is `found`), where it is
 * paused or stopped (`not-running`), or has no such task (`no-task`).
 */
export async function restartConnector(
  client: ConnectClient,
  name: string,
  { task, signal }: { readonly task: number | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const { state, tasks } = await connectorState(client, name, signal);
  if (state === 'PAUSED' || state === 'STOPPED')
    throw new OperatorError({
      code: 'not-running',
      message: `${name} is ${state}, and a restart leaves it so`,
      expected: 'a connector that runs, or has failed',
      found: state,
      hint: `driftlab connectors resume ${name}`,
      exit: 1,
    });
  if (task !== undefined && tasks.every(({ id }) => id !== task))
    throw new OperatorError({
      code: 'no-task',
      message: `${name} has no task ${task}`,
      expected: tasks.length === 0 ? 'a connector that has tasks' : `one of ${tasks.map(({ id }) => id).join(', ')}`,
      found: String(task),
      exit: 1,
    });
  // A task that has failed stays in its status until it is gone: stopping says when that is.
  if (task === undefined) await client.restartFailed(name, { limitMs: STATE_LIMIT_MS, signal });
  else await client.restartTask(name, task, { limitMs: STATE_LIMIT_MS, signal });
}

/** Deletes a connector. What it keeps elsewhere stays: topics, a consumer group, a replication slot. */
export async function deleteConnector(client: ConnectClient, name: string, signal: AbortSignal): Promise<void> {
  await connectorState(client, name, signal);
  await client.delete(name, signal);
}
