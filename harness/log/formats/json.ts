import { messageOf } from '#std/errors.ts';
import { type ConnectSchema, Undecodable } from '../wire.ts';
import type { SchemaOf, WrittenSchema } from './format.ts';
import { largeLiterally, literally, type Reviver } from './literals.ts';

/** A schema, found again by the bytes that stand before the payload. */
interface KnownSchema extends WrittenSchema {
  /** `{"schema":{…},"payload":` */
  readonly prefix: Buffer;
}

/** A table's schema changes seldom; more than this many at once would be a topic that mixes schemas. */
const SCHEMAS_KEPT_MAX = 8;

const SCHEMA_HEAD = '{"schema":';
const PAYLOAD_HEAD = ',"payload":';
const HEAD = Buffer.from(SCHEMA_HEAD);

/** What Kafka Connect's JSON converter writes: with a schema before every payload, or the payload alone. */
export function jsonFormat(): SchemaOf {
  const topics = new Map<string, KnownSchema[]>();
  return (topic, bytes) => {
    if (!beginsWith(bytes, HEAD)) return unprefixed(bytes);
    const known = topics.get(topic) ?? [];
    if (known.length === 0) topics.set(topic, known);
    for (const one of known) if (beginsWith(bytes, one.prefix)) return one;
    const fresh = readSchema(bytes);
    if (fresh === undefined) return unprefixed(bytes);
    known.unshift(fresh);
    if (known.length > SCHEMAS_KEPT_MAX) known.pop();
    return fresh;
  };
}

function beginsWith(bytes: Buffer, head: Buffer): boolean {
  return bytes.length > head.length && bytes.compare(head, 0, head.length, 0, head.length) === 0;
}

/** A payload alone, or a schema and a payload in another order or with blanks, as other programs write them. */
function unprefixed(bytes: Buffer): WrittenSchema {
  const value = parsed(bytes) as Readonly<Record<string, unknown>> | null;
  const whole = value !== null && typeof value === 'object' && 'schema' in value && 'payload' in value;
  const schema = whole ? (value.schema as ConnectSchema | null) : null;
  return {
    ...(schema === null ? {} : { schema }),
    exact: false,
    payload(again) {
      const read = this.exact ? parsed(again, literally) : value;
      return whole ? (read as { readonly payload: unknown }).payload : read;
    },
  };
}

function parsed(bytes: Buffer, reviver?: Reviver): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'), reviver);
  } catch (error) {
    throw new Undecodable(`it is no JSON: ${messageOf(error)}`);
  }
}

/** The JSON converter writes the schema first, then the payload, without blanks. Undefined where it did not write this. */
function readSchema(bytes: Buffer): KnownSchema | undefined {
  const text = bytes.toString('utf8');
  const end = endOfObject(text, SCHEMA_HEAD.length);
  if (end === undefined) {
    // No schema, or a row whose first column is called so.
    if (text[SCHEMA_HEAD.length] !== '{') return undefined;
    throw new Undecodable('the record is no schema and payload');
  }
  if (!text.startsWith(PAYLOAD_HEAD, end)) throw new Undecodable('the record is no schema and payload');
  const schema = JSON.parse(text.slice(SCHEMA_HEAD.length, end), largeLiterally) as ConnectSchema;
  const prefix = Buffer.from(text.slice(0, end + PAYLOAD_HEAD.length), 'utf8');
  return {
    ...{ prefix, schema, exact: false },
    payload(of) {
      const payload = of.toString('utf8', prefix.length, of.length - 1);
      return this.exact ? JSON.parse(payload, literally) : JSON.parse(payload);
    },
  };
}

/** The index after the object that starts at `start`; undefined where it does not end. */
function endOfObject(text: string, start: number): number | undefined {
  if (text[start] !== '{') return undefined;
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') {
      at = endOfString(text, at);
    } else if (char === '{') {
      depth += 1;
    } else if (char === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** The index of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
