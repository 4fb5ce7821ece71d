import protobuf from 'protobufjs';
import { type ConnectSchema, Undecodable } from '../wire.ts';
import { type Cursor, readCount } from './avro-bytes.ts';
import type { WrittenSchema } from './format.ts';
import { readEnd, readInt32, readTag, SCALARS, type Scalar, skip, type WireType } from './protobuf-bytes.ts';
import { firstMessage, notesOf } from './protobuf-file.ts';
import { debeziumName, KNOWN } from './protobuf-known.ts';

/** What is known of a type: what Connect calls it, and how its values are read. */
interface Part {
  readonly schema: ConnectSchema;
  readonly wire: WireType;
  /** The value where a field is left out that does not tell so. */
  readonly zero: unknown;
  read(cursor: Cursor): unknown;
}

interface Message {
  readonly schema: ConnectSchema;
  /** Reads up to the place `end`. */
  read(cursor: Cursor, end: number): Record<string, unknown>;
}

/** What holds for a whole file. */
interface File {
  /**
   * Fields say whether they may be null (`optional.for.nullables`, `wrapper.for.nullables`). Where none does, any may be: the
   * converter's default then writes a null as the zero of its type.
   */
  readonly tellsNulls: boolean;
  /** The messages that are being read: one within itself has no end. */
  readonly open: Set<protobuf.Type>;
}

/**
 * A .proto file as the Protobuf converter registers it, with what it notes of Connect's schema. Names of Debezium's types are not
 * among that. A record is of the file's first message. Throws {@link Undecodable}.
 */
export function protobufSchema(text: string): WrittenSchema {
  const type = firstMessage(text);
  const { schema, read } = messageOf(type, { tellsNulls: tellsNulls(type), open: new Set() });
  return {
    ...{ schema, unnamed: true, exact: false },
    payload(bytes, from = 0) {
      const cursor: Cursor = { bytes, at: from };
      passIndexes(cursor);
      return read(cursor, bytes.length);
    },
  };
}

/** Which message of the file a record is of: places in it and within its messages, or one zero for the first. */
function passIndexes(cursor: Cursor): void {
  const count = readCount(cursor);
  const [first = 0, ...inner] = Array.from({ length: Math.min(Math.max(count, 0), 100) }, () => readCount(cursor));
  if (first === 0 && inner.length === 0) return;
  throw new Undecodable(`it is of message ${[first, ...inner].join('.')} of its schema: only the first is read`);
}

function tellsNulls({ fieldsArray, nestedArray }: protobuf.Type): boolean {
  const tells = ({ options, resolvedType }: protobuf.Field): boolean =>
    options?.proto3_optional === true || isWrapper(resolvedType);
  return fieldsArray.some(tells) || nestedArray.some((inner) => inner instanceof protobuf.Type && tellsNulls(inner));
}

function isWrapper(type: protobuf.ReflectionObject | null): boolean {
  return type?.parent?.fullName === '.google.protobuf' && type.name.endsWith('Value');
}

/** A field of a message, ready to be read. */
interface Slot {
  readonly name: string;
  readonly schema: ConnectSchema;
  /** What it is as long as none has been read. */
  none(): unknown;
  /** The value, with one of the same field that stood before it. */
  read(cursor: Cursor, wire: number, before: unknown): unknown;
  /** What becomes of it at the end. */
  done?(value: unknown): unknown;
}

function messageOf(type: protobuf.Type, file: File): Message {
  if (file.open.has(type)) throw new Undecodable(`its message ${type.name} is within itself`);
  file.open.add(type);
  const slots = type.fieldsArray.map((field) => ({ id: field.id, slot: slotOf(field, file) }));
  file.open.delete(type);
  const fields = slots.map(({ slot: { name, schema } }) => ({ ...schema, field: name }));
  const known = debeziumName(
    type.name,
    fields.map(({ field }) => field),
  );
  return {
    schema: { type: 'struct', name: known ?? type.fullName.slice(1), fields },
    read: messageReader(
      slots.map(({ slot }) => slot),
      new Map(slots.map(({ id, slot }) => [id, slot])),
    ),
  };
}

function messageReader(slots: readonly Slot[], byId: ReadonlyMap<number, Slot>): Message['read'] {
  const finished = slots.flatMap(({ name, done }) => (done === undefined ? [] : [{ name, done }]));
  return (cursor, end) => {
    const row: Record<string, unknown> = {};
    for (const slot of slots) row[slot.name] = slot.none();
    while (cursor.at < end) {
      const [id, wire] = readTag(cursor);
      const slot = byId.get(id);
      if (slot === undefined) skip(cursor, wire);
      else row[slot.name] = slot.read(cursor, wire, row[slot.name]);
    }
    if (cursor.at > end) throw new Undecodable('a message ends within a value');
    for (const { name, done } of finished) row[name] = done(row[name]);
    return row;
  };
}

function slotOf(field: protobuf.Field, file: File): Slot {
  if (field instanceof protobuf.MapField) return mapSlot(field, mapKeys(field), partOf(field, file));
  const entry = field.repeated ? entryOf(field) : undefined;
  if (entry !== undefined) {
    const [key, value] = entry.fieldsArray as [protobuf.Field, protobuf.Field];
    return mapSlot(field, partOf(key, file), partOf(value, file));
  }
  const part = partOf(field, file);
  return field.repeated ? listSlot(field, part) : singleSlot(field, part, file);
}

function singleSlot(field: protobuf.Field, { schema, wire, zero, read }: Part, { tellsNulls: tells }: File): Slot {
  const none = field.hasPresence || field.resolvedType instanceof protobuf.Type ? null : zero;
  const optional = none === null || !tells;
  return {
    name: field.name,
    schema: optional ? { ...schema, optional } : schema,
    none: () => none,
    read: (cursor, found) => {
      expectWire(field, wire, found);
      return read(cursor);
    },
  };
}

function expectWire({ name }: protobuf.Field, expected: WireType, found: number): void {
  if (found !== expected)
    throw new Undecodable(`${name} has the wire type ${found}, where its schema says ${expected}`);
}

/** Numbers may stand one after the other behind one length. */
function listSlot(field: protobuf.Field, { schema, wire, read }: Part): Slot {
  return {
    name: field.name,
    schema: { type: 'array', items: { ...schema, optional: true }, optional: true },
    none: () => [],
    read(cursor, found, before) {
      const list = before as unknown[];
      if (found === wire) {
        list.push(read(cursor));
        return list;
      }
      expectWire(field, 2, found);
      const end = readEnd(cursor);
      while (cursor.at < end) list.push(read(cursor));
      return list;
    },
  };
}

/** A message with the name that protoc gives to the entries of a map. */
function entryOf({ resolvedType: type }: protobuf.Field): protobuf.Type | undefined {
  const isEntry = type instanceof protobuf.Type && type.name.endsWith('Entry');
  return isEntry && type.fieldsArray.map(({ name }) => name).join() === 'key,value' ? type : undefined;
}

function mapKeys({ keyType }: protobuf.MapField): Part {
  return scalarPart(SCALARS[keyType] as Scalar);
}

/** A map whose keys are no strings is written as an array of pairs. */
function mapSlot(field: protobuf.Field, keys: Part, values: Part): Slot {
  const absent = values.schema.type === 'struct' ? null : values.zero;
  const byId = new Map<number, Part>([
    [1, keys],
    [2, values],
  ]);
  return {
    name: field.name,
    schema: { type: 'map', keys: keys.schema, values: values.schema, optional: true },
    none: () => [],
    read(cursor, found, before) {
      expectWire(field, 2, found);
      const pair = [keys.zero, absent];
      const end = readEnd(cursor);
      while (cursor.at < end) {
        const [id, wire] = readTag(cursor);
        const part = byId.get(id);
        if (part === undefined) skip(cursor, wire);
        else pair[id - 1] = part.read(cursor);
      }
      return [...(before as unknown[]), pair];
    },
    ...(keys.schema.type === 'string' ? { done: (pairs) => Object.fromEntries(pairs as [string, unknown][]) } : {}),
  };
}

function scalarPart({ type, wire, zero, read }: Scalar): Part {
  return { schema: { type }, wire, zero, read };
}

/** Connect's types that Protobuf has not are named in the notes. */
const NARROWER: ReadonlySet<string> = new Set(['int8', 'int16']);

/** What one value of a field is, however often it may be there. */
function partOf(field: protobuf.Field, file: File): Part {
  const { resolvedType } = field;
  const notes = notesOf(field);
  const narrower = NARROWER.has(notes['connect.type'] ?? '') ? notes['connect.type'] : undefined;
  const part =
    resolvedType instanceof protobuf.Type
      ? messagePart(resolvedType, notes, file)
      : resolvedType instanceof protobuf.Enum
        ? enumPart(resolvedType)
        : scalarPart(SCALARS[field.type] as Scalar);
  return narrower === undefined ? part : { ...part, schema: { ...part.schema, type: narrower } };
}

function messagePart(type: protobuf.Type, notes: Readonly<Record<string, string>>, file: File): Part {
  const { schema, read } = messageOf(type, file);
  const name = type.fullName.slice(1);
  const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  const whole = (cursor: Cursor) => read(cursor, readEnd(cursor));
  if (known === undefined) return { schema, wire: 2, zero: null, read: whole };
  const meant = known.schema(notes);
  return { schema: meant, wire: 2, zero: null, read: (cursor) => known.value(whole(cursor), meant) };
}

function enumPart({ name, valuesById }: protobuf.Enum): Part {
  const symbol = (number: number): string => {
    const found = valuesById[number];
    if (found === undefined) throw new Undecodable(`the enum ${name} has no ${number}`);
    return found;
  };
  return {
    schema: { type: 'string' },
    wire: 0,
    zero: valuesById[0] ?? '',
    read: (cursor) => symbol(readInt32(cursor)),
  };
}
