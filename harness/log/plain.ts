import type { TableId } from '#model/catalog.ts';
import type { ChangeEvent, EventOp, EventRow } from '#model/change-event.ts';
import { UNCHANGED } from '#model/change-event.ts';
import type { Text } from '#model/values.ts';
import { messageOf } from '#std/errors.ts';
import { type DecodeContext, exactly, type LogRecord, type Poison } from './decode.ts';
import { compileRow } from './envelope.ts';
import type { FormatReader } from './formats/reader.ts';
import { isUnavailable } from './placeholder.ts';
import type { SourceBlock, SourceReader } from './source-block.ts';
import { type ConnectSchema, type ConverterFor, Literal, numberOf, Undecodable } from './wire.ts';

/** A record with its headers, as texts. */
export interface HeadedRecord extends LogRecord {
  readonly headers: Readonly<Record<string, string>>;
}

const OPS: Readonly<Record<string, EventOp>> = { c: 'create', u: 'update', d: 'delete', r: 'read', t: 'truncate' };

type Fields = Readonly<Record<string, unknown>>;

/** A key or value with its schema, if it was written with one. */
interface Parsed {
  readonly payload: Fields | null;
  readonly schema?: ConnectSchema | undefined;
}

/** Reads a record's key or value and makes something of it. */
function parse<T>(record: LogRecord, part: 'key' | 'value', formats: FormatReader, make: (parsed: Parsed) => T): T {
  const bytes = record[part];
  if (bytes === null) return make({ payload: null });
  const written = formats.schemaOf(record.topic, part, bytes);
  return exactly(written, () => {
    const payload = written.payload(bytes) as Fields | null;
    if (payload !== null && typeof payload !== 'object') throw new Undecodable('the record is no object');
    return make({ payload, schema: written.schema });
  });
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
  context: Pick<DecodeContext, 'converterFor' | 'formats'>,
): ChangeEvent | Poison | undefined {
  try {
    const made = parse(record, 'value', context.formats, (value) =>
      changeOf(record, value, reader, context.converterFor),
    );
    if (made === undefined) return undefined;
    const { op, lsn, txn, row, raw } = made;
    return {
      topic: record.topic,
      partition: record.partition,
      offset: BigInt(record.offset),
      timestampMs: Number(record.timestamp),
      table,
      op,
      key:
        op === 'truncate'
          ? {}
          : parse(record, 'key', context.formats, ({ payload, schema }) =>
              payload === null ? {} : keyOf(payload, schema, context.converterFor),
            ),
      // A delete that was rewritten has the columns of the row that is gone.
      columns: op === 'delete' ? [] : (row?.columns ?? []),
      snapshot: op === 'read',
      bytes: (record.value?.length ?? 0) + (record.key?.length ?? 0),
      ...(row === undefined ? {} : { [op === 'delete' ? 'before' : 'after']: row.row }),
      ...(raw === undefined ? {} : { identity: raw }),
      ...(lsn === undefined ? {} : { lsn }),
      ...(txn === undefined ? {} : { txn }),
    };
  } catch (error) {
    return { poison: messageOf(error) };
  }
}

/** What a record's value says of the change; undefined for a tombstone. */
function changeOf(record: HeadedRecord, { payload, schema }: Parsed, reader: SourceReader, converterFor: ConverterFor) {
  const envelope = payload !== null && 'op' in payload && 'source' in payload ? payload : undefined;
  const named = (name: string): Text => textOf(record.headers[name] ?? payload?.[name]);
  const letter = envelope === undefined ? letterOf(record, payload, named) : textOf(envelope.op);
  if (letter === undefined) return undefined;
  const op = OPS[letter ?? ''];
  if (op === undefined) throw new Undecodable(`no change event: its operation is ${JSON.stringify(letter)}`);
  const block = (envelope?.source ?? blockOf(reader, named)) as SourceBlock;
  const [lsn, txn] = [reader.position(block, orderOf(envelope, named)), reader.transaction(block)];
  const isRow = envelope === undefined && schema !== undefined && payload !== null;
  const row = isRow ? rowOf(payload, schema, converterFor) : undefined;
  return { op, lsn, txn, row, raw: row === undefined ? rawOf(op, payload, envelope) : undefined };
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
  return told === null || told === undefined ? undefined : (numberOf(told) ?? Number(told));
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
  return scalarText(raw).replace(/^"(.*)"$/, '$1');
}

/** The row's values as they stand in a record without a schema: they name the row, and what they mean is not known. */
function rawOf(op: EventOp, payload: Fields | null, envelope: Fields | undefined): EventRow | undefined {
  const row =
    envelope === undefined ? payload : ((op === 'delete' ? envelope.before : envelope.after) as Fields | null);
  if (row === null || row === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      (typeof value === 'object' && !(value instanceof Literal)) || name.startsWith('__')
        ? []
        : [[name, scalarText(value)]],
    ),
  );
}

function scalarText(raw: unknown): string {
  return raw instanceof Literal ? raw.text : String(raw);
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
      return [name, raw === null ? null : convert === undefined ? scalarText(raw) : convert(raw)];
    }),
  );
}
