import { messageOf, OperatorError } from '#std/errors.ts';
import { shown } from '#std/shown.ts';
import { readProperties } from './properties-file.ts';
import { LENGTH_MAX, readYaml } from './yaml.ts';

/** A connector's configuration as somebody deploys it. Values are text, as Connect itself reads them. */
export interface FoundConnector {
  readonly name?: string;
  readonly config: Readonly<Record<string, string>>;
}

/** Something that may be a connector, and where its properties stand. */
interface Given {
  readonly value: unknown;
  /** `sink.yaml:12` for a place in it. */
  at(place: readonly (string | number)[]): string;
}

const SHAPES =
  'what is posted to Connect ({"name": …, "config": {…}}), its properties alone, a .properties file, or a KafkaConnector (Strimzi) or Connector (Confluent) resource';

/**
 * The connectors of a file, by its ending: `.properties` as a standalone worker reads it, `.yaml` with any number of
 * documents, else JSON as it is posted to Connect, or as it is put. `named` is its path as a person has written it. Throws an OperatorError
 * (`connector-file`) with file and line, behind `at`, where the file is named.
 */
export function readConnectors(text: string, named: string, at: string): FoundConnector[] {
  const found = givenIn(text, named, at).flatMap((given) => connectorsOf(given));
  if (found.length > 0) return found;
  throw new OperatorError({
    code: 'connector-file',
    message: `${at}: ${named} has no connector's configuration`,
    expected: SHAPES,
    found: text.trim() === '' ? 'an empty file' : 'documents of other kinds',
  });
}

/** A connector whose configuration stands in the pipeline file itself, in any shape that a file of its own may have. */
export function inlineConnectors(value: unknown, at: Given['at']): FoundConnector[] {
  return connectorsOf({ value, at });
}

function givenIn(text: string, named: string, at: string): Given[] {
  const unmarked = text.replace(/^\uFEFF/, '');
  const placed = `${at}: ${named}`;
  if (unmarked.length > LENGTH_MAX)
    throw new OperatorError({
      code: 'connector-file',
      message: `${placed} has more than ${LENGTH_MAX / 1024} Ki characters, which no connector's configuration has`,
      expected: SHAPES,
      found: `${unmarked.length} characters`,
    });
  if (/\.properties$/i.test(named)) return [propertiesIn(unmarked, placed)];
  if (/\.ya?ml$/i.test(named))
    return readYaml(unmarked, named, 'check it with a YAML linter, or kubectl apply --dry-run=client -f FILE')
      .filter(({ value }) => value !== null)
      .map(({ value, lineOf }) => ({ value, at: (place) => `${placed}:${lineOf(place)}` }));
  try {
    const value: unknown = JSON.parse(unmarked);
    return [{ value, at: (place) => lineInJson(unmarked, placed, place) }];
  } catch (cause) {
    const line = /\(line (\d+) column \d+\)/.exec(messageOf(cause))?.[1];
    throw new OperatorError({
      code: 'connector-file',
      message: `${placed}${line === undefined ? '' : `:${line}`}: this is no JSON`,
      found: messageOf(cause).slice(0, 300),
      hint: `a connector's configuration is ${SHAPES}; YAML ends with .yaml, properties with .properties`,
      cause,
    });
  }
}

function propertiesIn(text: string, placed: string): Given {
  const { values, lines } = readProperties(text);
  return { value: values, at: ([property]) => `${placed}:${lines.get(String(property)) ?? 1}` };
}

/** JSON's own parser keeps no places: the first line on which the last name of a place stands. */
function lineInJson(text: string, placed: string, place: readonly (string | number)[]): string {
  const last = place.findLast((part) => typeof part === 'string');
  const index = last === undefined ? 0 : Math.max(0, text.indexOf(JSON.stringify(last)));
  return `${placed}:${text.slice(0, index).split('\n').length}`;
}

/** Resources that declare a connector, by their kind: where name, class, number of tasks and configuration stand. */
function resourceConfig(
  kind: string,
  resource: Fields,
): { readonly place: readonly string[]; readonly spec: Fields } | undefined {
  const spec = isObject(resource.spec) ? resource.spec : {};
  if (kind === 'KafkaConnector') return { place: ['spec'], spec };
  if (kind !== 'Connector') return undefined;
  // Confluent's blueprints have one more level.
  return isObject(spec.connectorConfigs)
    ? { place: ['spec', 'connectorConfigs'], spec: { name: spec.name, ...spec.connectorConfigs } }
    : { place: ['spec'], spec };
}

type Fields = Readonly<Record<string, unknown>>;

function connectorsOf(given: Given): FoundConnector[] {
  const { value } = given;
  if (Array.isArray(value) && value.every(isObject))
    return value.flatMap((one, index) => connectorsOf({ value: one, at: (place) => given.at([index, ...place]) }));
  if (!isObject(value)) throw noConfiguration(given, value);
  const kind = typeof value.kind === 'string' && value.apiVersion !== undefined ? value.kind : undefined;
  if (kind === 'List' && Array.isArray(value.items))
    return connectorsOf({ value: value.items, at: (place) => given.at(['items', ...place]) });
  if (kind !== undefined) return fromResource(kind, value, given);
  const posted = isObject(value.config);
  const place = posted ? ['config'] : [];
  const { name: own, ...config } = texts(posted ? (value.config as Fields) : value, place, given);
  if (config['connector.class'] === undefined) throw noConfiguration(given, value);
  const name = posted && typeof value.name === 'string' ? value.name : own;
  return [{ ...(name === undefined ? {} : { name }), config }];
}

function fromResource(kind: string, resource: Fields, given: Given): FoundConnector[] {
  const found = resourceConfig(kind, resource);
  // A worker, a topic, a secret: they stand in the same file, and are no connectors.
  if (found === undefined) return [];
  const { place, spec } = found;
  const metadata = isObject(resource.metadata) ? resource.metadata : {};
  const property = kind === 'Connector' ? 'configs' : 'config';
  if (typeof spec.class !== 'string' || spec.class === '')
    throw new OperatorError({
      code: 'connector-file',
      message: `${given.at([...place, 'class'])}: this ${kind} names no class`,
      expected: `${[...place, 'class'].join('.')}: the connector's class`,
      found: Object.keys(spec).join(', ') || 'an empty spec',
    });
  const own = spec[property] ?? {};
  if (!isObject(own)) throw noText(given, [...place, property], own, 'a mapping of properties');
  const tasks = kind === 'Connector' ? spec.taskMax : spec.tasksMax;
  const { name: _, ...config } = texts(own, [...place, property], given);
  const name = [spec.name, metadata.name].find((one) => typeof one === 'string');
  return [
    {
      ...(name === undefined ? {} : { name: String(name) }),
      config: {
        ...config,
        'connector.class': spec.class,
        ...(tasks === undefined ? {} : { 'tasks.max': String(tasks) }),
      },
    },
  ];
}

/** Properties as text; one without a value is as one that is not set. */
function texts(properties: Fields, place: readonly string[], given: Given): Record<string, string> {
  const config: Record<string, string> = {};
  for (const [property, value] of Object.entries(properties)) {
    if (value === null) continue;
    if (typeof value === 'object') throw noText(given, [...place, property], value, 'a text, a number, true or false');
    config[property] = String(value);
  }
  return config;
}

function noText(given: Given, place: readonly (string | number)[], value: unknown, expected: string): OperatorError {
  return new OperatorError({
    code: 'connector-file',
    message: `${given.at(place)}: ${place.join('.')} is no property's value`,
    expected,
    found: shown(value),
    hint: 'a list of names is one text, separated by commas: "a,b"',
  });
}

function noConfiguration(given: Given, value: unknown): OperatorError {
  return new OperatorError({
    code: 'connector-file',
    message: `${given.at([])}: this is no connector's configuration`,
    expected: `connector.class, and the connector's other properties: ${SHAPES}`,
    found: isObject(value) ? Object.keys(value).slice(0, 8).join(', ') || 'no properties' : shown(value),
  });
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
