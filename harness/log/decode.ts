import type { TableId } from '#model/catalog.ts';
import { type ChangeEvent, type EventOp, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { Text } from '#model/values.ts';
import { messageOf } from '#std/errors.ts';
import { converterFor } from './convert.ts';
import { type CompiledRow, compileEnvelope, compileRow } from './envelope.ts';
import { isUnavailable } from './placeholder.ts';
import type { SourceBlock, SourceReader, SourceReaders } from './source-block.ts';
import { type ConnectSchema, type ConverterFor, InexactNumber, Literal, numberOf, Undecodable } from './wire.ts';

/** A record as kafkajs hands it over. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string | bigint;
  /** Ms since the epoch. */
  readonly timestamp: string | number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** A record that cannot be decoded, and why. */
export interface Poison {
  readonly poison: string;
}

export interface DecodeContext {
  /** How each connector's `source` block is read. */
  readonly sources: SourceReaders;
  /** Topics whose table is not the one that the event's source block names. */
  readonly tables: ReadonlyMap<string, TableId>;
  readonly converterFor: ConverterFor;
  readonly keys: SchemaCache;
  readonly values: SchemaCache;
}

/** Values become what `converter` makes of them: the applier's own conversion, unless another is given. */
export function decodeContext(
  sources: SourceReaders,
  tables: ReadonlyMap<string, TableId> = new Map(),
  converter: ConverterFor = converterFor,
): DecodeContext {
  return { sources, tables, converterFor: converter, keys: new Map(), values: new Map() };
}

export function isPoison(decoded: ChangeEvent | Poison | undefined): decoded is Poison {
  return decoded !== undefined && 'poison' in decoded;
}

/** What is known of one schema, found again by the bytes that stand before the payload. */
interface KnownSchema {
  /** `{"schema":{…},"payload":` */
  readonly prefix: Buffer;
  readonly row: CompiledRow;
  /** Some number of this schema has been too long for JSON.parse: read its records exactly at once. */
  exact: boolean;
}

type SchemaCache = Map<string, KnownSchema[]>;

type Compile = (schema: ConnectSchema, converter: ConverterFor) => CompiledRow;

/** A table's schema changes seldom; more than this many at once would be a topic that mixes schemas. */
const SCHEMAS_KEPT_MAX = 8;

const OPS: Readonly<Record<string, EventOp>> = { c: 'create', u: 'update', d: 'delete', r: 'read', t: 'truncate' };

interface Envelope {
  readonly op?: string;
  readonly before?: Record<string, unknown> | null;
  readonly after?: Record<string, unknown> | null;
  readonly source?: SourceBlock | null;
  readonly transaction?: { readonly total_order?: unknown } | null;
}

/**
 * One record of a Debezium topic (JSON converter with schemas, the connector's own envelope) as an event. Undefined for
 * what is no change of a row: tombstones and logical decoding messages. Never throws. Position and transaction are what the
 * engine reads from the `source` block.
 */
export function decodeChangeEvent(record: LogRecord, context: DecodeContext): ChangeEvent | Poison | undefined {
  const { value } = record;
  if (value === null) return undefined;
  try {
    const known = schemaOf(record.topic, value, context.values, context.converterFor, compileEnvelope);
    if (!known.exact) {
      try {
        return eventOf(record, known, context);
      } catch (error) {
        if (!(error instanceof InexactNumber)) throw error;
        known.exact = true;
      }
    }
    return eventOf(record, known, context);
  } catch (error) {
    return { poison: messageOf(error) };
  }
}

function eventOf(record: LogRecord, known: KnownSchema, context: DecodeContext): ChangeEvent | undefined {
  const value = record.value as Buffer;
  const envelope = payloadOf(value, known) as Envelope | null;
  if (envelope === null) return undefined;
  if (envelope.op === 'm') return undefined;
  const op = OPS[envelope.op ?? ''];
  const source = envelope.source;
  if (op === undefined || source === undefined || source === null) {
    throw new Undecodable(`no change event: op is ${JSON.stringify(envelope.op)}`);
  }
  const after = envelope.after ?? undefined;
  const before = envelope.before ?? undefined;
  if (after === undefined && op !== 'delete' && op !== 'truncate') throw new Undecodable(`a ${op} without its row`);
  const reader = readerOf(source, context.sources);
  const lsn = reader.position(source, numberOf(envelope.transaction?.total_order));
  const committedAtMs = numberOf(source.ts_ms);
  const txn = reader.transaction(source);
  const event: { -readonly [Name in keyof ChangeEvent]: ChangeEvent[Name] } = {
    topic: record.topic,
    partition: record.partition,
    offset: BigInt(record.offset),
    timestampMs: Number(record.timestamp),
    table: context.tables.get(record.topic) ?? reader.table(source),
    op,
    key: op === 'truncate' ? {} : keyOfRecord(record, context),
    columns: known.row.columns,
    snapshot: op === 'read',
    bytes: value.length + (record.key?.length ?? 0),
  };
  // One by one: an object made only to be spread into another is garbage, five times for each record.
  if (before !== undefined) event.before = convertRow(before, known.row);
  if (after !== undefined) event.after = convertRow(after, known.row);
  if (lsn !== undefined) event.lsn = lsn;
  if (txn !== undefined) event.txn = txn;
  if (committedAtMs !== undefined) event.committedAtMs = committedAtMs;
  return event;
}

function readerOf({ connector }: SourceBlock, sources: SourceReaders): SourceReader {
  const reader = sources.get(String(connector));
  if (reader === undefined)
    throw new Undecodable(`no engine reads the events of the connector ${JSON.stringify(connector)}`);
  return reader;
}

function keyOfRecord(record: LogRecord, context: DecodeContext): Readonly<Record<string, Text>> {
  if (record.key === null) return {};
  const known = schemaOf(record.topic, record.key, context.keys, context.converterFor, compileRow);
  const read = () => {
    const payload = payloadOf(record.key as Buffer, known) as Record<string, unknown> | null;
    return payload === null ? {} : (convertRow(payload, known.row) as Record<string, Text>);
  };
  if (!known.exact) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InexactNumber)) throw error;
      known.exact = true;
    }
  }
  return read();
}

/** The key of a record whose value cannot be read; none where it cannot be read either. Never throws. */
export function keyAlone(record: LogRecord, context: DecodeContext): Readonly<Record<string, Text>> {
  try {
    return keyOfRecord(record, context);
  } catch {
    return {};
  }
}

/** Converts in place: the parsed object is ours, and making a second one for every row costs a third of the time. */
function convertRow(raw: Record<string, unknown>, row: CompiledRow): EventRow {
  for (const { name, convert, mayBeUnavailable } of row.fields) {
    const value = raw[name];
    if (value === null) continue;
    if (value === undefined) {
      raw[name] = null;
    } else {
      raw[name] = mayBeUnavailable && isUnavailable(value) ? UNCHANGED : convert(value);
    }
  }
  return raw as EventRow;
}

function payloadOf(bytes: Buffer, known: KnownSchema): unknown {
  const text = bytes.toString('utf8', known.prefix.length, bytes.length - 1);
  if (!known.exact) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? new Literal(context?.source ?? String(value)) : value,
  );
}

function schemaOf(
  topic: string,
  bytes: Buffer,
  cache: SchemaCache,
  converter: ConverterFor,
  compile: Compile,
): KnownSchema {
  let known = cache.get(topic);
  if (known === undefined) {
    known = [];
    cache.set(topic, known);
  }
  for (const one of known) {
    const { prefix } = one;
    if (bytes.length > prefix.length && bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0) return one;
  }
  const fresh = readSchema(bytes, converter, compile);
  known.unshift(fresh);
  if (known.length > SCHEMAS_KEPT_MAX) known.pop();
  return fresh;
}

const SCHEMA_HEAD = '{"schema":';
const PAYLOAD_HEAD = ',"payload":';

/** The JSON converter writes the schema first, then the payload, without blanks. */
function readSchema(bytes: Buffer, converter: ConverterFor, compile: Compile): KnownSchema {
  const text = bytes.toString('utf8');
  if (!text.startsWith(SCHEMA_HEAD)) {
    throw new Undecodable('the record carries no schema: the JSON converter must run with schemas.enable=true');
  }
  const end = endOfObject(text, SCHEMA_HEAD.length);
  if (end === undefined || !text.startsWith(PAYLOAD_HEAD, end))
    throw new Undecodable('the record is no schema and payload');
  const schema = JSON.parse(text.slice(SCHEMA_HEAD.length, end)) as ConnectSchema;
  const prefix = Buffer.from(text.slice(0, end + PAYLOAD_HEAD.length), 'utf8');
  return { prefix, row: compile(schema, converter), exact: false };
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
