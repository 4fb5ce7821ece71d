import type { TableId } from '#model/catalog.ts';
import type { ChangeEvent, EventOp, EventRow } from '#model/change-event.ts';
import { UNCHANGED } from '#model/change-event.ts';
import type { Text } from '#model/values.ts';
import { messageOf } from '#std/errors.ts';
import type { LogRecord, Poison } from './decode.ts';
import { compileRow } from './envelope.ts';
import { isUnavailable } from './placeholder.ts';
import type { SourceBlock, SourceReader } from './source-block.ts';
import type { ConnectSchema, ConverterFor } from './wire.ts';

/** A record with its headers, as texts. */
export interface HeadedRecord extends LogRecord {
  readonly headers: Readonly<Record<string, string>>;
}

const OPS: Readonly<Record<string, EventOp>> = { c: 'create', u: 'update', d: 'delete', r: 'read', t: 'truncate' };

type Fields = Readonly<Record<string, unknown>>;

/** A JSON value with its schema, if it was written with one. */
interface Parsed {
  readonly payload: Fields | null;
  readonly schema?: ConnectSchema;
}

function parse(bytes: Buffer | null): Parsed {
  if (bytes === null) return { payload: null };
  const value = JSON.parse(bytes.toString('utf8')) as Fields | null;
  if (value === null || typeof value !== 'object') throw new Error('the record is no JSON object');
  if (!('schema' in value && 'payload' in value)) return { payload: value };
  const payload = value.payload as Fields | null;
  return { payload, ...(value.schema === null ? {} : { schema: value.schema as ConnectSchema }) };
}

/**
 * A record of somebody's own connector as an event, where {@link decodeChangeEvent} finds no envelope with a schema: an
 * envelope without one, or a row whose envelope was taken off (ExtractNewRecordState). Operation, LSN and transaction are
 * then taken from headers (`__op`, and `__source_lsn` and the like) or fields of these names. Rows are known only where
 * a schema says what their values mean. Undefined for a tombstone. Never throws.
 */
export function decodePlain(
  record: HeadedRecord,
  table: TableId,
  reader: SourceReader,
  converterFor: ConverterFor,
): ChangeEvent | Poison | undefined {
  try {
    const { payload, schema } = parse(record.value);
    const envelope = payload !== null && 'op' in payload && 'source' in payload ? payload : undefined;
    const named = (name: string): Text => textOf(record.headers[name] ?? payload?.[name]);
    const letter = envelope === undefined ? letterOf(record, payload, named) : textOf(envelope.op);
    if (letter === undefined) return undefined;
    const op = OPS[letter ?? ''];
    if (op === undefined) throw new Error(`no change event: its operation is ${JSON.stringify(letter)}`);
    const block = (envelope?.source ?? blockOf(reader, named)) as SourceBlock;
    const [lsn, txn] = [reader.position(block, orderOf(envelope, named)), reader.transaction(block)];
    const row = envelope === undefined && schema !== undefined ? rowOf(payload, schema, converterFor) : undefined;
    const raw = row === undefined ? rawOf(op, payload, envelope) : undefined;
    const key = parse(record.key);
    return {
      topic: record.topic,
      partition: record.partition,
      offset: BigInt(record.offset),
      timestampMs: Number(record.timestamp),
      table,
      op,
      key: op === 'truncate' || key.payload === null ? {} : keyOf(key.payload, key.schema, converterFor),
      // A delete that was rewritten has the columns of the row that is gone.
      columns: op === 'delete' ? [] : (row?.columns ?? []),
      snapshot: op === 'read',
      bytes: (record.value?.length ?? 0) + (record.key?.length ?? 0),
      ...(row === undefined || payload === null ? {} : { [op === 'delete' ? 'before' : 'after']: row.row }),
      ...(raw === undefined ? {} : { identity: raw }),
      ...(lsn === undefined ? {} : { lsn }),
      ...(txn === undefined ? {} : { txn }),
    };
  } catch (error) {
    return { poison: messageOf(error) };
  }
}

/** The fields of the `source` block that were copied into headers, or into the row (`add.headers`, `add.fields`). */
function blockOf({ fields }: SourceReader, named: (name: string) => Text): SourceBlock {
  return Object.fromEntries(
    fields.map((field) => [field, named(`__source_${field}`) ?? named(`__${field}`) ?? undefined]),
  );
}

/** The event's place in its transaction, where the connector tells it. */
function orderOf(envelope: Fields | undefined, named: (name: string) => Text): number | undefined {
  const told = (envelope?.transaction as Fields | null | undefined)?.total_order ?? named('__transaction_total_order');
  return told === null ? undefined : Number(told);
}

/** The operation of a record without an envelope; undefined for a tombstone. */
function letterOf(record: HeadedRecord, payload: Fields | null, named: (name: string) => Text): string | undefined {
  const said = named('__op');
  if (textOf(payload?.__deleted) === 'true') return 'd';
  if (said !== null) return said;
  // A row without a word on what became of it is at least there.
  return record.value === null ? undefined : 'u';
}

function textOf(raw: unknown): Text {
  if (raw === undefined || raw === null) return null;
  return String(raw).replace(/^"(.*)"$/, '$1');
}

/** The row's values as they stand in a record without a schema: they name the row, and what they mean is not known. */
function rawOf(op: EventOp, payload: Fields | null, envelope: Fields | undefined): EventRow | undefined {
  const row =
    envelope === undefined ? payload : ((op === 'delete' ? envelope.before : envelope.after) as Fields | null);
  if (row === null || row === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      typeof value === 'object' || name.startsWith('__') ? [] : [[name, String(value)]],
    ),
  );
}

/** A row's own fields; those that begin with `__` are about it. */
function rowOf(payload: Fields | null, schema: ConnectSchema, converterFor: ConverterFor) {
  const fields = (schema.fields ?? []).filter(({ field }) => field?.startsWith('__') === false);
  const compiled = compileRow({ ...schema, fields }, converterFor);
  const row: Record<string, EventRow[string]> = {};
  for (const { name, convert, mayBeUnavailable } of compiled.fields) {
    const raw = payload?.[name];
    if (raw === undefined || raw === null) row[name] = null;
    else row[name] = mayBeUnavailable && isUnavailable(raw) ? UNCHANGED : convert(raw);
  }
  return { row: row as EventRow, columns: compiled.columns };
}

function keyOf(
  payload: Fields,
  schema: ConnectSchema | undefined,
  converterFor: ConverterFor,
): Readonly<Record<string, Text>> {
  const converters = new Map(
    schema === undefined ? [] : compileRow(schema, converterFor).fields.map((field) => [field.name, field]),
  );
  return Object.fromEntries(
    Object.entries(payload).map(([name, raw]) => {
      const convert = converters.get(name)?.convert;
      return [name, raw === null ? null : convert === undefined ? String(raw) : convert(raw)];
    }),
  );
}
