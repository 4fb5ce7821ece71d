import { type Between, hopOf, type Network, type Peer, type Traffic, type Troubled } from '#model/network.ts';
import type { Carried } from './flow.ts';
import type { RelayCounts, RelayTrouble, Way } from './relay.ts';
import type { Relays } from './relays.ts';

/** A relay and whose connections it forwards: `client` connects, `server` listens. */
export interface Relayed {
  readonly relay: string;
  readonly client: Peer;
  readonly server: Peer;
}

/** The network that leads through these relays; why there is none between two peers, by their {@link HOPS}. */
export function openNetwork(
  thread: Relays,
  relays: readonly Relayed[],
  missing: ReadonlyMap<Between, string> = new Map(),
): Network {
  const between = ([a, b]: Between): readonly Relayed[] =>
    relays.filter(({ client, server }) => (client === a && server === b) || (client === b && server === a));
  /** Trouble by hop: at most one at a time. */
  const troubled = new Set<Between>();
  return {
    whyNot(pair) {
      const hop = hopOf(pair);
      if (hop === undefined) return `${pair[0]} and ${pair[1]} do not talk to each other`;
      if (between(pair).length > 0) return undefined;
      return missing.get(hop) ?? `no connection between ${pair[0]} and ${pair[1]} leads through the lab's proxy`;
    },
    async trouble(pair, trouble, oneWay = false) {
      const hop = hopOf(pair);
      const led = between(pair);
      if (hop === undefined || led.length === 0) throw new Error(`no relay between ${pair.join(' and ')}`);
      if (troubled.has(hop)) throw new Error(`the network between ${pair.join(' and ')} is in trouble already`);
      troubled.add(hop);
      const wayOf = (relayed: Relayed): Way | undefined => (oneWay ? wayFrom(pair, relayed) : undefined);
      const all = led.map((relayed) => ({ relay: relayed.relay, way: wayOf(relayed) }));
      const setAll = async (to: (way: Way | undefined) => RelayTrouble | undefined): Promise<RelayCounts[]> =>
        Promise.all(all.map(({ relay, way }) => thread.set(relay, to(way))));
      const sumUp = (counts: readonly RelayCounts[]): Traffic =>
        trafficOf(counts.map((each, index) => ({ ...each, way: all[index]?.way })));
      await setAll((way) => ({ trouble, way }));
      return troubledHop({
        heal: async () => {
          troubled.delete(hop);
          return sumUp(await setAll(() => undefined));
        },
        count: async () => sumUp(await Promise.all(all.map(({ relay }) => thread.count(relay)))),
      });
    },
  };
}

function troubledHop({ heal, count }: { heal(): Promise<Traffic>; count(): Promise<Traffic> }): Troubled {
  let healed: Promise<Traffic> | undefined;
  return {
    traffic: () => healed ?? count(),
    async since() {
      await healed;
      return count();
    },
    async heal() {
      healed ??= heal();
      await healed;
    },
  };
}

/** The way in which a relay forwards what flows from the first of two peers to the second. */
export function wayFrom([from, to]: Between, { client }: Pick<Relayed, 'client'>): Way | undefined {
  // Between brokers each is client and server: there is no direction in which one of them could be cut off.
  if (from === to) return undefined;
  return client === from ? 'up' : 'down';
}

type Counted = Pick<RelayCounts, 'accepted' | 'reset' | 'answered' | 'up' | 'down'> & { readonly way: Way | undefined };

/** What relays have counted together, of the directions that were troubled. */
export function trafficOf(counts: readonly Counted[]): Traffic {
  const carried = counts.flatMap(({ up, down, way }): Carried[] => [
    ...(way === 'down' ? [] : [up]),
    ...(way === 'up' ? [] : [down]),
  ]);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    passed: sum(carried.map(({ passed }) => passed)),
    stopped: sum(carried.map(({ stopped }) => stopped)),
    reset: sum(counts.map(({ reset }) => reset)),
    accepted: sum(counts.map(({ accepted }) => accepted)),
    answered: sum(counts.map(({ answered }) => answered)),
    delaysMs: carried.flatMap(({ delaysMs }) => delaysMs),
  };
}
