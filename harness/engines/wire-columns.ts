import { type ConnectSchema, Literal } from '#log/wire.ts';

/** What Debezium's connectors of all engines make of values, as far as their configuration says. */
type Config = Readonly<Record<string, string>>;

const DEBEZIUM = 'io.debezium.time';
const CONNECT = 'org.apache.kafka.connect.data';

/** The modes of `time.precision.mode`. */
const MODES = [
  'adaptive',
  'adaptive_time_microseconds',
  'connect',
  'isostring',
  'microseconds',
  'nanoseconds',
] as const;
type Mode = (typeof MODES)[number];

const named = (type: string, name: string, parameters?: Readonly<Record<string, string>>): ConnectSchema => ({
  ...{ type, name },
  ...(parameters === undefined ? {} : { parameters }),
});

/** A text that means more than characters: `Uuid`, `Json`, `Enum`. */
export const dataText = (name: string, parameters?: Readonly<Record<string, string>>): ConnectSchema =>
  named('string', `io.debezium.data.${name}`, parameters);

export const zonedTimestamp: ConnectSchema = named('string', `${DEBEZIUM}.ZonedTimestamp`);
export const zonedTime: ConnectSchema = named('string', `${DEBEZIUM}.ZonedTime`);

/** A string of `length` bits; one bit is true or false. */
export function bitsSchema(length: number): ConnectSchema {
  return length === 1 ? { type: 'boolean' } : named('bytes', 'io.debezium.data.Bits', { length: String(length) });
}

function modeOf(config: Config, otherwise: Mode): Mode {
  const wanted = config['time.precision.mode']?.trim().toLowerCase();
  return MODES.find((mode) => mode === wanted) ?? otherwise;
}

/** A day of the calendar. */
export function dateSchema(config: Config): ConnectSchema {
  switch (modeOf(config, 'adaptive')) {
    case 'connect':
      return named('int32', `${CONNECT}.Date`);
    case 'isostring':
      return named('string', `${DEBEZIUM}.IsoDate`);
    default:
      return named('int32', `${DEBEZIUM}.Date`);
  }
}

/** A time of day with so many digits of a second's fraction; `otherwise` is the connector's default mode. */
export function timeSchema(config: Config, digits: number, otherwise: Mode = 'adaptive'): ConnectSchema {
  const mode = modeOf(config, otherwise);
  switch (mode) {
    case 'connect':
      return named('int32', `${CONNECT}.Time`);
    case 'isostring':
      return named('string', `${DEBEZIUM}.IsoTime`);
    case 'nanoseconds':
      return named('int64', `${DEBEZIUM}.NanoTime`);
    case 'adaptive':
      if (digits <= 3) return named('int32', `${DEBEZIUM}.Time`);
      return named('int64', `${DEBEZIUM}.${digits <= 6 ? 'MicroTime' : 'NanoTime'}`);
    case 'microseconds':
    case 'adaptive_time_microseconds':
      return named('int64', `${DEBEZIUM}.MicroTime`);
  }
}

/** A date and a time of day of no time zone. */
export function timestampSchema(config: Config, digits: number): ConnectSchema {
  switch (modeOf(config, 'adaptive')) {
    case 'connect':
      return named('int64', `${CONNECT}.Timestamp`);
    case 'isostring':
      return named('string', `${DEBEZIUM}.IsoTimestamp`);
    case 'microseconds':
      return named('int64', `${DEBEZIUM}.MicroTimestamp`);
    case 'nanoseconds':
      return named('int64', `${DEBEZIUM}.NanoTimestamp`);
    case 'adaptive':
    case 'adaptive_time_microseconds':
      if (digits <= 3) return named('int64', `${DEBEZIUM}.Timestamp`);
      return named('int64', `${DEBEZIUM}.${digits <= 6 ? 'MicroTimestamp' : 'NanoTimestamp'}`);
  }
}

/** An exact number; without a scale each value has its own. */
export function decimalSchema(config: Config, scale: number | undefined, precision?: number): ConnectSchema {
  switch (config['decimal.handling.mode']?.trim().toLowerCase()) {
    case 'string':
      return { type: 'string' };
    case 'double':
      return { type: 'double' };
    default:
      if (scale === undefined) return named('struct', 'io.debezium.data.VariableScaleDecimal');
      return named('bytes', `${CONNECT}.Decimal`, {
        scale: String(scale),
        ...(precision === undefined ? {} : { 'connect.decimal.precision': String(precision) }),
      });
  }
}

export function bytesSchema(config: Config): ConnectSchema {
  const mode = config['binary.handling.mode']?.trim().toLowerCase() ?? 'bytes';
  return { type: mode === 'bytes' ? 'bytes' : 'string' };
}

/**
 * What a column's constant default is on the wire: that of a number, a text or a truth. Of other types none is known: rows that
 * are there when such a column is added do not get it at a sink.
 */
export function wireDefault({ type, name }: ConnectSchema, text: string): unknown {
  const number = /^-?\d+(\.\d+)?$/.test(text);
  if (name?.endsWith('.Decimal') === true) return number ? new Literal(text) : undefined;
  if (type === 'string') return name?.startsWith(DEBEZIUM) === true ? undefined : text;
  if (name !== undefined) return undefined;
  if (type === 'boolean') return /^(t|true|1)$/i.test(text) ? true : /^(f|false|0)$/i.test(text) ? false : undefined;
  if (/^int\d+$/.test(type)) return /^-?\d+$/.test(text) ? integerOf(text) : undefined;
  return number && (type === 'float' || type === 'double') ? Number(text) : undefined;
}

function integerOf(text: string): number | Literal {
  return Number.isSafeInteger(Number(text)) ? Number(text) : new Literal(text);
}
