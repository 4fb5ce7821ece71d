import type { EventColumn } from '#model/change-event.ts';
import type { Kind } from '#model/kind.ts';

const STAMP: Kind = { kind: 'local-timestamp', digits: 6 };
const TIME: Kind = { kind: 'local-time', digits: 6 };
const DATE: Kind = { kind: 'date' };
const SPAN: Kind = { kind: 'duration' };

const BY_SEMANTIC: Readonly<Record<string, Kind>> = {
  'io.debezium.data.VariableScaleDecimal': { kind: 'decimal' },
  'io.debezium.data.Uuid': { kind: 'uuid' },
  'io.debezium.time.Date': DATE,
  'io.debezium.time.IsoDate': DATE,
  'io.debezium.time.Year': { kind: 'year' },
  'io.debezium.time.Time': TIME,
  'io.debezium.time.MicroTime': TIME,
  'io.debezium.time.NanoTime': TIME,
  'io.debezium.time.Timestamp': STAMP,
  'io.debezium.time.MicroTimestamp': STAMP,
  'io.debezium.time.NanoTimestamp': STAMP,
  'io.debezium.time.IsoTimestamp': STAMP,
  'io.debezium.time.ZonedTimestamp': { kind: 'instant', digits: 6 },
  'io.debezium.time.MicroDuration': SPAN,
  'io.debezium.time.NanoDuration': SPAN,
  'io.debezium.time.Interval': SPAN,
  'org.apache.kafka.connect.data.Date': DATE,
  'org.apache.kafka.connect.data.Time': TIME,
  'org.apache.kafka.connect.data.Timestamp': STAMP,
};

const INTEGER_BITS: Readonly<Record<string, 8 | 16 | 32 | 64>> = { int8: 8, int16: 16, int32: 32, int64: 64 };
const DECIMAL = 'org.apache.kafka.connect.data.Decimal';

function decimalFromEvent({ parameters = {} }: EventColumn): Extract<Kind, { kind: 'decimal' }> {
  const precision = parameters['connect.decimal.precision'];
  return precision === undefined
    ? { kind: 'decimal' }
    : { kind: 'decimal', precision: Number(precision), scale: Number(parameters.scale ?? 0) };
}

/** What a column holds that is known only from an event. Text where the event says too little. */
export function kindFromEvent(column: EventColumn): Kind {
  const { semantic, connectType, parameters = {} } = column;
  if (semantic === DECIMAL) return decimalFromEvent(column);
  if (semantic === 'io.debezium.data.Bits') return { kind: 'bits', length: Number(parameters.length ?? 64) };
  const named = BY_SEMANTIC[semantic ?? ''];
  if (named !== undefined) return named;
  const bits = INTEGER_BITS[connectType];
  if (bits !== undefined) return { kind: 'integer', bits };
  switch (connectType) {
    case 'float':
      return { kind: 'float', bits: 32 };
    case 'double':
      return { kind: 'float', bits: 64 };
    case 'boolean':
    case 'bytes':
      return { kind: connectType };
    default:
      return { kind: 'text' };
  }
}

/**
 * What a sink column must hold to take what the event's column can; undefined where it holds it, or where the change is not a
 * simple widening. An event has no integers of one or three bytes, and none without a sign: what it
 * sends for such a column says nothing of a wider one.
 */
export function widerThan(kind: Kind, column: EventColumn): Kind | undefined {
  if (column.semantic === DECIMAL) return widerDecimal(kind, column);
  if (column.semantic !== undefined) return undefined;
  if (kind.kind === 'float')
    return kind.bits === 32 && column.connectType === 'double' ? { kind: 'float', bits: 64 } : undefined;
  const bits = INTEGER_BITS[column.connectType];
  if (bits === undefined || bits <= bitsSent(kind)) return undefined;
  return { kind: 'integer', bits };
}

/** How many bits the integers have as which Debezium sends a column's. */
function bitsSent(kind: Kind): number {
  if (kind.kind === 'boolean') return 16;
  if (kind.kind !== 'integer') return Number.POSITIVE_INFINITY;
  const needed = kind.bits + (kind.unsigned === true ? 1 : 0);
  return needed <= 16 ? 16 : needed <= 32 ? 32 : 64;
}

function widerDecimal(now: Kind, column: EventColumn): Kind | undefined {
  const wanted = decimalFromEvent(column);
  if (now.kind !== 'decimal' || wanted.precision === undefined) return undefined;
  const [nowScale, scale] = [now.scale ?? 0, wanted.scale ?? 0];
  const whole = Math.max((now.precision ?? 0) - nowScale, wanted.precision - scale);
  const wide = Math.max(nowScale, scale);
  // Neither part is ever shorter than it is now.
  return whole + wide === now.precision ? undefined : { kind: 'decimal', precision: whole + wide, scale: wide };
}
