import { networkCut } from '#faults/network-cut.ts';
import { networkSlow } from '#faults/network-slow.ts';
import type { Fault } from '#model/fault.ts';
import { type Between, HOPS, hopOf, REGISTRY_HOPS } from '#model/network.ts';
import { OperatorError } from '#std/errors.ts';
import type { NetworkFaultEntry } from './fault-schema.ts';

/** How much later everything arrives, where nobody says how slow the network is to be. */
const LATENCY_MS = 100;

/** How a fault is brought about, and what happens, in words. */
export interface Mechanism {
  readonly title: string;
  readonly fault: Fault;
}

function betweenOf({ fault, between, one_way: oneWay }: NetworkFaultEntry, at: (parameter: string) => string): Between {
  if (between !== undefined && hopOf(between) !== undefined) {
    if (between[0] !== between[1] || oneWay !== true) return between;
    throw new OperatorError({
      code: 'fault-parameter',
      message: `${at('one_way')}: ${fault} between brokers has no direction: each of them is first and second`,
      expected: 'one_way only between two that differ',
      found: `between: [${between.join(', ')}]`,
      hint: 'remove one_way',
    });
  }
  const pairs = [...HOPS, ...REGISTRY_HOPS].map((hop) => `[${hop.join(', ')}]`);
  throw new OperatorError({
    code: 'fault-parameter',
    message:
      between === undefined
        ? `${at('fault')}: ${fault} does not say between which two`
        : `${at('between')}: ${between.join(' and ')} do not talk to each other`,
    expected: `between: one of ${pairs.join(', ')}, in either order`,
    found: between === undefined ? fault : `between: [${between.join(', ')}]`,
    hint: `write { fault: ${fault}, between: ${pairs[2]} }`,
  });
}

/** A fault of the network; throws an OperatorError (`fault-parameter`) where it is not said between which two that talk. */
export function networkFault(entry: NetworkFaultEntry, at: (parameter: string) => string): Mechanism {
  const { fault, one_way: oneWay, reset, jitter_ms: jitterMs, bytes_per_second: bytesPerSecond } = entry;
  const between = betweenOf(entry, at);
  const [from, to] = between;
  const where = oneWay === true ? `from ${from} to ${to}` : `between ${from} and ${to}`;
  switch (fault) {
    case 'network-cut':
      return {
        title: reset === true ? `Every connection ${where} is reset` : `The network ${where} is cut`,
        fault: networkCut({ between, oneWay, how: reset === true ? 'reset' : 'hold' }),
      };
    case 'network-slow': {
      // A line that is narrow alone delays nothing else.
      const latencyMs = entry.latency_ms ?? (bytesPerSecond === undefined ? LATENCY_MS : 0);
      return {
        title: `The network ${where} is slow`,
        fault: networkSlow({ between, oneWay, latencyMs, jitterMs, bytesPerSecond }),
      };
    }
  }
}
