import { type ConnectSchema, Undecodable } from '../wire.ts';
import {
  type Cursor,
  readBoolean,
  readBytes,
  readCount,
  readDouble,
  readFixed,
  readFloat,
  readLong,
  readString,
  repeatedString,
} from './avro-bytes.ts';
import type { WrittenSchema } from './format.ts';
import { largeLiterally } from './literals.ts';

type Read = (cursor: Cursor) => unknown;

/** What is known of a part of a schema: what Connect calls it, and how its values are read. */
interface Part {
  readonly schema: ConnectSchema;
  readonly read: Read;
}

type Properties = Readonly<Record<string, unknown>>;

/** A type in a schema's text: a name, a union, or an object. */
type AvroType = string | readonly AvroType[] | Properties;

/** The named types that have been read, by their full names. */
type Names = Map<string, Part>;

const NULL: Part = { schema: { type: 'null' }, read: () => null };

const PRIMITIVES: Readonly<Record<string, Part>> = {
  null: NULL,
  boolean: { schema: { type: 'boolean' }, read: readBoolean },
  int: { schema: { type: 'int32' }, read: readLong },
  long: { schema: { type: 'int64' }, read: readLong },
  float: { schema: { type: 'float' }, read: readFloat },
  double: { schema: { type: 'double' }, read: readDouble },
  bytes: { schema: { type: 'bytes' }, read: readBytes },
  string: { schema: { type: 'string' }, read: readString },
};

/** What a logical type means in Connect where the schema does not say that itself (`connect.meta.data=false`). */
const LOGICAL: Readonly<Record<string, string>> = {
  decimal: 'org.apache.kafka.connect.data.Decimal',
  date: 'org.apache.kafka.connect.data.Date',
  'time-millis': 'org.apache.kafka.connect.data.Time',
  'time-micros': 'io.debezium.time.MicroTime',
  'timestamp-millis': 'org.apache.kafka.connect.data.Timestamp',
  'timestamp-micros': 'io.debezium.time.MicroTimestamp',
  'local-timestamp-millis': 'io.debezium.time.Timestamp',
  'local-timestamp-micros': 'io.debezium.time.MicroTimestamp',
};

/** An Avro schema as the Avro converters write it, with what they note of Connect's schema. Throws {@link Undecodable}. */
export function avroSchema(text: string): WrittenSchema {
  const { schema, read } = partOf(JSON.parse(text, largeLiterally) as AvroType, '', new Map());
  return {
    ...{ schema, exact: false },
    payload(bytes, from = 0) {
      const cursor: Cursor = { bytes, at: from };
      const value = read(cursor);
      if (cursor.at !== bytes.length) throw new Undecodable(`${bytes.length - cursor.at} bytes are left over`);
      return value;
    },
  };
}

function partOf(type: AvroType, namespace: string, names: Names): Part {
  if (typeof type === 'string') return named(type, namespace, names);
  if (Array.isArray(type)) return unionOf(type as readonly AvroType[], namespace, names);
  const properties = type as Properties;
  const inner = properties.type as AvroType;
  // A type may be wrapped for nothing but its properties.
  if (typeof inner !== 'string') return partOf(inner, namespace, names);
  return described(complexOf(inner, properties, namespace, names), properties);
}

function named(name: string, namespace: string, names: Names): Part {
  const known = Object.hasOwn(PRIMITIVES, name) ? PRIMITIVES[name] : undefined;
  const found = known ?? names.get(fullName(name, namespace)) ?? names.get(name);
  if (found === undefined) throw new Undecodable(`the type ${name} is not defined before it is used`);
  return found;
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function complexOf(kind: string, properties: Properties, outer: string, names: Names): Part {
  switch (kind) {
    case 'record':
    case 'error':
      return recordOf(properties, outer, names);
    case 'array':
      return arrayOf(partOf(properties.items as AvroType, outer, names));
    case 'map':
      return mapOf(partOf(properties.values as AvroType, outer, names));
    case 'enum': {
      const symbols = properties.symbols as readonly string[];
      return define(properties, outer, names, {
        schema: { type: 'string' },
        read: (cursor) => symbolOf(cursor, symbols),
      });
    }
    case 'fixed': {
      const size = Number(properties.size);
      return define(properties, outer, names, { schema: { type: 'bytes' }, read: (cursor) => readFixed(cursor, size) });
    }
    default:
      return named(kind, outer, names);
  }
}

function symbolOf(cursor: Cursor, symbols: readonly string[]): string {
  const index = readCount(cursor);
  const symbol = symbols[index];
  if (symbol === undefined) throw new Undecodable(`an enum of ${symbols.length} symbols has none at ${index}`);
  return symbol;
}

/** What stands beside rows says the same of most of them. */
function isAboutRows(fields: readonly Properties[]): boolean {
  const names = fields.map(({ name }) => name);
  return (
    ['connector', 'ts_ms'].every((name) => names.includes(name)) ||
    ['op', 'source'].every((name) => names.includes(name))
  );
}

/** A string, or one that may be null. */
function isText(type: AvroType): boolean {
  return (
    type === 'string' ||
    (Array.isArray(type) && type.length === 2 && ['null', 'string'].every((one) => type.includes(one)))
  );
}

function repeatedText(type: AvroType): Part {
  const text: Part = { schema: { type: 'string' }, read: repeatedString() };
  return Array.isArray(type) ? unionOfParts(type.map((one) => (one === 'null' ? NULL : text))) : text;
}

function define({ name, namespace = '' }: Properties, outer: string, names: Names, part: Part): Part {
  names.set(fullName(String(name), String(namespace) || outer), part);
  return part;
}

interface Field {
  readonly name: string;
  readonly part: Part;
  readonly default: unknown;
}

function recordOf(properties: Properties, outer: string, names: Names): Part {
  const full = fullName(String(properties.name), String(properties.namespace ?? '') || outer);
  const namespace = full.slice(0, Math.max(0, full.lastIndexOf('.')));
  const told = properties.fields as readonly Properties[];
  const repeated = isAboutRows(told);
  const fields = told.map((field): Field => {
    const type = field.type as AvroType;
    const part = repeated && isText(type) ? repeatedText(type) : partOf(type, namespace, names);
    return { name: String(field.name), part, default: defaultOf(part.schema, field) };
  });
  const schema: ConnectSchema = {
    ...{ type: 'struct', name: full },
    fields: fields.map((field) => ({
      ...field.part.schema,
      field: field.name,
      ...(field.default === undefined ? {} : { default: field.default }),
    })),
  };
  return define(properties, outer, names, { schema, read: recordReader(fields) });
}

/**
 * Made for the record's fields as one expression: an object that is filled name by name costs as much as its values, and a call that
 * has always the same function behind it next to nothing.
 */
function recordReader(fields: readonly Field[]): Read {
  const names = fields.map((_, place) => `read${place}`);
  // In brackets no name means anything but itself.
  const values = fields.map(({ name }, place) => `[${JSON.stringify(name)}]: read${place}(cursor)`);
  const make = new Function(...names, `return (cursor) => ({ ${values.join(', ')} });`);
  return make(...fields.map(({ part }) => part.read)) as Read;
}

/** A map whose keys are no strings is written as an array of records, and by the JSON converter as one of pairs. */
const ENTRY = 'MapEntry';

function arrayOf(items: Part): Part {
  const list = (cursor: Cursor): unknown[] => {
    const found: unknown[] = [];
    eachItem(cursor, () => found.push(items.read(cursor)));
    return found;
  };
  const [keys, values] = entryOf(items.schema);
  if (keys === undefined || values === undefined) return { schema: { type: 'array', items: items.schema }, read: list };
  const pairs = (cursor: Cursor) => (list(cursor) as Properties[]).map(({ key, value }) => [key, value]);
  return {
    schema: { type: 'map', keys, values },
    read: keys.type === 'string' ? (cursor) => Object.fromEntries(pairs(cursor)) : pairs,
  };
}

function entryOf({ name, fields }: ConnectSchema): readonly ConnectSchema[] {
  const isEntry = name?.endsWith(`.${ENTRY}`) === true && fields?.length === 2;
  return isEntry && fields[0]?.field === 'key' && fields[1]?.field === 'value' ? fields : [];
}

function mapOf(values: Part): Part {
  return {
    schema: { type: 'map', keys: { type: 'string' }, values: values.schema },
    read(cursor) {
      // Any name may be a key.
      const entries: [string, unknown][] = [];
      eachItem(cursor, () => entries.push([readString(cursor), values.read(cursor)]));
      return Object.fromEntries(entries);
    },
  };
}

/** Blocks of items, each with its count before it; a negative one is followed by the block's size in bytes. */
function eachItem(cursor: Cursor, take: () => void): void {
  for (;;) {
    let count = readCount(cursor);
    if (count === 0) return;
    if (count < 0) {
      count = -count;
      readCount(cursor);
    }
    for (; count > 0; count--) {
      const before = cursor.at;
      take();
      if (cursor.at === before) throw new Undecodable('an array of items without bytes');
    }
  }
}

function unionOf(types: readonly AvroType[], namespace: string, names: Names): Part {
  return unionOfParts(types.map((type) => partOf(type, namespace, names)));
}

function unionOfParts(parts: readonly Part[]): Part {
  const [first, ...others] = parts.filter(({ schema }) => schema.type !== 'null');
  const reads = parts.map(({ read }) => read);
  const several: ConnectSchema = { type: 'union of several types' };
  return {
    schema: { ...(first === undefined || others.length > 0 ? several : first.schema), optional: true },
    read(cursor) {
      const branch = readCount(cursor);
      const read = reads[branch];
      if (read === undefined) throw new Undecodable(`a union of ${reads.length} types has none at ${branch}`);
      return read(cursor);
    },
  };
}

/** Connect's types that Avro has not are named beside Avro's. */
const NARROWER: Readonly<Record<string, string>> = { int8: 'int8', int16: 'int16' };

/** The part with what the properties say of it. */
function described({ schema, read }: Part, properties: Properties): Part {
  const { 'connect.name': name, 'connect.parameters': told, 'connect.type': type, logicalType: logical } = properties;
  const meant = name ?? (typeof logical === 'string' && Object.hasOwn(LOGICAL, logical) ? LOGICAL[logical] : undefined);
  const parameters = told ?? (logical === 'decimal' ? { scale: String(properties.scale ?? 0) } : undefined);
  const narrower = typeof type === 'string' ? NARROWER[type] : undefined;
  const own = properties['connect.default'];
  const described: ConnectSchema = {
    ...schema,
    ...(narrower === undefined ? {} : { type: narrower }),
    ...(meant === undefined ? {} : { name: String(meant) }),
    ...(parameters === undefined ? {} : { parameters: parameters as Readonly<Record<string, string>> }),
    ...(own === undefined ? {} : { default: defaultValue(schema, own) }),
  };
  return { schema: described, read };
}

/** A field that may be null has null as its default where the source declares none. */
function defaultOf(schema: ConnectSchema, field: Properties): unknown {
  const value = schema.default ?? field.default;
  if (value === undefined || value === null) return undefined;
  return schema.default ?? defaultValue(schema, value);
}

/** A default as a payload would have it: Avro writes bytes as characters. */
function defaultValue({ type }: ConnectSchema, value: unknown): unknown {
  return type === 'bytes' && typeof value === 'string' ? Buffer.from(value, 'latin1').toString('base64') : value;
}
