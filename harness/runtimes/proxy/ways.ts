import { type Between, hopOf, type Network, type Peer } from '#model/network.ts';
import type { Client, DatabaseServer } from '#model/stack.ts';
import { openNetwork, type Relayed } from './network.ts';
import { openRelays } from './relays.ts';

/** Those whose ways lead through relays: the lab's own never do, or nobody would see what becomes of a pipeline that is cut off. */
type Relayable = Exclude<Client, 'lab'>;

/** Whose connections a client's are. */
const PEER_OF: Readonly<Record<Relayable, Peer>> = { capture: 'connect', sinks: 'consumer', consumers: 'consumer' };

/** The ways of clients to servers, each through a relay of its own. */
export interface Ways extends AsyncDisposable {
  /**
   * A way from a client to a server that listens, or will listen, there: the port to connect to on the address that relays
   * listen on.
   */
  open(
    from: Relayable | 'brokers',
    to: Peer,
    target: { readonly host: string; readonly port: number },
  ): Promise<number>;
  /**
   * The same to a database server, which is given as that client is to see it. One that is reached with parameters is left
   * as it is, and that is told: its certificate may be for its own name alone.
   */
  toDatabase(from: Relayable, to: 'source' | 'sink', server: DatabaseServer): Promise<DatabaseServer>;
  readonly network: Network;
}

/** Relays that listen on this address. */
export function openWays(host = '127.0.0.1'): Ways {
  const relays = openRelays();
  const relayed: Relayed[] = [];
  const missing = new Map<Between, string>();
  const open: Ways['open'] = async (from, to, target) => {
    const client = from === 'brokers' ? 'broker' : PEER_OF[from];
    const relay = `${from}-${to}-${relayed.length + 1}`;
    relayed.push({ relay, client, server: to });
    return relays.open(relay, { listen: { host, port: 0 }, target });
  };
  return {
    open,
    async toDatabase(from, to, server) {
      if (server.parameters === undefined) return { ...server, host, port: await open(from, to, server) };
      const hop = hopOf([PEER_OF[from], to]);
      if (hop !== undefined)
        missing.set(
          hop,
          `the ${to} is reached with ${Object.keys(server.parameters).join(', ')} in its URL, so not by a proxy`,
        );
      return server;
    },
    network: openNetwork(relays, relayed, missing),
    [Symbol.asyncDispose]: () => relays[Symbol.asyncDispose](),
  };
}
