import { type Client, type NodeName, nodeNames } from '#model/stack.ts';
import { freePorts } from '#std/free-port.ts';
import type { Ways } from '../proxy/ways.ts';
import type { BrokerPlace, Listener } from './broker-node.ts';

const HOST = '127.0.0.1';

/** All but the lab, which is never led through a relay. */
const OTHERS = ['capture', 'sinks', 'consumers'] as const satisfies readonly Client[];

export interface BrokersPlan {
  readonly names: readonly NodeName[];
  readonly cluster: readonly BrokerPlace[];
  /** `host:port` of each, as each client reaches it. */
  readonly addresses: Readonly<Record<Client, readonly string[]>>;
}

/**
 * Where so many brokers listen. With ways there is a listener for each client, which has its clients come by that client's own
 * relay: a client uses the address that it is told, not the one it began with. Brokers among themselves then have relays as well.
 */
export async function placeBrokers(
  count: number | undefined,
  ways: Ways | undefined,
  taken: Set<number>,
): Promise<BrokersPlan> {
  const names = nodeNames('broker', count);
  const seen: Record<Client, string[]> = { lab: [], capture: [], sinks: [], consumers: [] };
  const listen = async (name: string, from?: Parameters<Ways['open']>[0]): Promise<Listener> => {
    const [port] = await freePorts(1, taken);
    const advertised = from === undefined ? undefined : await ways?.open(from, 'broker', { host: HOST, port });
    return { name, port, advertised };
  };
  const cluster: BrokerPlace[] = [];
  for (const index of names.keys()) {
    const lab = await listen('LAB');
    const listeners: [Listener, ...Listener[]] = [lab];
    for (const client of ways === undefined ? [] : OTHERS) listeners.push(await listen(client.toUpperCase(), client));
    for (const client of ['lab', ...OTHERS] as const) {
      const { port, advertised = port } = listeners.find(({ name }) => name === client.toUpperCase()) ?? lab;
      seen[client].push(`${HOST}:${advertised}`);
    }
    const among = names.length > 1 && ways !== undefined ? 'brokers' : undefined;
    const controller = await listen('CONTROLLER', among);
    const replication = among === undefined ? undefined : await listen('REPLICATION', among);
    cluster.push({ id: index + 1, listeners, controller, replication });
  }
  return { names, cluster, addresses: seen };
}
