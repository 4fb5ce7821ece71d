import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { SOURCE_READERS } from '#engines/index.ts';
import type { ChangeEvent, EventRow } from '#model/change-event.ts';
import type { RegisteredSchema } from '#model/registered-schema.ts';
import { valueTextFor } from '#verify/observe/values/value-text.ts';
import { converterFor } from '../convert.ts';
import { decodeChangeEvent, decodeContext, isPoison } from '../decode.ts';
import { type ConnectSchema, type ConverterFor, Undecodable } from '../wire.ts';
import type { ColumnTypes } from './column-types.ts';
import { formatReader } from './reader.ts';

/** In base64; JSON as the place of its schema, and the payload. */
type Kept = string | readonly [number, string];

/** What Confluent's own converters wrote: made by `harness/testing/record-formats.ts`. */
interface Recorded {
  readonly registered: Readonly<Record<string, RegisteredSchema>>;
  readonly jsonSchemas: readonly string[];
  /** By the writer, each with the same events in one order. */
  readonly records: Readonly<Record<string, readonly RecordedRecord[]>>;
}

interface RecordedRecord {
  readonly topic: string;
  readonly offset: string;
  readonly key: Kept;
  /** Null for a tombstone. */
  readonly value: Kept | null;
}

const RECORDED = JSON.parse(readFileSync(new URL('confluent.fixture.json', import.meta.url), 'utf8')) as Recorded;

function bytesOf(kept: Kept): Buffer {
  if (typeof kept === 'string') return Buffer.from(kept, 'base64');
  return Buffer.from(`{"schema":${RECORDED.jsonSchemas[kept[0]]},"payload":${kept[1]}}`);
}

async function eventsOf(writer: string, converter: ConverterFor, columns?: ColumnTypes): Promise<ChangeEvent[]> {
  const formats = formatReader({ schema: async (id) => RECORDED.registered[id] }, columns);
  const records = (RECORDED.records[writer] ?? []).map(({ topic, offset, key, value }) => ({
    ...{ topic, offset, partition: 0, timestamp: '1', key: bytesOf(key) },
    value: value === null ? null : bytesOf(value),
  }));
  for (const record of records) await formats.prepare([record], record.topic);
  const context = decodeContext(SOURCE_READERS, new Map(), converter, formats);
  return records.flatMap((record) => {
    const event = decodeChangeEvent(record, context);
    if (event !== undefined && isPoison(event)) throw new Error(event.poison);
    return event === undefined ? [] : [event];
  });
}

const compared = ({ key, op, table, snapshot, before, after, columns }: ChangeEvent) => ({
  ...{ key, op, table, snapshot, before, after, columns },
});

/** The names that Protobuf has a message for: of no other type is the meaning in its schema. */
const NAMED = /^org\.apache\.kafka\.connect\.data\.|VariableScaleDecimal$|Point$/;

function unnamed({ type, name, items, ...more }: ConnectSchema): ConnectSchema {
  if (name !== undefined && NAMED.test(name)) return { type, name, ...more };
  return { type, ...(items === undefined ? {} : { items: unnamed(items) }) };
}

const unnaming =
  (converter: ConverterFor): ConverterFor =>
  (schema) =>
    converter(unnamed(schema));

/** What a NULL is without a word on it in the schema; that of a message is none. */
const ZEROS: Readonly<Record<string, string>> = {
  ...{ int16: '0', int32: '0', int64: '0', float: '0', double: '0' },
  ...{ boolean: 'f', string: '', bytes: '\\x', array: '{}' },
};

interface Lost {
  readonly nulls: boolean;
}

/** The event as far as Protobuf keeps it. */
function kept({ columns, before, after, ...event }: ReturnType<typeof compared>, { nulls }: Lost) {
  const row = (of: EventRow | undefined): EventRow | undefined =>
    of &&
    Object.fromEntries(
      columns.map(({ name, connectType, semantic = '', default: own }) => {
        const value = of[name] ?? null;
        const zero = NAMED.test(semantic) ? null : (ZEROS[connectType] ?? null);
        if (value !== null) return [name, value];
        return [name, nulls ? (own ?? zero) : connectType === 'array' ? zero : null];
      }),
    );
  return {
    ...event,
    ...{ before: row(before), after: row(after) },
    columns: columns.map(({ semantic = '', parameters, default: _, ...column }) => ({
      ...column,
      ...(NAMED.test(semantic) ? { semantic, ...(parameters === undefined ? {} : { parameters }) } : {}),
      optional: nulls || column.optional,
    })),
  };
}

describe.each([
  ['applier', converterFor],
  ['verifier', valueTextFor],
] as const)('what Debezium wrote with the converters of Confluent is for the %s', (_, converter) => {
  test('in JSON Schema what it wrote with the JSON converter', async () => {
    const [events, expected] = [await eventsOf('jsonSchema', converter), await eventsOf('json', converter)];
    expect(events).toHaveLength(10);
    expect(events.map(compared)).toEqual(expected.map(compared));
    for (const { lsn, txn } of events) expect([typeof lsn, typeof txn]).toEqual(['bigint', 'string']);
  });

  test.each([
    ['protobuf', 'json', 10, { nulls: true }],
    ['protobufOptional', 'json', 10, { nulls: false }],
    ['protobufWrapper', 'json', 10, { nulls: false }],
    ['protobufConnect', 'jsonConnect', 5, { nulls: false }],
  ] as const)(
    'in Protobuf (%s) what the JSON converter wrote (%s), but for what Protobuf has no word for',
    async (writer, json, count, lost) => {
      const [events, expected] = [await eventsOf(writer, converter), await eventsOf(json, unnaming(converter))];
      expect(events).toHaveLength(count);
      expect(events.map(compared)).toEqual(expected.map((event) => kept(compared(event), lost)));
      for (const { lsn, txn } of events) expect([typeof lsn, typeof txn]).toEqual(['bigint', 'string']);
    },
  );

  test('in Protobuf what the JSON converter wrote, where the catalog names the types of columns', async () => {
    const columns: ColumnTypes = {
      async columnsOf(topic) {
        // A server does not answer at once.
        await setImmediate();
        const [place] = RECORDED.records.json?.find((record) => record.topic === topic)?.value ?? [];
        const envelope = JSON.parse(RECORDED.jsonSchemas[Number(place)] ?? '') as ConnectSchema;
        return envelope.fields?.find(({ field }) => field === 'after')?.fields ?? [];
      },
    };
    const [events, expected] = [
      await eventsOf('protobufOptional', converter, columns),
      await eventsOf('json', converter),
    ];
    const rows = ({ key, before, after }: ChangeEvent) => ({ key, before, after });
    const emptied = ({ columns: all, ...event }: ReturnType<typeof compared>) =>
      rows({ ...event, ...kept({ ...event, columns: all }, { nulls: false }), columns: all } as ChangeEvent);
    expect(events.map(rows)).toEqual(expected.map((event) => emptied(compared(event))));
    const unknown: ColumnTypes = {
      async columnsOf() {
        throw new Undecodable('a transform may change its values');
      },
    };
    const day = { field: 'day', type: 'int64', name: 'io.debezium.time.Timestamp' };
    const other: ColumnTypes = { columnsOf: async () => [day] };
    for (const vain of [unknown, other])
      expect(await eventsOf('protobufOptional', converter, vain)).toEqual(
        await eventsOf('protobufOptional', converter),
      );
  });
});
