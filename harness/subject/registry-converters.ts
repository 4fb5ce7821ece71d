import type { ConnectorFile } from '#model/pipeline.ts';
import {
  AVRO_CONVERTER,
  type ConverterPart,
  type RegistryConverter,
  type RegistryFormat,
  SUBJECT_STRATEGIES,
  strategyHere,
  strategyProperty,
} from '#model/registry-converter.ts';
import { OperatorError } from '#std/errors.ts';
import { redacted } from '#std/redact.ts';

type Config = ConnectorFile['config'];

interface Known {
  readonly api: RegistryConverter['api'];
  readonly format: RegistryFormat;
}

/** Converters with a registry whose settings are known, by their class. */
const KNOWN: Readonly<Record<string, Known>> = {
  'io.confluent.connect.avro.AvroConverter': { api: 'confluent', format: 'Avro' },
  'io.confluent.connect.protobuf.ProtobufConverter': { api: 'confluent', format: 'Protobuf' },
  'io.confluent.connect.json.JsonSchemaConverter': { api: 'confluent', format: 'JSON Schema' },
  [AVRO_CONVERTER]: { api: 'apicurio', format: 'Avro' },
  'io.apicurio.registry.utils.converter.ExtJsonConverter': { api: 'apicurio', format: 'Apicurio’s JSON' },
};

/** Packages of converters that every worker here has. */
const INSTALLED = /^(org\.apache\.kafka\.connect|io\.debezium\.converters)\./;

/** Converters whose registry is a service of a cloud, and cannot be another one. */
const CLOUD = /^(com\.amazonaws|software\.amazon|com\.google|com\.azure|com\.microsoft)\./;

/** Whether the part's converter is one that reaches no server, whatever it is told. */
export function isInstalled(config: Config, part: ConverterPart): boolean {
  return INSTALLED.test(config[`${part}.converter`] ?? '');
}

const PARTS: readonly ConverterPart[] = ['key', 'value'];

/** A connector's configuration, where it is named, and what its owner's plugins have. */
export interface ConvertingConnector {
  readonly connector: ConnectorFile;
  /** `pipeline.yaml:12`. */
  readonly at: string;
  readonly hasClass: (name: string) => boolean;
}

/**
 * The converters of a connector that need a schema registry, and what runs here in their place. Throws an OperatorError for a
 * class that is neither here nor among the plugins (`converter-missing`), for one whose registry can only be a cloud's
 * (`registry-elsewhere`), and for a way to name subjects that nobody here knows (`subject-strategy-unknown`).
 */
export function registryConverters(converting: ConvertingConnector): RegistryConverter[] {
  return PARTS.flatMap((part) => converterOf(part, converting) ?? []);
}

function converterOf(part: ConverterPart, converting: ConvertingConnector): RegistryConverter | undefined {
  const { config } = converting.connector;
  const property = `${part}.converter`;
  const named = config[property];
  if (named === undefined) return hasRegistry(config, part) ? { part, api: 'confluent', here: 'worker' } : undefined;
  const name = fullName(named);
  if (INSTALLED.test(name) || !name.includes('.')) return undefined;
  if (CLOUD.test(name)) throw cloud(converting, property);
  const own = converting.hasClass(name);
  const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  if (known === undefined) {
    if (!own) throw missing(converting, property);
    return hasRegistry(config, part) ? { part, api: apiOf(config, part), here: 'own' } : undefined;
  }
  const converter: RegistryConverter = { part, ...known, here: own ? 'own' : 'avro' };
  if (!own) checkStrategy(converter, converting);
  return converter;
}

/** Connect takes the last part of a class's name for the whole, where only one plugin has such a class. */
function fullName(named: string): string {
  if (named.includes('.')) return named;
  const full = Object.keys(KNOWN).find((name) => name.endsWith(`.${named}`));
  return full ?? named;
}

function hasRegistry(config: Config, part: ConverterPart): boolean {
  return Object.keys(config).some(
    (property) => property.startsWith(`${part}.converter.`) && /registry/i.test(property),
  );
}

function apiOf(config: Config, part: ConverterPart): RegistryConverter['api'] {
  return Object.keys(config).some((property) => property.startsWith(`${part}.converter.apicurio.`))
    ? 'apicurio'
    : 'confluent';
}

function checkStrategy(converter: RegistryConverter, { connector, at }: ConvertingConnector): void {
  const property = `${converter.part}.converter.${strategyProperty(converter)}`;
  const named = connector.config[property];
  if (named === undefined || strategyHere(converter.api, named) !== undefined) return;
  throw new OperatorError({
    code: 'subject-strategy-unknown',
    message: `${at}: ${connector.file}: ${property} names subjects in a way that nobody here knows`,
    expected: `one of ${Object.keys(SUBJECT_STRATEGIES[converter.api]).join(', ')}`,
    found: `${property}=${named}`,
    hint: 'name the folder with the jars of your converter and of this class in plugins:, and they are used as they are',
  });
}

function missing({ connector, at }: ConvertingConnector, property: string): OperatorError {
  return new OperatorError({
    code: 'converter-missing',
    message: `${at}: ${connector.file}: the class of ${property} is not here`,
    expected: `a converter of Kafka Connect or Debezium, one of ${Object.keys(KNOWN).join(', ')}, or one that is in a folder of plugins:`,
    found: `${property}=${connector.config[property]}`,
    hint: 'put its jars into a folder of their own and name it in the pipeline file: plugins: [my-converter/]',
  });
}

function cloud({ connector, at }: ConvertingConnector, property: string): OperatorError {
  return new OperatorError({
    code: 'registry-elsewhere',
    message: `${at}: ${connector.file}: ${property} works with the registry of a cloud alone, and nothing in the lab reaches one`,
    expected: `a converter with a registry of one's own, such as io.confluent.connect.avro.AvroConverter`,
    found: `${property}=${redacted(property, connector.config[property] ?? '')}`,
    hint: 'test a copy of the file with such a converter, in the source and in each sink alike',
  });
}
