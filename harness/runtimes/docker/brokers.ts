import type { Client, NodeName } from '#model/stack.ts';
import { type BrokerPlace, brokerProperties } from '../embedded/broker-node.ts';
import type { Ways } from '../proxy/ways.ts';

const HOST = '127.0.0.1';

/** The listeners of a broker, by their ports in its container. Those from CAPTURE on are led to by relays. */
const LISTENERS = {
  LAB: 9092,
  INSIDE: 19_092,
  CAPTURE: 9094,
  SINKS: 9095,
  CONSUMERS: 9096,
  REPLICATION: 9097,
} as const;
type ListenerName = keyof typeof LISTENERS;
const CONTROLLER = 19_093;

/** Clients that come by relays of their own, and their listeners. */
const RELAYED = { capture: 'CAPTURE', sinks: 'SINKS', consumers: 'CONSUMERS' } as const satisfies Readonly<
  Record<Exclude<Client, 'lab'>, ListenerName>
>;

export interface ContainerPort {
  readonly host: number;
  readonly container: number;
}

/** A broker of the cluster and where it is reached, each address as `host:port`. */
export interface BrokerContainer {
  readonly name: NodeName;
  /** Its number in the cluster. */
  readonly id: number;
  /** The port of 127.0.0.1 at which the lab reaches it. */
  readonly port: number;
  readonly ports: readonly ContainerPort[];
  readonly listeners: Readonly<Partial<Record<ListenerName, string>>> & {
    readonly LAB: string;
    readonly INSIDE: string;
  };
  readonly controller: string;
}

/** What `portOf` is asked for beside the brokers themselves, where clients come by relays: `broker/CAPTURE`. */
export function relayedPorts(names: readonly NodeName[]): string[] {
  const among = names.length > 1 ? ['REPLICATION', 'CONTROLLER'] : [];
  return names.flatMap((name) => [...Object.values(RELAYED), ...among].map((listener) => `${name}/${listener}`));
}

/**
 * Where so many brokers listen: for the lab at a port of 127.0.0.1, for other containers by their names. With ways there is a
 * listener for each other client, which has its clients come by that client's own relay, at `relays`; several brokers then reach
 * each other by relays as well.
 */
export async function placeBrokers(
  names: readonly NodeName[],
  portOf: (key: string) => number,
  led: { readonly ways: Ways; readonly relays: string } | undefined,
): Promise<BrokerContainer[]> {
  const cluster: BrokerContainer[] = [];
  for (const [index, name] of names.entries()) {
    const port = portOf(name);
    const ports = [{ host: port, container: LISTENERS.LAB as number }];
    const listeners: Record<string, string> = { LAB: `${HOST}:${port}`, INSIDE: `${name}:${LISTENERS.INSIDE}` };
    const relayed = async (from: Parameters<Ways['open']>[0], listener: string, container: number) => {
      const host = portOf(`${name}/${listener}`);
      ports.push({ host, container });
      return `${led?.relays}:${await led?.ways.open(from, 'broker', { host: HOST, port: host })}`;
    };
    let controller = `${name}:${CONTROLLER}`;
    if (led !== undefined) {
      for (const client of ['capture', 'sinks', 'consumers'] as const)
        listeners[RELAYED[client]] = await relayed(client, RELAYED[client], LISTENERS[RELAYED[client]]);
      if (names.length > 1) {
        listeners.REPLICATION = await relayed('brokers', 'REPLICATION', LISTENERS.REPLICATION);
        controller = await relayed('brokers', 'CONTROLLER', CONTROLLER);
      }
    }
    cluster.push({
      name,
      id: index + 1,
      port,
      ports,
      listeners: listeners as BrokerContainer['listeners'],
      controller,
    });
  }
  return cluster;
}

/** `host:port` of each broker, as a client reaches it. Sink connectors and the source's are in containers themselves. */
export function brokersSeen(cluster: readonly BrokerContainer[], by: Client): readonly string[] {
  return cluster.map(({ listeners }) => {
    if (by === 'lab') return listeners.LAB;
    return listeners[RELAYED[by]] ?? (by === 'consumers' ? listeners.LAB : listeners.INSIDE);
  });
}

export function brokerConfig(
  { id, listeners, controller }: BrokerContainer,
  cluster: readonly BrokerContainer[],
): Readonly<Record<string, string | number | boolean>> {
  const place = (number: number): BrokerPlace => ({
    id: number,
    listeners: [{ name: 'LAB', port: LISTENERS.LAB }],
    controller: { name: 'CONTROLLER', port: CONTROLLER },
  });
  const names = Object.keys(listeners) as ListenerName[];
  const all = [...names.map((name) => [name, LISTENERS[name]] as const), ['CONTROLLER', CONTROLLER] as const];
  const advertised = Object.entries(listeners).map(([name, address]) => `${name}://${address}`);
  return {
    ...brokerProperties(
      place(id),
      cluster.map((one) => place(one.id)),
    ),
    'controller.quorum.voters': cluster.map((one) => `${one.id}@${one.controller}`).join(','),
    listeners: all.map(([name, port]) => `${name}://0.0.0.0:${port}`).join(','),
    // A controller is found by the list of voters; what it advertises has to agree where that is a relay.
    'advertised.listeners': [...advertised, `CONTROLLER://${controller}`].join(','),
    'listener.security.protocol.map': all.map(([name]) => `${name}:PLAINTEXT`).join(','),
    'inter.broker.listener.name': listeners.REPLICATION === undefined ? 'INSIDE' : 'REPLICATION',
  };
}
