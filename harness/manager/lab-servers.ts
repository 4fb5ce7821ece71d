import { concealedIn } from '#clients/conceal.ts';
import { type ConnectClient, connectClient } from '#clients/connect.ts';
import { engineOf } from '#engines/index.ts';
import type { LabAddresses, SharedServers } from '#model/lab-addresses.ts';
import type { ConnectorConfig, DatabaseServer, End } from '#model/stack.ts';
import { OperatorError, reworded } from '#std/errors.ts';
import type { Here } from './here.ts';
import { labPlace } from './lab-names.ts';

/** The servers of a lab that is up. */
export type LabServers = LabAddresses & { readonly shared: SharedServers };

/** The servers of the lab that is up. Throws an OperatorError (exit 1) where none is. */
export function labServers({ lab }: Pick<Here, 'lab'>): LabServers {
  const { shared, ...addresses } = asked(lab);
  if (shared !== undefined) return { ...addresses, shared };
  throw new OperatorError({
    code: 'lab-older',
    message: 'the live lab, whose servers the pipeline names, was started by an older driftlab',
    expected: 'a lab that says how pipelines reach its servers',
    found: 'one that does not',
    hint: 'npx driftlab down, and npx driftlab up, which goes on with its data',
    exit: 1,
  });
}

function asked(lab: Here['lab']): LabAddresses {
  try {
    return lab();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw reworded(error, `the pipeline names servers of the live lab: ${error.message}`, 1);
  }
}

/**
 * The URL of a database of the lab's, as it is now. Throws an OperatorError (exit 1) where the lab is not up, and for a target
 * that the lab itself writes to.
 */
export function labUrl(side: string, address: string, here: Pick<Here, 'lab'>): { url: string; password: string } {
  const lab = labServers(here);
  const { server, database } = placeAt(lab, side, address, lab.shared.databases);
  if (side === 'target') requireForeign(lab, address, database);
  return { url: urlOf(server, database), password: server.password };
}

/** The same for whoever only reads it: the lab's own sinks, too. */
export function labUrlToRead(side: string, address: string, here: Pick<Here, 'lab'>): string {
  const lab = labServers(here);
  const { server, database } = placeAt(lab, side, address, lab.shared.databases);
  return urlOf(server, database);
}

/** What a worker is told of a database, of which it alone may know the password. */
interface Told {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** The URL, as it is reached from here, of a database of the lab's that its workers are told of; undefined for any other, and for another user's. */
export function labUrlOfTold({ host, port, user, database }: Told, { shared }: LabServers): string | undefined {
  for (const { databases } of Object.values(shared.workers))
    for (const end of ['source', 'sink'] as const) {
      const { [end]: told } = databases;
      if (told.host === host && told.port === port && told.user === user) return urlOf(shared.databases[end], database);
    }
  return undefined;
}

function urlOf(server: DatabaseServer, database: string): string {
  return engineOf(server).server.url(server, database);
}

/** The database that a name means, on the servers as somebody reaches them. */
export function placeAt(
  lab: LabServers,
  side: string,
  address: string,
  servers: SharedServers['databases'],
): { readonly server: DatabaseServer; readonly database: string } {
  const { end, database = lab.sourceDatabase } = labPlace(side, address);
  return { server: servers[end], database };
}

/** What the lab's own databases hold is judged: a second writer would be reported as damage that nobody can explain. */
function requireForeign({ sourceDatabase, sinkDatabases }: LabServers, address: string, database: string): void {
  if (![sourceDatabase, ...Object.values(sinkDatabases)].includes(database)) return;
  throw new OperatorError({
    code: 'lab-own-database',
    message: `the target ${address} is a database that the lab itself fills`,
    expected: "a database of your own on the lab's server",
    found: database,
    hint: `npx driftlab sink-shell --command 'CREATE DATABASE copy' makes one`,
    exit: 1,
  });
}

/** The lab's group of Connect workers for one end's connectors. What is secret in a configuration is kept as their own secrets are. */
export function labConnect(end: End, here: Pick<Here, 'lab'>): { client: ConnectClient; secrets: readonly string[] } {
  const { urls, authorization, secrets: kept } = labServers(here).shared.workers[end];
  const access = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(kept && { conceal: (name: string, config: ConnectorConfig) => concealedIn(kept, name, config) }),
  };
  return {
    client: connectClient({ urls, access }),
    secrets: authorization === undefined ? [] : [authorization],
  };
}
