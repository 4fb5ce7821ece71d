import { type ConnectClient, connectClient, failureOf } from '#clients/connect.ts';
import type { LabConnector, LabConnectors, LabNode } from '#model/lab.ts';
import type { VariantSpec } from '#model/pipeline.ts';
import type { Service, Stack } from '#model/stack.ts';
import { databaseName } from '#pipelines/databases.ts';
import { sinkDatabase } from '#pipelines/open-variant.ts';
import { messageOf } from '#std/errors.ts';
import type { LabAddresses } from './state.ts';

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

/**
 * The connectors of both workers. A worker that does not answer is told as one that cannot be reached. `capturedLsn`: how
 * far the source connector has come, which its worker does not say.
 */
export async function labConnectors(stack: Stack, capturedLsn: string | undefined): Promise<LabConnectors> {
  const [source, sink] = await Promise.all([
    onWorker('source', 'connect', connectClient(stack.workers.source), capturedLsn),
    onWorker('sink', 'connect-sink', connectClient(stack.workers.sink)),
  ]);
  return { connectors: [...source, ...sink] };
}

/** Where everything of the lab's stack and pipeline answers. */
export function addressesOf(stack: Stack, variants: Readonly<Record<string, VariantSpec>>): LabAddresses {
  return {
    source: stack.source,
    sink: stack.sink,
    brokers: stack.brokers,
    ...(stack.registry === undefined ? {} : { registry: stack.registry.url }),
    sourceDatabase: databaseName(stack.source, LAB_PIPELINE),
    sinkDatabases: Object.fromEntries(
      Object.keys(variants).map((name) => [name, databaseName(stack.sink, sinkDatabase(LAB_PIPELINE, name))]),
    ),
  };
}

/** Where a node answers, of the lab's own addresses; empty for one that none leads to. */
function addressOf(stack: Stack, node: string): string {
  const { source, sink, brokers, workers, registry } = stack;
  const addresses: Readonly<Record<Service['kind'], (service: Service) => readonly string[]>> = {
    database: ({ name }) => [name === 'source' ? source : sink].map(({ host, port }) => `${host}:${port}`),
    brokers: () => brokers,
    workers: ({ name }) => Object.values(workers).find((group) => group.name === name)?.urls ?? [],
    registry: () => (registry === undefined ? [] : [registry.url]),
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
  const captured_lsn = capturedLsn ?? null;
  try {
    const names = await client.names();
    return await Promise.all(
      names.map(async (name): Promise<LabConnector> => {
        const status = await client.status(name);
        return {
          ...{ name, type, worker },
          state: status?.connector.state ?? 'UNKNOWN',
          tasks: (status?.tasks ?? []).map(({ id, state, trace }) => ({ id, state, trace: trace ?? null })),
          captured_lsn,
          error: status === undefined ? null : (failureOf(status)?.error ?? null),
        };
      }),
    );
  } catch (error) {
    const name = `(${worker})`;
    return [{ name, type, worker, state: 'UNREACHABLE', tasks: [], captured_lsn, error: messageOf(error) }];
  }
}
