import { defaultEngine, SOURCE_READERS } from '#engines/index.ts';
import { type DecodeContext, decodeChangeEvent, decodeContext, isPoison, keyAlone } from '#log/decode.ts';
import { formatReader } from '#log/formats/reader.ts';
import { decodePlain } from '#log/plain.ts';
import { type ChangeEvent, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { SchemaSource } from '#model/registered-schema.ts';
import type { Text } from '#model/values.ts';
import { type DeadLetter, headerText } from './letter.ts';

/** What a record holds, as far as it can be read. */
export interface Contents {
  /** `id=7`, or the key's bytes as text; undefined for a record without one. */
  readonly key?: string;
  /** What became of the row; `tombstone` for a record without a value. */
  readonly op?: ChangeEvent['op'] | 'tombstone';
  readonly before?: Row;
  readonly after?: Row;
  /** The value as text, where it is no change of a row. */
  readonly text?: string;
  /** Why the value cannot be read. */
  readonly unreadable?: string;
}

/** Values as text; undefined stands for one that the event does not have, because it is unchanged. */
export type Row = Readonly<Record<string, Text | undefined>>;

export interface LetterDecoder {
  decode(letter: DeadLetter): Promise<Contents>;
}

/** Reads records in any of the log's formats; those of a registry with it alone. */
export function letterDecoder(registry?: SchemaSource): LetterDecoder {
  const context = decodeContext(SOURCE_READERS, undefined, undefined, formatReader(registry));
  return {
    async decode(letter) {
      const { key, value, timestampMs: timestamp } = letter;
      // A registry's schemas are those of the topic for which they were registered.
      const { topic, partition, offset } = letter.failure?.origin ?? letter;
      const record = { topic, partition, offset, timestamp, key, value, headers: textHeaders(letter) };
      await context.formats.prepare([record]);
      const event = eventOf(record, context);
      const known = keyText(event === undefined || isPoison(event) ? keyAlone(record, context) : event.key);
      const named = key === null ? undefined : known || bytesText(key);
      return { ...(named === undefined ? {} : { key: named }), ...contentsOf(event, value) };
    },
  };
}

type HeadedRecord = Parameters<typeof decodePlain>[0];

/** As Debezium writes it; failing that, as it is once its envelope was taken off. */
function eventOf(record: HeadedRecord, context: DecodeContext): ReturnType<typeof decodeChangeEvent> {
  const told = record.value === null && '__op' in record.headers;
  const event = told ? undefined : decodeChangeEvent(record, context);
  if (!told && (event === undefined || !isPoison(event))) return event;
  const plain = decodePlain(record, record.topic, defaultEngine.source.block, context);
  return plain !== undefined && isPoison(plain) ? (event ?? plain) : plain;
}

function contentsOf(event: ReturnType<typeof decodeChangeEvent>, value: Buffer | null): Omit<Contents, 'key'> {
  if (event === undefined) return value === null ? { op: 'tombstone' } : { text: bytesText(value) };
  if (isPoison(event)) return { unreadable: event.poison, ...(value === null ? {} : { text: bytesText(value) }) };
  const { op, before, after, identity } = event;
  const rows = {
    before: before ?? (op === 'delete' ? identity : undefined),
    after: after ?? (op === 'delete' ? undefined : identity),
  };
  return {
    op,
    ...(rows.before === undefined ? {} : { before: rowOf(rows.before) }),
    ...(rows.after === undefined ? {} : { after: rowOf(rows.after) }),
  };
}

function rowOf(row: EventRow): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value === UNCHANGED ? undefined : value]),
  );
}

function keyText(key: Readonly<Record<string, Text>>): string {
  return Object.entries(key)
    .map(([name, value]) => `${name}=${value ?? 'NULL'}`)
    .join(', ');
}

/** Bytes as text, or in base64 where they are none. */
export function bytesText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return `base64 ${bytes.toString('base64')}`;
  }
}

function textHeaders({ headers }: DeadLetter): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.keys(headers).flatMap((name) => {
      const text = headerText(headers, name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}
