import { type ConnectClient, connectClient, failureOf } from '#clients/connect.ts';
import type { LabConnector, LabConnectors, LabNode } from '#contracts/lab-stack.ts';
import type { Node, Service, Stack } from '#model/stack.ts';
import { nodeExited } from '#runtimes/node-exit.ts';
import { messageOf } from '#std/errors.ts';

/** The name of the lab's pipeline: of its databases, topics, slot, connectors and groups. */
export const LAB_PIPELINE = 'lab';

/** The stack's nodes as they are now. */
export function labNodes(
  stack: Stack,
  versions: Readonly<Record<string, string>>,
  restarts: ReadonlyMap<string, number>,
): LabNode[] {
  return [...stack.nodes.values()].map((node) => ({
    name: node.name,
    state: node.state,
    healthy: node.state === 'running',
    pid: node.pid ?? null,
    address: addressOf(stack, node.name),
    version: versions[node.name] ?? '',
    log: node.log,
    restarts: restarts.get(node.name) ?? 0,
  }));
}

/** Of the nodes that do not run, what each is and where its log is. */
export function nodesDown(nodes: Iterable<Node>): string[] {
  return [...nodes].flatMap((node) => {
    if (node.state === 'running') return [];
    const what = node.state === 'failed' ? nodeExited(node).message : `${node.name} is ${node.state}`;
    return [`${what}; its log: ${node.log}`];
  });
}

/**
 * The connectors of both workers. A worker that does not answer is told as one that cannot be reached. `capturedLsn`: how
 * far the lab's own source connector has come, which its worker does not say.
 */
export async function labConnectors(stack: Stack, capturedLsn: string | undefined): Promise<LabConnectors> {
  const [source, sink] = await Promise.all([
    onWorker('source', 'connect', connectClient(stack.workers.source), capturedLsn),
    onWorker('sink', 'connect-sink', connectClient(stack.workers.sink)),
  ]);
  return { connectors: [...source, ...sink] };
}

/** Where a node answers, of the lab's own addresses; empty for one that none leads to. */
function addressOf(stack: Stack, node: string): string {
  const { source, sink, brokers, workers, registry, objects } = stack;
  const addresses: Readonly<Record<Service['kind'], (service: Service) => readonly string[]>> = {
    database: ({ name }) => [name === 'source' ? source : sink].map(({ host, port }) => `${host}:${port}`),
    brokers: () => brokers,
    workers: ({ name }) => Object.values(workers).find((group) => group.name === name)?.urls ?? [],
    registry: () => (registry === undefined ? [] : [registry.url]),
    objects: () => (objects === undefined ? [] : [objects.endpoint]),
  };
  const service = stack.services.find(({ nodes }) => nodes.includes(node));
  return service === undefined ? '' : (addresses[service.kind](service)[service.nodes.indexOf(node)] ?? '');
}

async function onWorker(
  type: LabConnector['type'],
  worker: string,
  client: ConnectClient,
  capturedLsn?: string,
): Promise<LabConnector[]> {
  try {
    const names = await client.names();
    // The lab's own first: whoever looks for its source connector takes the first one.
    const inOrder = names.toSorted((a, b) => Number(b === LAB_PIPELINE) - Number(a === LAB_PIPELINE));
    return await Promise.all(
      inOrder.map(async (name): Promise<LabConnector> => {
        const status = await client.status(name);
        return {
          ...{ name, type, worker },
          state: status?.connector.state ?? 'UNKNOWN',
          tasks: (status?.tasks ?? []).map(({ id, state, trace }) => ({ id, state, trace: trace ?? null })),
          captured_lsn: name === LAB_PIPELINE ? (capturedLsn ?? null) : null,
          error: status === undefined ? null : (failureOf(status)?.error ?? null),
        };
      }),
    );
  } catch (error) {
    const name = `(${worker})`;
    return [{ name, type, worker, state: 'UNREACHABLE', tasks: [], captured_lsn: null, error: messageOf(error) }];
  }
}
