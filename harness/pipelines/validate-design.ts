import { unresolvedReferences } from '#clients/config-references.ts';
import { type ConnectClient, connectClient } from '#clients/connect.ts';
import { engineOf } from '#engines/index.ts';
import type { Design, VariantSpec } from '#model/pipeline.ts';
import type { End, Stack } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { fitSink, fitSource, type Place } from './own-connectors.ts';

/**
 * Has Connect validate somebody's own connectors before anything runs. Throws an OperatorError with Connect's own words
 * for a plugin that is not here (`plugin-missing`) and for properties that it refuses (`connect-refused`).
 */
export async function validateDesign(
  stack: Stack,
  design: Design,
  variants: Readonly<Record<string, VariantSpec>>,
  signal: AbortSignal,
): Promise<void> {
  // A database that is always there: a connector's own validation may connect.
  const on = (end: End): Place => {
    const { [end]: server, brokers, registry } = stack.seen(end === 'source' ? 'capture' : 'sinks');
    return {
      server,
      brokers,
      registry,
      database: engineOf(server).server.systemDatabases[0] ?? '',
    };
  };
  const sources = connectClient(stack.workers.source);
  for (const { name, file, config, converters } of design.connectors)
    await validate(sources, file, fitSource(name, config, on('source'), { converters }).config, signal);
  const sinks = connectClient(stack.workers.sink);
  for (const { connectors = [] } of Object.values(variants))
    for (const { name, file, config, converters } of connectors)
      await validate(sinks, file, fitSink(name, config, on('sink'), { converters }).config, signal);
}

async function validate(
  connect: ConnectClient,
  file: string,
  config: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  requireResolved(file, config);
  const wanted = config['connector.class'] ?? '';
  const known = await connect.plugins(signal);
  // Connect takes a class by its last name, too.
  const found = known.find((one) => one === wanted || shortOf(one) === wanted || shortOf(one) === `${wanted}Connector`);
  if (found === undefined) {
    const [meant] = nearest(wanted, known);
    throw new OperatorError({
      code: 'plugin-missing',
      message: `${file}: the connector ${wanted} is not here`,
      expected: `one of ${known.join(', ')}`,
      found: wanted,
      hint: `${meant === undefined ? '' : `did you mean ${meant}? Otherwise: `}put the folder with its jars beside the pipeline file and name it under plugins:`,
    });
  }
  const errors = await connect.validate(found, { name: 'validated', ...config }, signal);
  const [first] = errors;
  if (first === undefined) return;
  const missing = errors.some(({ message }) =>
    /could not be found|Invalid value .* for configuration .*class/i.test(message),
  );
  throw new OperatorError({
    code: 'connect-refused',
    message: `${file}: Kafka Connect refuses ${first.property}: ${first.message}`,
    found: errors.map(({ property, message }) => `${property}: ${message}`).join('; '),
    hint: missing
      ? 'a class that is not here: put the folder with its jars beside the pipeline file and name it under plugins:'
      : `fix it in ${file}; Connect would also reject it where it is deployed`,
  });
}

/** A reference that this machine cannot resolve would go to the connector as it is written, and fail there obscurely. */
function requireResolved(file: string, config: Readonly<Record<string, string>>): void {
  const [first] = unresolvedReferences(config);
  if (first === undefined) return;
  throw new OperatorError({
    code: 'reference-unresolved',
    message: `${file}: ${first.property} refers to a value that is not available on this machine`,
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Kafka's own references
    expected: '${env:NAME}, ${file:PATH:KEY} or ${dir:FOLDER:FILE} with something behind it, or the value itself',
    found: first.reference,
    hint: 'for this test, set an environment variable and write ${env:NAME}',
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: Kafka's own references
  });
}

function shortOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
