import type { SchemaElement } from 'hyparquet-writer';
import type { Kind } from '#model/kind.ts';
import { daysOfDate, microsOfTimestamp } from './parquet-times.ts';

export type ParquetValue = string | number | bigint | boolean | Uint8Array;

/** How a kind of value is written. */
export interface ParquetType {
  /** Its physical type, and what that means. */
  readonly element: Omit<SchemaElement, 'name' | 'repetition_type'>;
  /** A canonical text as the writer takes it; undefined for one that the type cannot hold. */
  readonly toValue: (text: string) => ParquetValue | undefined;
  /** It has a zero with a sign. */
  readonly signedZero?: true;
}

const STRING: ParquetType = {
  element: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  toValue: (text) => text,
};
const BOOLEAN: ParquetType = { element: { type: 'BOOLEAN' }, toValue: truth };
const BYTES: ParquetType = { element: { type: 'BYTE_ARRAY' }, toValue: bytes };
const INT32: ParquetType = { element: { type: 'INT32' }, toValue: (text) => numberOf(whole(text, 32)) };
const INT64: ParquetType = { element: { type: 'INT64' }, toValue: (text) => whole(text, 64) };
const DATE: ParquetType = {
  element: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
  toValue: daysOfDate,
};
const INSTANT: ParquetType = {
  element: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
  toValue: (text) => microsOfTimestamp(text, 'instant'),
};
// The older converted type would mean a time in UTC.
const LOCAL_TIMESTAMP: ParquetType = {
  element: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' } },
  toValue: (text) => microsOfTimestamp(text, 'local-timestamp'),
};

/** The digits of a second's fraction that microseconds hold. */
const MICRO_DIGITS = 6;
/** The widest DECIMAL that Spark, Trino and DuckDB read. */
const DECIMAL_DIGITS_MAX = 38;

/** Parquet's type for a kind of value. What it has no exact type for is a string with the canonical text. */
export function parquetType(kind: Kind): ParquetType {
  switch (kind.kind) {
    case 'boolean':
      return BOOLEAN;
    case 'integer':
      return integerType(kind.bits + (kind.unsigned === true ? 1 : 0));
    case 'year':
      return INT32;
    case 'decimal':
      return decimalType(kind.precision, kind.scale ?? 0);
    case 'float':
      return { element: { type: kind.bits === 32 ? 'FLOAT' : 'DOUBLE' }, toValue: floating, signedZero: true };
    case 'bytes':
      return BYTES;
    case 'date':
      return DATE;
    case 'instant':
      return kind.digits <= MICRO_DIGITS ? INSTANT : STRING;
    case 'local-timestamp':
      return kind.digits <= MICRO_DIGITS ? LOCAL_TIMESTAMP : STRING;
    case 'text':
    case 'json':
    case 'uuid':
    case 'enum':
    case 'set':
    case 'bits':
    case 'local-time':
    case 'duration':
    case 'array':
    case 'other':
      return STRING;
  }
}

/** The smallest type that holds so many bits, its sign among them; few readers know one without a sign. */
function integerType(bits: number): ParquetType {
  if (bits <= 32) return INT32;
  return bits <= 64 ? INT64 : decimalType(20, 0);
}

function decimalType(precision: number | undefined, scale: number): ParquetType {
  if (precision === undefined || precision > DECIMAL_DIGITS_MAX || scale < 0 || scale > precision) return STRING;
  const meaning = {
    converted_type: 'DECIMAL' as const,
    logical_type: { type: 'DECIMAL' as const, precision, scale },
    precision,
    scale,
  };
  const toValue = (text: string) => unscaled(text, precision, scale);
  if (precision <= 9) return { element: { type: 'INT32', ...meaning }, toValue };
  if (precision <= 18) return { element: { type: 'INT64', ...meaning }, toValue };
  // As few bytes as hold all of its digits and the sign.
  const bits = (10n ** BigInt(precision)).toString(2).length + 1;
  return { element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: Math.ceil(bits / 8), ...meaning }, toValue };
}

function truth(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

function whole(text: string, bits: 32 | 64): bigint | undefined {
  const value = /^-?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  return value === undefined || BigInt.asIntN(bits, value) !== value ? undefined : value;
}

function numberOf(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** The number without its point; undefined where it has more digits than the type, or is none (`NaN`). */
function unscaled(text: string, precision: number, scale: number): bigint | undefined {
  const [, sign = '', digits = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (digits === '' || fraction.length > scale) return undefined;
  const value = `${digits}${fraction.padEnd(scale, '0')}`.replace(/^0+(?=\d)/, '');
  return value.length > precision ? undefined : BigInt(`${sign}${value}`);
}

function floating(text: string): number | undefined {
  const value = Number(text);
  return text === '' || (Number.isNaN(value) && text !== 'NaN') ? undefined : value;
}

function bytes(text: string): Uint8Array | undefined {
  return /^\\x(?:[\da-f]{2})*$/i.test(text) ? Buffer.from(text.slice(2), 'hex') : undefined;
}
