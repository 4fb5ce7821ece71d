import type { End } from '#model/stack.ts';
import type { Here } from './here.ts';
import { isLab, isLabPlace } from './lab-names.ts';
import { labServers, placeAt } from './lab-servers.ts';
import type { CdcServers } from './pipeline.ts';
import { type Place, placeOf } from './servers.ts';

const END = { source: 'source', target: 'sink' } as const satisfies Readonly<Record<string, End>>;

/** What connectors are told of the servers that they use. */
export interface Told {
  /** One side's database: its address in the definition, and the URL that this stands for where a manager works. */
  place(side: keyof typeof END, address: string, url: string): Place;
  readonly brokers: readonly string[];
}

/** A place whose password, if it has one, the workers get by a reference of their own. */
function referring({ server, database }: Place, password: string | undefined): Place {
  return { server: password === undefined ? server : { ...server, password }, database };
}

/**
 * The lab's workers reach the lab's servers by addresses of their own, on which its network can be troubled, and resolve the
 * passwords themselves. Whatever else there is they are told as it is, with the references that were given for passwords.
 */
export function toldServers(cdc: CdcServers, here: Pick<Here, 'lab'>): Told {
  const { connect, sinkConnect, brokers, passwords } = cdc;
  const workers = { source: connect, target: sinkConnect };
  return {
    place(side, address, url) {
      if (!isLabPlace(address) || !isLab(workers[side])) return referring(placeOf(url), passwords?.[side]);
      const lab = labServers(here);
      return placeAt(lab, side, address, lab.shared.workers[END[side]].databases);
    },
    brokers: isLab(connect) ? labServers(here).shared.workers.source.brokers : brokers,
  };
}
