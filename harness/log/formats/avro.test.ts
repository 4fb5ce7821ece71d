import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SOURCE_READERS } from '#engines/index.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { RegisteredSchema } from '#model/registered-schema.ts';
import { valueTextFor } from '#verify/observe/values/value-text.ts';
import { converterFor } from '../convert.ts';
import { decodeChangeEvent, decodeContext, isPoison, type LogRecord } from '../decode.ts';
import { type ConverterFor, Literal } from '../wire.ts';
import { avroSchema } from './avro.ts';
import { formatReader } from './reader.ts';

interface Recorded {
  readonly registered: Readonly<Record<string, Pick<RegisteredSchema, 'type' | 'text'>>>;
  readonly jsonSchemas: readonly string[];
  readonly records: readonly {
    readonly topic: string;
    readonly offset: string;
    readonly avro: { readonly key: string; readonly value: string };
    /** The schema's place, and the payload. */
    readonly json: { readonly key: readonly [number, string]; readonly value: readonly [number, string] };
  }[];
}

const RECORDED = JSON.parse(readFileSync(new URL('avro.fixture.json', import.meta.url), 'utf8')) as Recorded;

describe.each([
  ['applier', converterFor],
  ['verifier', valueTextFor],
] as const)('what Debezium wrote with an Avro converter is for the %s', (_, converter: ConverterFor) => {
  const decoded = async (records: readonly LogRecord[]): Promise<ChangeEvent[]> => {
    const formats = formatReader({
      async schema(id) {
        const found = RECORDED.registered[id];
        return found === undefined ? undefined : { ...found, references: [] };
      },
    });
    await formats.prepare(records);
    const context = decodeContext(SOURCE_READERS, new Map(), converter, formats);
    return records.map((record) => {
      const event = decodeChangeEvent(record, context);
      if (event === undefined || isPoison(event)) throw new Error(event?.poison ?? 'no event');
      return event;
    });
  };
  const { jsonSchemas } = RECORDED;
  const json = ([place, payload]: readonly [number, string]) =>
    Buffer.from(`{"schema":${jsonSchemas[place]},"payload":${payload}}`);
  const placed = RECORDED.records.map(({ topic, offset, avro, json: written }) => ({
    common: { topic, offset, partition: 0, timestamp: '1' },
    avro: { key: Buffer.from(avro.key, 'base64'), value: Buffer.from(avro.value, 'base64') },
    json: { key: json(written.key), value: json(written.value) },
  }));

  test('what it wrote with the JSON converter: rows, keys, columns and all', async () => {
    const events = await decoded(placed.map((record) => ({ ...record.common, ...record.avro })));
    const expected = await decoded(placed.map((record) => ({ ...record.common, ...record.json })));
    expect(events.length).toBeGreaterThan(10);
    for (const [place, event] of events.entries()) {
      const { key, op, after, columns, table, snapshot } = expected[place] as ChangeEvent;
      expect(event).toMatchObject({ key, op, columns, table, snapshot });
      expect(event.after).toEqual(after);
      expect([typeof event.lsn, typeof event.txn]).toEqual(['bigint', 'string']);
    }
  });
});

const read = (schema: unknown, ...bytes: readonly number[]) =>
  avroSchema(JSON.stringify(schema)).payload(Buffer.from(bytes));

describe('an Avro value', () => {
  const zigzag = (value: bigint): number[] => {
    let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    const bytes: number[] = [];
    for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
    return [...bytes, Number(left)];
  };

  test('of up to 64 bits keeps all its digits', () => {
    const edges = [
      1n,
      63n,
      64n,
      2n ** 31n,
      2n ** 47n,
      2n ** 48n,
      2n ** 49n,
      2n ** 52n,
      2n ** 53n - 1n,
      2n ** 53n,
      2n ** 62n,
    ];
    const values = [0n, 2n ** 63n - 1n, -(2n ** 63n), ...edges, ...edges.map((edge) => -edge)];
    for (const value of values) {
      const exact = Number.isSafeInteger(Number(value)) ? Number(value) : new Literal(String(value));
      expect(read('long', ...zigzag(value))).toEqual(exact);
    }
    expect(() => read('long', ...Array(10).fill(0xff), 1)).toThrow('more than 64 bits');
  });

  test('of 32 bits has as few digits as tell it from others', () => {
    const float = (value: number) => {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(value);
      return read('float', ...bytes);
    };
    expect([0.1, -0, 16_777_216, 1.4e-45, 3.4028235e38].map(float)).toEqual([
      0.1, -0, 16_777_216, 1.4e-45, 3.4028235e38,
    ]);
    expect([Number.NaN, Number.POSITIVE_INFINITY].map(float)).toEqual(['NaN', 'Infinity']);
  });

  test('of a map, an array and an enum is as the JSON converter has it', () => {
    expect(read({ type: 'map', values: 'int' }, 2, 2, 0x61, 4, 0)).toEqual({ a: 2 });
    expect(read({ type: 'array', items: ['null', 'int'] }, 3, 6, 2, 2, 0, 0)).toEqual([1, null]);
    expect(read({ type: 'enum', name: 'e', symbols: ['x', 'y'] }, 2)).toBe('y');
    const entry = { type: 'record', name: 'MapEntry', namespace: 'n' };
    const fields = [
      { name: 'key', type: 'int' },
      { name: 'value', type: 'int' },
    ];
    expect(read({ type: 'array', items: { ...entry, fields } }, 2, 2, 4, 0)).toEqual([[1, 2]]);
  });

  test('that is a text beside rows is read anew wherever it differs from the one before', () => {
    const names = ['op', 'source'].map((name) => ({ name, type: 'string' }));
    const fields = [...names, { name: 'db', type: ['null', 'string'] }];
    const written = avroSchema(JSON.stringify({ type: 'record', name: 'Envelope', fields }));
    const text = (value: string) => [2 * Buffer.byteLength(value), ...Buffer.from(value)];
    const payload = (op: string, source: string, db?: string) =>
      written.payload(Buffer.from([...text(op), ...text(source), ...(db === undefined ? [0] : [2, ...text(db)])]));
    expect(payload('c', 'größe', 'a')).toEqual({ op: 'c', source: 'größe', db: 'a' });
    expect(payload('c', 'größe')).toEqual({ op: 'c', source: 'größe', db: null });
    expect(payload('u', 'grÖße', 'b')).toEqual({ op: 'u', source: 'grÖße', db: 'b' });
    expect(payload('', '', 'b')).toEqual({ op: '', source: '', db: 'b' });
  });

  test('of a record may have any name', () => {
    const schema = { type: 'record', name: 'r', fields: [{ name: '__proto__', type: 'int' }] };
    expect(Object.entries(read(schema, 14) as object)).toEqual([['__proto__', 7]]);
  });

  test('that is cut off or too long is no value', () => {
    expect(() => read('string', 8, 0x61)).toThrow('ends within a value');
    expect(() => read('int', 0x80)).toThrow('ends within a value');
    expect(() => read('int', 2, 2)).toThrow('1 bytes are left over');
    expect(() => read(['null', 'int'], 4)).toThrow('a union of 2 types has none at 2');
    expect(() => read({ type: 'array', items: 'null' }, 0xfe, 0xff, 0xff, 0xff, 0x0f)).toThrow('without bytes');
  });
});

test('types mean what their logical type says where nothing is noted of Connect', () => {
  const fields = [
    { name: 'd', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
    { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-micros' }], default: null },
  ];
  expect(avroSchema(JSON.stringify({ type: 'record', name: 'r', namespace: 'n', fields })).schema).toEqual({
    ...{ type: 'struct', name: 'n.r' },
    fields: [
      { field: 'd', type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: '2' } },
      { field: 'at', type: 'int64', name: 'io.debezium.time.MicroTimestamp', optional: true },
    ],
  });
  expect(() => avroSchema('"nowhere"')).toThrow('not defined before it is used');
});
