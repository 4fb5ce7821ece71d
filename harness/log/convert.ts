import type { Text } from '#model/values.ts';
import { dateText, durationText, timestampText, timeText, zonedTimestampText, zonedTimeText } from './temporal.ts';
import { type ConnectSchema, type Convert, InexactNumber, Literal, Undecodable } from './wire.ts';

function integer(raw: unknown): string {
  if (typeof raw === 'number') {
    if (!Number.isSafeInteger(raw)) throw new InexactNumber();
    return String(raw);
  }
  if (raw instanceof Literal && /^-?\d+$/.test(raw.text)) return raw.text;
  throw new Undecodable(`expected an integer, found ${JSON.stringify(raw)}`);
}

/** A count for the temporal types: a number where that is exact, else a bigint. */
function count(raw: unknown): number | bigint {
  const text = integer(raw);
  return typeof raw === 'number' ? raw : BigInt(text);
}

function float(raw: unknown): string {
  // Jackson writes NaN and the infinities as strings, in PostgreSQL's own spelling.
  if (typeof raw === 'string') return raw;
  // One spelling, whatever else the record holds: a text column of a sink keeps it.
  const number = raw instanceof Literal ? Number(raw.text) : raw;
  if (typeof number !== 'number') throw new Undecodable(`expected a number, found ${JSON.stringify(raw)}`);
  return Object.is(number, -0) ? '-0' : String(number);
}

function boolean(raw: unknown): string {
  if (raw === true) return 't';
  if (raw === false) return 'f';
  throw new Undecodable(`expected a boolean, found ${JSON.stringify(raw)}`);
}

function string(raw: unknown): string {
  if (typeof raw === 'string') return raw;
  throw new Undecodable(`expected a string, found ${JSON.stringify(raw)}`);
}

function bytesOf(raw: unknown): Buffer {
  return Buffer.from(string(raw), 'base64');
}

function bytes(raw: unknown): string {
  return `\\x${bytesOf(raw).toString('hex')}`;
}

/** The digits of `unscaled × 10^-scale`, all of them. */
function decimalText(unscaled: Buffer, scale: number): string {
  const value = unscaledValue(unscaled);
  const negative = value < 0;
  let digits = negative ? String(-value) : String(value);
  if (scale < 0) return `${negative ? '-' : ''}${digits}${digits === '0' ? '' : '0'.repeat(-scale)}`;
  if (scale > 0) {
    if (digits.length <= scale) digits = digits.padStart(scale + 1, '0');
    digits = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  }
  return negative ? `-${digits}` : digits;
}

function unscaledValue(buffer: Buffer): number | bigint {
  if (buffer.length === 0) return 0;
  if (buffer.length <= 6) return buffer.readIntBE(0, buffer.length);
  return BigInt.asIntN(buffer.length * 8, BigInt(`0x${buffer.toString('hex')}`));
}

function decimal(schema: ConnectSchema): Convert {
  const scale = Number(schema.parameters?.scale ?? 0);
  return (raw) => {
    // `decimal.format=NUMERIC` writes a JSON number, whose trailing zeros JSON.parse would drop.
    if (typeof raw === 'number') throw new InexactNumber();
    if (raw instanceof Literal) return raw.text;
    return decimalText(bytesOf(raw), scale);
  };
}

function variableScaleDecimal(raw: unknown): string {
  const struct = raw as { readonly scale?: unknown; readonly value?: unknown };
  if (struct.value === undefined) throw new Undecodable(`expected {scale, value}, found ${JSON.stringify(raw)}`);
  return decimalText(bytesOf(struct.value), Number(integer(struct.scale)));
}

/** Debezium's Bits: little-endian bytes, as few as the set bits need, of a bit string of the length in the schema. */
function bits(schema: ConnectSchema): Convert {
  const length = Number(schema.parameters?.length ?? 0);
  return (raw) => {
    const buffer = bytesOf(raw);
    let text = '';
    for (let bit = length - 1; bit >= 0; bit -= 1) {
      text += ((buffer[bit >> 3] ?? 0) >> (bit & 7)) & 1 ? '1' : '0';
    }
    return text;
  };
}

/** An element of a PostgreSQL array literal or of an hstore, quoted. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function array(schema: ConnectSchema): Convert {
  const items = schema.items;
  if (items === undefined) throw new Undecodable('an array schema without items');
  const element = converterFor(items);
  const nested = items.type === 'array';
  return (raw) => {
    if (!Array.isArray(raw)) throw new Undecodable(`expected an array, found ${JSON.stringify(raw)}`);
    const parts = raw.map((value: unknown) => {
      if (value === null) return 'NULL';
      return nested ? element(value) : quoted(element(value));
    });
    return `{${parts.join(',')}}`;
  };
}

function vector(schema: ConnectSchema): Convert {
  const element = converterFor(schema.items ?? { type: 'double' });
  return (raw) => `[${(raw as unknown[]).map((value) => element(value)).join(',')}]`;
}

function sparseVector(raw: unknown): string {
  const struct = raw as { readonly dimensions: unknown; readonly vector: unknown };
  // Connect writes a map whose keys are not strings as an array of pairs.
  const pairs = Array.isArray(struct.vector) ? struct.vector : Object.entries(struct.vector as object);
  return `{${(pairs as [unknown, unknown][]).map(([at, value]) => `${index(at)}:${float(value)}`).join(',')}}/${integer(struct.dimensions)}`;
}

/** A map's key: a string as a JSON field's name, a number in a pair. */
function index(raw: unknown): string {
  return typeof raw === 'string' ? raw : integer(raw);
}

function hstore(raw: unknown): string {
  if (typeof raw !== 'object' || raw === null) throw new Undecodable(`expected a map, found ${JSON.stringify(raw)}`);
  const pairs = Array.isArray(raw) ? (raw as [string, Text][]) : (Object.entries(raw) as [string, Text][]);
  return pairs.map(([key, value]) => `${quoted(key)}=>${value === null ? 'NULL' : quoted(value)}`).join(', ');
}

interface XY {
  readonly x: unknown;
  readonly y: unknown;
}

function point(raw: unknown): string {
  const { x, y } = raw as XY;
  return `(${float(x)},${float(y)})`;
}

function circle(raw: unknown): string {
  const { center, radius } = raw as { readonly center: XY; readonly radius: unknown };
  return `<${point(center)},${float(radius)}>`;
}

function line(raw: unknown): string {
  const { a, b, c } = raw as Record<'a' | 'b' | 'c', unknown>;
  return `{${float(a)},${float(b)},${float(c)}}`;
}

/** Well-known binary as PostGIS's extended form in hex, which carries the reference system inside. */
function geometry(raw: unknown): string {
  const { wkb, srid } = raw as { readonly wkb: unknown; readonly srid?: unknown };
  const buffer = bytesOf(wkb);
  const system = srid === null || srid === undefined ? 0 : Number(integer(srid));
  if (system === 0) return buffer.toString('hex');
  const little = buffer[0] === 1;
  const type = little ? buffer.readUInt32LE(1) : buffer.readUInt32BE(1);
  const head = Buffer.alloc(9);
  head[0] = buffer[0] ?? 1;
  const write = (value: number, at: number) => (little ? head.writeUInt32LE(value, at) : head.writeUInt32BE(value, at));
  write((type | 0x2000_0000) >>> 0, 1);
  write(system, 5);
  return Buffer.concat([head, buffer.subarray(5)]).toString('hex');
}

const BY_NAME: Readonly<Record<string, (schema: ConnectSchema) => Convert>> = {
  'org.apache.kafka.connect.data.Decimal': decimal,
  'org.apache.kafka.connect.data.Date': () => (raw) => dateText(Number(integer(raw))),
  'org.apache.kafka.connect.data.Time': () => (raw) => timeText(BigInt(integer(raw)), 1_000n),
  'org.apache.kafka.connect.data.Timestamp': () => (raw) => timestampText(count(raw), 1_000),
  'io.debezium.data.VariableScaleDecimal': () => variableScaleDecimal,
  'io.debezium.data.Bits': bits,
  'io.debezium.data.DoubleVector': vector,
  'io.debezium.data.FloatVector': vector,
  'io.debezium.data.SparseDoubleVector': () => sparseVector,
  'io.debezium.data.geometry.Point': () => point,
  'io.debezium.data.geometry.Circle': () => circle,
  'io.debezium.data.geometry.Line': () => line,
  'io.debezium.data.geometry.Geometry': () => geometry,
  'io.debezium.data.geometry.Geography': () => geometry,
  'io.debezium.time.Date': () => (raw) => dateText(Number(integer(raw))),
  'io.debezium.time.Time': () => (raw) => timeText(BigInt(integer(raw)), 1_000n),
  'io.debezium.time.MicroTime': () => (raw) => timeText(BigInt(integer(raw)), 1_000_000n),
  'io.debezium.time.NanoTime': () => (raw) => timeText(BigInt(integer(raw)), 1_000_000_000n),
  'io.debezium.time.Timestamp': () => (raw) => timestampText(count(raw), 1_000),
  'io.debezium.time.MicroTimestamp': () => (raw) => timestampText(count(raw), 1_000_000),
  'io.debezium.time.NanoTimestamp': () => (raw) => timestampText(count(raw), 1_000_000_000),
  'io.debezium.time.ZonedTimestamp': () => (raw) => zonedTimestampText(string(raw)),
  'io.debezium.time.ZonedTime': () => (raw) => zonedTimeText(string(raw)),
  // ISO forms of columns without a zone: PostgreSQL reads them and ignores the zone.
  'io.debezium.time.IsoTimestamp': () => (raw) => zonedTimestampText(string(raw)),
  'io.debezium.time.MicroDuration': () => (raw) => durationText(BigInt(integer(raw))),
  'io.debezium.time.NanoDuration': () => (raw) => durationText(BigInt(integer(raw)), 1_000_000_000n),
};

const BY_TYPE: Readonly<Record<string, (schema: ConnectSchema) => Convert>> = {
  int8: () => integer,
  int16: () => integer,
  int32: () => integer,
  int64: () => integer,
  float: () => float,
  double: () => float,
  boolean: () => boolean,
  string: () => string,
  bytes: () => bytes,
  array,
  map: () => hstore,
};

/**
 * The conversion of one schema, chosen once. A semantic type that is a string on the wire (Uuid, Json, Xml, Enum,
 * EnumSet, Ltree, TsVector, ZonedTime, Interval, …) is already what PostgreSQL reads.
 */
export function converterFor(schema: ConnectSchema): Convert {
  const named = schema.name === undefined ? undefined : BY_NAME[schema.name];
  const make = named ?? BY_TYPE[schema.type];
  if (make !== undefined) return make(schema);
  return () => {
    throw new Undecodable(`no text form is known for ${schema.name ?? schema.type}`);
  };
}
