import type { LabAddresses, SharedWorkers } from '#model/lab-addresses.ts';
import type { VariantSpec } from '#model/pipeline.ts';
import type { Addresses, Client, DatabaseServer, End, Stack, WorkerGroup } from '#model/stack.ts';
import { databaseName } from '#pipelines/databases.ts';
import { sinkDatabase } from '#pipelines/open-variant.ts';
import { LAB_PIPELINE } from './stack-view.ts';

/** Under which name the passwords are kept at the workers that connectors of pipelines of somebody's own refer to. */
const SHARED = 'shared';

/** Where everything of the lab's stack and pipeline answers. */
export async function addressesOf(
  stack: Stack,
  variants: Readonly<Record<string, VariantSpec>>,
): Promise<LabAddresses> {
  const { source, sink } = stack.seen('consumers');
  return {
    source: stack.source,
    sink: stack.sink,
    brokers: stack.brokers,
    ...(stack.registry === undefined ? {} : { registry: stack.registry.url }),
    sourceDatabase: databaseName(stack.source, LAB_PIPELINE),
    sinkDatabases: Object.fromEntries(
      Object.keys(variants).map((name) => [name, databaseName(stack.sink, sinkDatabase(LAB_PIPELINE, name))]),
    ),
    shared: {
      databases: { source, sink },
      workers: { source: await sharedWorkers(stack, 'source'), sink: await sharedWorkers(stack, 'sink') },
    },
  };
}

const SEEN_BY: Readonly<Record<End, Client>> = { source: 'capture', sink: 'sinks' };

async function sharedWorkers(stack: Stack, end: End): Promise<SharedWorkers> {
  const { urls, access } = stack.workers[end];
  const seen = stack.seen(SEEN_BY[end]);
  return {
    urls,
    ...(access.authorization === undefined ? {} : { authorization: access.authorization }),
    databases: await withReferences(seen, access),
    brokers: seen.brokers,
    ...(access.secrets === undefined ? {} : { secrets: access.secrets }),
  };
}

/** Connectors' configurations are for every program on this machine to read, so they have no password in them. */
async function withReferences(
  { source, sink }: Pick<Addresses, End>,
  access: WorkerGroup['access'],
): Promise<Readonly<Record<End, DatabaseServer>>> {
  const passwords = { 'source.password': source.password, 'sink.password': sink.password };
  const kept = (await access.conceal?.(SHARED, passwords)) ?? passwords;
  return {
    source: { ...source, password: kept['source.password'] ?? '' },
    sink: { ...sink, password: kept['sink.password'] ?? '' },
  };
}
