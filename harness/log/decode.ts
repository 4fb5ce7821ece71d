import type { TableId } from '#model/catalog.ts';
import { type ChangeEvent, type EventOp, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { Text } from '#model/values.ts';
import { messageOf } from '#std/errors.ts';
import { converterFor } from './convert.ts';
import { type CompiledRow, compileEnvelope, compileRow } from './envelope.ts';
import type { WrittenSchema } from './formats/format.ts';
import { type FormatReader, formatReader } from './formats/reader.ts';
import { isUnavailable } from './placeholder.ts';
import type { SourceBlock, SourceReader, SourceReaders } from './source-block.ts';
import { type ConnectSchema, type ConverterFor, InexactNumber, numberOf, Undecodable } from './wire.ts';

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
  /** Reads keys and values, whatever their format; what it is to read must have been prepared. */
  readonly formats: FormatReader;
  readonly keys: Compiled;
  readonly values: Compiled;
}

/** Values become what `converter` makes of them: the applier's own conversion, unless another is given. */
export function decodeContext(
  sources: SourceReaders,
  tables: ReadonlyMap<string, TableId> = new Map(),
  converter: ConverterFor = converterFor,
  formats: FormatReader = formatReader(),
): DecodeContext {
  return { sources, tables, converterFor: converter, formats, keys: new WeakMap(), values: new WeakMap() };
}

export function isPoison(decoded: ChangeEvent | Poison | undefined): decoded is Poison {
  return decoded !== undefined && 'poison' in decoded;
}

/** How rows of a schema are read, made once for each schema. */
type Compiled = WeakMap<WrittenSchema, CompiledRow>;

type Compile = (schema: ConnectSchema, converter: ConverterFor) => CompiledRow;

const OPS: Readonly<Record<string, EventOp>> = { c: 'create', u: 'update', d: 'delete', r: 'read', t: 'truncate' };

interface Envelope {
  readonly op?: string;
  readonly before?: Record<string, unknown> | null;
  readonly after?: Record<string, unknown> | null;
  readonly source?: SourceBlock | null;
  readonly transaction?: { readonly total_order?: unknown } | null;
}

/**
 * One record of a Debezium topic (any format with schemas, the connector's own envelope) as an event. Undefined for
 * what is no change of a row: tombstones and logical decoding messages. Never throws. Position and transaction are what the
 * engine reads from the `source` block.
 */
export function decodeChangeEvent(record: LogRecord, context: DecodeContext): ChangeEvent | Poison | undefined {
  const { value } = record;
  if (value === null) return undefined;
  try {
    const written = context.formats.schemaOf(record.topic, 'value', value);
    return exactly(written, () => eventOf(record, written, context));
  } catch (error) {
    return { poison: messageOf(error) };
  }
}

function eventOf(record: LogRecord, written: WrittenSchema, context: DecodeContext): ChangeEvent | undefined {
  const value = record.value as Buffer;
  const row = rowOf(written, context.values, compileEnvelope, context);
  const envelope = written.payload(value) as Envelope | null;
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
    columns: row.columns,
    snapshot: op === 'read',
    bytes: value.length + (record.key?.length ?? 0),
  };
  // One by one: an object made only to be spread into another is garbage, five times for each record.
  if (before !== undefined) event.before = convertRow(before, row);
  if (after !== undefined) event.after = convertRow(after, row);
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
  const { key } = record;
  const written = context.formats.schemaOf(record.topic, 'key', key);
  const row = rowOf(written, context.keys, compileRow, context);
  return exactly(written, () => {
    const payload = written.payload(key) as Record<string, unknown> | null;
    return payload === null ? {} : (convertRow(payload, row) as Record<string, Text>);
  });
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

function rowOf(
  written: WrittenSchema,
  known: Compiled,
  compile: Compile,
  { converterFor: converter }: DecodeContext,
): CompiledRow {
  const found = known.get(written);
  if (found !== undefined) return found;
  if (written.schema === undefined)
    throw new Undecodable(
      written.why ?? 'the record carries no schema: the JSON converter must run with schemas.enable=true',
    );
  const row = compile(written.schema, converter);
  known.set(written, row);
  return row;
}

/** Reads once more, exactly, where a number has been too long for JSON.parse. */
export function exactly<T>(written: WrittenSchema, read: () => T): T {
  if (!written.exact) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InexactNumber)) throw error;
      written.exact = true;
    }
  }
  return read();
}
