import { type ConnectSchema, Undecodable } from '../wire.ts';
import type { WrittenSchema } from './format.ts';
import { largeLiterally, literally } from './literals.ts';

/** A node of a JSON Schema as the converter for it writes them, with Connect's words in it. */
interface JsonSchema {
  readonly type?: string;
  readonly title?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly oneOf?: readonly JsonSchema[];
  readonly default?: unknown;
  readonly 'connect.type'?: string;
  readonly 'connect.index'?: number;
  readonly 'connect.parameters'?: Readonly<Record<string, string>>;
}

/** Types of JSON where the schema names none of Connect's. */
const PLAIN: Readonly<Record<string, string>> = {
  integer: 'int64',
  number: 'double',
  string: 'string',
  boolean: 'boolean',
  object: 'struct',
  array: 'array',
};

/** Connect's types under the names that the JSON converter gives them. */
const RENAMED: Readonly<Record<string, string>> = { float32: 'float', float64: 'double' };

/** A JSON Schema as the converter for it registers it: payloads are JSON. Throws {@link Undecodable}. */
export function jsonSchemaSchema(text: string): WrittenSchema {
  return {
    ...{ schema: connectSchema(JSON.parse(text, largeLiterally) as JsonSchema), exact: false },
    payload(bytes, from = 0) {
      const json = bytes.toString('utf8', from);
      return this.exact ? JSON.parse(json, literally) : JSON.parse(json);
    },
  };
}

function connectSchema(node: JsonSchema): ConnectSchema {
  const { oneOf } = node;
  if (oneOf === undefined) return described(node);
  const [only, ...others] = oneOf.filter(({ type }) => type !== 'null');
  if (only === undefined || others.length > 0) return { type: 'union of several types', optional: true };
  return { ...connectSchema(only), optional: oneOf.length > 1, ...defaultOf(node.default ?? only.default) };
}

function described(node: JsonSchema): ConnectSchema {
  const { title, default: value } = node;
  const named = node['connect.type'] ?? PLAIN[node.type ?? ''];
  if (named === undefined) throw new Undecodable(`no type is known for ${JSON.stringify(node).slice(0, 80)}`);
  const type = RENAMED[named] ?? named;
  const parameters = node['connect.parameters'];
  return {
    type,
    ...(title === undefined ? {} : { name: title }),
    ...(parameters === undefined ? {} : { parameters }),
    ...defaultOf(value),
    ...partsOf(type, node),
  };
}

function defaultOf(value: unknown): Pick<ConnectSchema, 'default'> {
  return value === undefined || value === null ? {} : { default: value };
}

function partsOf(type: string, { properties = {}, items, additionalProperties }: JsonSchema): Partial<ConnectSchema> {
  if (type === 'struct') return { fields: fieldsOf(properties) };
  if (type === 'array') return items === undefined ? {} : { items: connectSchema(items) };
  if (type !== 'map') return {};
  // A map whose keys are no strings is an array of entries.
  const { key, value } = items?.properties ?? {};
  if (key !== undefined && value !== undefined) return { keys: connectSchema(key), values: connectSchema(value) };
  return typeof additionalProperties === 'object' ? { values: connectSchema(additionalProperties) } : {};
}

/** In the order that the schema had in Connect. */
function fieldsOf(properties: Readonly<Record<string, JsonSchema>>): ConnectSchema[] {
  const placed = Object.entries(properties).map(([name, node]) => {
    const [only] = node.oneOf?.filter(({ type }) => type !== 'null') ?? [];
    return { place: node['connect.index'] ?? only?.['connect.index'] ?? 0, name, node };
  });
  return placed
    .sort((left, right) => left.place - right.place)
    .map(({ name, node }) => ({ ...connectSchema(node), field: name }));
}
