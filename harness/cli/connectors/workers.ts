import { answered, workersOf } from '#manager/connectors.ts';
import { endOfConfig } from '#manager/diagnose/connector-address.ts';
import { type Here, withVaulted } from '#manager/here.ts';
import { isLab, LAB } from '#manager/lab-names.ts';
import type { LabServers } from '#manager/lab-servers.ts';
import { commaList } from '#std/comma-list.ts';
import { labInPlace } from '../lab/in-place.ts';

/** A group of workers. */
export type Client = ReturnType<typeof workersOf>['client'];

/** The workers that a verb is about. The live lab may have a group for its source and one for its sinks. */
export interface Workers {
  readonly source: Client;
  readonly sink: Client;
  /** Each group once. */
  readonly groups: readonly Client[];
  /** Where the workers are the live lab's. */
  readonly lab?: LabServers;
}

/** Throws an OperatorError where no worker answers (`no-connect`), or none are named and no live lab runs. */
export async function openWorkers(named: string | undefined, here: Here, signal: AbortSignal): Promise<Workers> {
  const addresses = commaList(named ?? LAB);
  const workers = isLab(addresses) ? ofLab(here) : await ofCluster(addresses, here, signal);
  await answered(Promise.all(workers.groups.map((group) => group.names(signal))));
  return workers;
}

async function ofCluster(addresses: readonly string[], here: Here, signal: AbortSignal): Promise<Workers> {
  const { client } = workersOf('source', addresses, await withVaulted(here, addresses, signal));
  return { source: client, sink: client, groups: [client] };
}

function ofLab(here: Here): Workers {
  const lab = labInPlace(here, 'name its workers: --connect http://connect:8083');
  const { workers } = lab.shared;
  const source = workersOf('source', [LAB], here).client;
  if (workers.source.urls.join() === workers.sink.urls.join()) return { source, sink: source, groups: [source], lab };
  const sink = workersOf('sink', [LAB], here).client;
  return { source, sink, groups: [source, sink], lab };
}

/** Where a connector of this configuration runs. */
export function workersFor(config: Readonly<Record<string, string>>, workers: Workers): Client {
  return workers[endOfConfig(config)];
}
