import { answered, workersOf } from '#manager/connectors.ts';
import { type Here, withVaulted } from '#manager/here.ts';
import { isLab, LAB } from '#manager/lab-names.ts';
import { labServers } from '#manager/lab-servers.ts';
import { type SinkErrors, sinkErrors } from '#operations/dead-letters/queues.ts';
import { commaList } from '#std/comma-list.ts';
import { OperatorError } from '#std/errors.ts';
import { labInPlace } from '../lab/in-place.ts';

export interface ClusterOptions {
  readonly connect?: string | undefined;
  readonly brokers?: string | undefined;
  readonly registry?: string | undefined;
}

/** Where dead letters are, and who writes them. */
export interface Cluster {
  readonly brokers: readonly string[];
  /** Of the workers that are named; none where only brokers are. */
  readonly sinks: readonly SinkErrors[];
  readonly registry?: string;
}

/** Asks the workers for their sink connectors. Throws an OperatorError: `no-brokers`, or `no-connect` where no worker answers. */
export async function openCluster(options: ClusterOptions, here: Here, signal: AbortSignal): Promise<Cluster> {
  const connect = commaList(options.connect ?? (options.brokers === undefined ? LAB : ''));
  const lab = isLab(connect) ? labInPlace(here, HOW) : undefined;
  const brokers = options.brokers === undefined ? lab?.brokers : commaList(options.brokers);
  if (brokers === undefined || brokers.length === 0)
    throw new OperatorError({
      code: 'no-brokers',
      message: "which brokers have the queues? Kafka Connect's interface does not say",
      expected: '--brokers host:9092,…',
      found: 'none',
      hint: 'name those of bootstrap.servers in the configuration of the workers',
    });
  const registry = options.registry ?? lab?.registry;
  const sinks = await answered(sinkErrors(clientsOf(connect, await withVaulted(here, connect, signal)), signal));
  return { brokers, sinks, ...(registry === undefined ? {} : { registry }) };
}

const HOW = 'name its workers and brokers: --connect http://connect:8083 --brokers kafka:9092';

/** The live lab has one group of workers for its source and one for its sinks, or one for both. */
function clientsOf(connect: readonly string[], here: Here) {
  if (connect.length === 0) return [];
  if (!isLab(connect)) return [workersOf('sink', connect, here).client];
  const { source, sink } = labServers(here).shared.workers;
  const ends = source.urls.join() === sink.urls.join() ? (['sink'] as const) : (['source', 'sink'] as const);
  return ends.map((end) => workersOf(end, connect, here).client);
}
