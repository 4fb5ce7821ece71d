import { resolveReferences } from '#clients/config-references.ts';
import { registryClient } from '#clients/registry.ts';
import type { SchemaSource } from '#model/registered-schema.ts';
import type { SinkErrors } from './queues.ts';

/** Where converters of Confluent's and of Apicurio's are told of their registry. */
const PROPERTIES = ['value.converter.schema.registry.url', 'key.converter.schema.registry.url'];

/** The registry of a queue's records: the one that is given, or that the configuration of a connector of the queue names. */
export function registryOf(
  given: string | undefined,
  sinks: readonly SinkErrors[],
  env: NodeJS.ProcessEnv,
): SchemaSource | undefined {
  const [named] = sinks.flatMap(({ config }) => PROPERTIES.flatMap((property) => config[property] ?? []));
  const url = given ?? resolveReferences(named?.split(',')[0] ?? '', env).trim();
  return url === '' ? undefined : registryClient(url);
}
