import { type ConnectSchema, Literal, Undecodable } from '../wire.ts';

type Message = Readonly<Record<string, unknown>>;

/** A message that stands for a value of one of Connect's own types. */
interface Known {
  schema(notes: Readonly<Record<string, string>>): ConnectSchema;
  /** What the JSON converter writes for it. */
  value(message: Message, schema: ConnectSchema): unknown;
}

const CONNECT = 'org.apache.kafka.connect.data';

function whole(value: unknown): number {
  return value instanceof Literal ? Number(value.text) : Number(value);
}

const DECIMAL: Known = {
  schema: ({ scale = '0', precision }) => ({
    ...{ type: 'bytes', name: `${CONNECT}.Decimal` },
    parameters: { scale, ...(precision === undefined ? {} : { 'connect.decimal.precision': precision }) },
  }),
  value({ value, scale }, { parameters }) {
    if (String(scale) === parameters?.scale) return value;
    throw new Undecodable(`a decimal of the scale ${scale}, where its schema says ${parameters?.scale}`);
  },
};

const MS_PER_DAY = 86_400_000;

const EPOCH_JULIAN_DAY = 2_440_588;

/** Days since 1970. Days before 15 October 1582 are those of the Julian calendar: the converter writes what Java's Calendar says. */
function daysOf(year: number, month: number, day: number): number {
  if (year * 10_000 + month * 100 + day >= 15_821_015) return Date.UTC(year, month - 1, day) / MS_PER_DAY;
  const leaps = Math.trunc((7 * (year + 5001 + Math.trunc((month - 9) / 7))) / 4);
  return 367 * year - leaps + Math.trunc((275 * month) / 9) + day + 1_729_777 - EPOCH_JULIAN_DAY;
}

const DATE: Known = {
  schema: () => ({ type: 'int32', name: `${CONNECT}.Date` }),
  value: ({ year, month, day }) => daysOf(whole(year), whole(month), whole(day)),
};

const TIME: Known = {
  schema: () => ({ type: 'int32', name: `${CONNECT}.Time` }),
  value: ({ hours, minutes, seconds, nanos }) =>
    ((whole(hours) * 60 + whole(minutes)) * 60 + whole(seconds)) * 1000 + Math.floor(whole(nanos) / 1e6),
};

const TIMESTAMP: Known = {
  schema: () => ({ type: 'int64', name: `${CONNECT}.Timestamp` }),
  value: ({ seconds, nanos }) => whole(seconds) * 1000 + Math.floor(whole(nanos) / 1e6),
};

const wrapped = (type: string): Known => ({ schema: () => ({ type }), value: ({ value }) => value });

/** By their full names. */
export const KNOWN: Readonly<Record<string, Known>> = {
  'confluent.type.Decimal': DECIMAL,
  'google.type.Date': DATE,
  'google.type.TimeOfDay': TIME,
  'google.protobuf.Timestamp': TIMESTAMP,
  'google.protobuf.DoubleValue': wrapped('double'),
  'google.protobuf.FloatValue': wrapped('float'),
  'google.protobuf.Int64Value': wrapped('int64'),
  'google.protobuf.UInt64Value': wrapped('int64'),
  'google.protobuf.Int32Value': wrapped('int32'),
  'google.protobuf.UInt32Value': wrapped('int64'),
  'google.protobuf.BoolValue': wrapped('boolean'),
  'google.protobuf.StringValue': wrapped('string'),
  'google.protobuf.BytesValue': wrapped('bytes'),
};

/** Structs of Debezium, of whose names the converter keeps the last part: with all of their fields, in their order. */
const DEBEZIUM: Readonly<Record<string, readonly [name: string, ...fields: string[]]>> = {
  VariableScaleDecimal: ['io.debezium.data.VariableScaleDecimal', 'scale', 'value'],
  SparseDoubleVector: ['io.debezium.data.SparseDoubleVector', 'dimensions', 'vector'],
  Point: ['io.debezium.data.geometry.Point', 'x', 'y', 'wkb', 'srid'],
  Geometry: ['io.debezium.data.geometry.Geometry', 'wkb', 'srid'],
  Geography: ['io.debezium.data.geometry.Geography', 'wkb', 'srid'],
};

/** The name that a message had in Connect, where it is known. */
export function debeziumName(message: string, fields: readonly string[]): string | undefined {
  const [name, ...expected] = (Object.hasOwn(DEBEZIUM, message) ? DEBEZIUM[message] : undefined) ?? [];
  return expected.join() === fields.join() ? name : undefined;
}
