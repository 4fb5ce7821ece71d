import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SOURCE_READERS } from '#engines/index.ts';
import { converterFor } from '#log/convert.ts';
import { decodeChangeEvent, decodeContext } from '#log/decode.ts';
import { type ConnectSchema, Literal } from '#log/wire.ts';
import { valueTextFor } from './value-text.ts';

/** A number as a record has it: as parsed, or as it stands there. */
const whole = (min: bigint, max: bigint) =>
  fc
    .tuple(fc.bigInt({ min, max }), fc.boolean())
    .map(([value, exact]) =>
      exact || value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER)
        ? new Literal(String(value))
        : Number(value),
    );
const BIG = 2n ** 63n;
const int32 = whole(-(2n ** 31n), 2n ** 31n - 1n);
const int64 = fc.oneof(whole(-BIG, BIG - 1n), whole(-(10n ** 16n), 10n ** 16n), whole(-2_000_000n, 2_000_000n));
/** Milliseconds whose seconds a number holds: beyond them the first decoder rounds. */
const millis = whole(-(9n * 10n ** 18n), 9n * 10n ** 18n);
const floats = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom('NaN', 'Infinity', '-Infinity', -0),
);
const bytes = fc.uint8Array({ maxLength: 24 }).map((value) => Buffer.from(value).toString('base64'));
const strings = fc.string({ unit: 'grapheme' });
const scale = fc.integer({ min: -5, max: 40 });

const temporal = (name: string): ConnectSchema => ({ type: 'int64', name: `io.debezium.time.${name}` });
const pad = (value: number, length: number): string => String(value).padStart(length, '0');
const zonedClock = fc
  .tuple(
    fc.nat(23),
    fc.nat(59),
    fc.nat(59),
    fc.constantFrom('', '.5', '.000001', '.120000'),
    fc.constantFrom('Z', '+02:00', ''),
  )
  .map(
    ([hour, minute, second, fraction, zone]) => `${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}${fraction}${zone}`,
  );
const zonedMoment = fc
  .tuple(
    fc.integer({ min: -5000, max: 300_000 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
    zonedClock,
  )
  .map(([year, month, day, clock]) => {
    const sign = year < 0 ? '-' : year > 9999 ? '+' : '';
    return `${sign}${pad(Math.abs(year), 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock}`;
  });
const point = fc.record({ x: floats, y: floats });
const wkb = fc
  .tuple(fc.constantFrom('01', '00'), fc.uint8Array({ minLength: 12, maxLength: 40 }))
  .map(([order, rest]) => Buffer.from(order + Buffer.from(rest).toString('hex'), 'hex').toString('base64'));

const decimal = fc.record({ scale, value: bytes });
const CASES: readonly (readonly [ConnectSchema, fc.Arbitrary<unknown>])[] = [
  [{ type: 'int64' }, int64],
  [{ type: 'double' }, floats],
  [{ type: 'boolean' }, fc.boolean()],
  [{ type: 'string' }, strings],
  [{ type: 'bytes' }, bytes],
  [{ type: 'map' }, fc.dictionary(strings, fc.option(strings))],
  [{ type: 'array', items: { type: 'string' } }, fc.array(fc.option(strings))],
  [{ type: 'array', items: { type: 'array', items: temporal('Date') } }, fc.array(fc.option(fc.array(int32)))],
  ...['Date'].map((name) => [temporal(name), int32] as const),
  ...['Time', 'MicroTime', 'NanoTime'].map((name) => [temporal(name), whole(-(10n ** 15n), 10n ** 15n)] as const),
  [temporal('Timestamp'), millis],
  ...['MicroTimestamp', 'NanoTimestamp', 'MicroDuration', 'NanoDuration'].map(
    (name) => [temporal(name), int64] as const,
  ),
  [{ type: 'string', name: 'io.debezium.time.ZonedTime' }, zonedClock],
  [{ type: 'string', name: 'io.debezium.time.ZonedTimestamp' }, zonedMoment],
  [{ type: 'string', name: 'io.debezium.time.IsoTimestamp' }, zonedMoment],
  ...[0, 2, 15, 16, 30].map(
    (places) =>
      [
        { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: String(places) } },
        bytes,
      ] as const,
  ),
  [{ type: 'struct', name: 'io.debezium.data.VariableScaleDecimal' }, decimal],
  ...[1, 5, 8, 64, 100].map(
    (length) =>
      [{ type: 'bytes', name: 'io.debezium.data.Bits', parameters: { length: String(length) } }, bytes] as const,
  ),
  [{ type: 'struct', name: 'io.debezium.data.geometry.Point' }, point],
  [{ type: 'struct', name: 'io.debezium.data.geometry.Circle' }, fc.record({ center: point, radius: floats })],
  [{ type: 'struct', name: 'io.debezium.data.geometry.Line' }, fc.record({ a: floats, b: floats, c: floats })],
  [
    { type: 'struct', name: 'io.debezium.data.geometry.Geometry' },
    fc.record({ wkb, srid: fc.option(fc.nat(999_999)) }),
  ],
  [{ type: 'array', name: 'io.debezium.data.DoubleVector' }, fc.array(floats)],
];

test.each(CASES)('both decoders agree on %j', (schema, values) => {
  const [first, second] = [converterFor(schema), valueTextFor(schema)];
  fc.assert(
    fc.property(values, (raw) => {
      expect(second(raw)).toBe(first(raw));
    }),
    { numRuns: 300 },
  );
});

type Part = readonly [schema: string, payload: string] | null;

test('both decoders agree on the records of a real connector', () => {
  const recorded = JSON.parse(readFileSync(new URL('../../../log/records.fixture.json', import.meta.url), 'utf8')) as {
    readonly schemas: Readonly<Record<string, string>>;
    readonly records: Readonly<
      Record<string, { topic: string; offset: string; timestamp: string; key: Part; value: Part }>
    >;
  };
  const bytesOf = (part: Part): Buffer | null =>
    part === null ? null : Buffer.from(`{"schema":${recorded.schemas[part[0]]},"payload":${part[1]}}`);
  const [first, second] = [decodeContext(SOURCE_READERS), decodeContext(SOURCE_READERS, new Map(), valueTextFor)];
  const records = Object.values(recorded.records);
  expect(records.length).toBeGreaterThan(10);
  for (const record of records) {
    const one = { ...record, partition: 0, key: bytesOf(record.key), value: bytesOf(record.value) };
    expect(decodeChangeEvent(one, second)).toEqual(decodeChangeEvent(one, first));
  }
});
