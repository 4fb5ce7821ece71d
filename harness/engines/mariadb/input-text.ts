import type { Kind } from '#model/kind.ts';
import type { Text } from '#model/values.ts';
import { kindOf } from './kinds.ts';
import { quoteLiteral } from './quote.ts';

/** A value that a column cannot hold as it is. MariaDB would round or cut some of them without an error, in strict mode too. */
export class Unstorable extends Error {
  override readonly name = 'Unstorable';
}

/** From a value's neutral text (see `model/kind.ts`), never NULL, to a literal of SQL. Throws {@link Unstorable}. */
type ToLiteral = (text: string) => string;

interface Target {
  readonly name: string;
  /** As `information_schema.columns.column_type` has it. */
  readonly type: string;
}

/** Values of a column as literals of SQL, which are typed so that they compare with the column's as its own values do. */
export function literalsFor(column: Target): (text: Text) => string {
  const literal = toLiteral(column, kindOf(column));
  return (text) => (text === null ? 'NULL' : literal(text));
}

const SHOWN = 60;

function refuse({ name, type }: Target, text: string, why = 'it is none of its values'): never {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  const kind = type.length > SHOWN ? `${type.slice(0, SHOWN)}…` : type;
  throw new Unstorable(`${JSON.stringify(shown)} cannot be stored in ${name} (${kind}): ${why}`);
}

function toLiteral(column: Target, kind: Kind): ToLiteral {
  switch (kind.kind) {
    case 'integer':
    case 'boolean':
      return (text) => integer(column, text);
    case 'decimal':
      return (text) => decimal(column, text, kind.precision ?? 10, kind.scale ?? 0);
    case 'float':
      return (text) => float(column, text, kind.bits);
    case 'bytes':
      return (text) => bytes(column, text);
    case 'bits':
      return (text) => bits(column, text, kind.length);
    case 'instant':
    case 'local-timestamp':
      return (text) => timestamp(column, text, kind.digits);
    case 'date':
      return (text) => date(column, text);
    case 'year':
      return (text) => year(column, text);
    case 'duration':
    case 'local-time':
      return (text) => time(column, text, digitsOf(column.type));
    case 'enum':
      return (text) => (kind.labels.includes(text) ? quoteLiteral(text) : refuse(column, text));
    case 'set':
      return (text) => set(column, text, kind.labels);
    case 'text':
      return characters(column, kind.length ?? Number.POSITIVE_INFINITY);
    case 'json':
    case 'uuid':
    case 'array':
    case 'other':
      return (text) => quoteLiteral(text);
  }
}

const TRUTHS: Readonly<Record<string, string>> = { t: '1', true: '1', f: '0', false: '0' };

function integer(column: Target, text: string): string {
  // A fraction would be rounded.
  if (/^-?\d+$/.test(text)) return text;
  return TRUTHS[text] ?? refuse(column, text);
}

const NUMBER = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** No decimal has a digit farther from its point. */
const MAX_SHIFT = 400;

/** A number's digits without an exponent, as far as they count. */
function digitsAround(column: Target, text: string): { sign: string; whole: string; rest: string } {
  const [, sign = '', whole = '', rest = '', power] = NUMBER.exec(text) ?? refuse(column, text);
  const shift = Number(power ?? 0);
  if (Math.abs(shift) > MAX_SHIFT) refuse(column, text, 'it is out of range');
  const digits = `${'0'.repeat(Math.max(0, -shift))}${whole}${rest}${'0'.repeat(Math.max(0, shift))}`;
  const point = Math.max(0, -shift) + whole.length + shift;
  return { sign, whole: digits.slice(0, point).replace(/^0+/, ''), rest: digits.slice(point).replace(/0+$/, '') };
}

function decimal(column: Target, text: string, precision: number, scale: number): string {
  const { sign, whole, rest } = digitsAround(column, text);
  if (rest.length > scale) refuse(column, text, `it has more than ${scale} digits behind the point`);
  // A literal of more digits than any decimal has is cut before the column sees it.
  if (whole.length > precision - scale) refuse(column, text, 'it is out of range');
  return `${sign}${whole === '' ? '0' : whole}${rest === '' ? '' : `.${rest}`}`;
}

function float(column: Target, text: string, bits: 32 | 64): string {
  if (!NUMBER.test(text)) refuse(column, text);
  const exact = Number(text);
  // The shortest text of the greatest float of 32 bits is greater than it, which the server calls out of range.
  const value = bits === 32 ? Math.fround(exact) : exact;
  if (!Number.isFinite(value)) refuse(column, text, 'it is out of range');
  if (value === 0 && /^[^eE]*[1-9]/.test(text)) refuse(column, text, 'it is too small');
  const shown = Object.is(value, -0) ? '-0' : String(value);
  // Without an exponent it is a decimal.
  return shown.includes('e') ? shown : `${shown}e0`;
}

function bytes(column: Target, text: string): string {
  const hex = /^\\x((?:[0-9a-fA-F]{2})*)$/.exec(text)?.[1];
  return hex === undefined ? refuse(column, text) : `x'${hex}'`;
}

/** Bits are a number in MariaDB: one of fewer bits would be filled up at its front. Debezium sends a `bit(1)` as a truth. */
function bits(column: Target, text: string, length: number): string {
  const string = length === 1 ? (TRUTHS[text] ?? text) : text;
  if (!/^[01]+$/.test(string)) refuse(column, text);
  if (string.length !== length) refuse(column, text, `it has ${string.length} bits`);
  return String(BigInt(`0b${string}`));
}

/** The digits of a second that count. More than the column keeps would be cut off. */
function fraction(column: Target, text: string, given: string, digits: number): string {
  const kept = given.replace(/0+$/, '');
  if (kept.length > digits) refuse(column, text, `it has more than ${digits} digits of a second`);
  return kept === '' ? '' : `.${kept}`;
}

const STAMP =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?)? ?(?:Z|([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?)?$/;
const YEARS = 'MariaDB and MySQL have the years 0 to 9999 only';

/** A moment is written in UTC, which is the time zone of the sink's sessions. */
function timestamp(column: Target, text: string, digits: number): string {
  const match = STAMP.exec(text);
  if (match === null) return refuse(column, text, /^-?infinity$|^\d{5}| BC$/.test(text) ? YEARS : undefined);
  const [, y = '', mo = '', d = '', h = '00', mi = '00', s = '00', part = '', sign, zh = '0', zm = '0', zs = '0'] =
    match;
  const rest = fraction(column, text, part, digits);
  const east = (Number(zh) * 60 + Number(zm)) * 60 + Number(zs);
  if (east === 0) return `TIMESTAMP'${y}-${mo}-${d} ${h}:${mi}:${s}${rest}'`;
  const moment = new Date(0);
  moment.setUTCFullYear(Number(y), Number(mo) - 1, Number(d));
  if (moment.getUTCMonth() !== Number(mo) - 1) refuse(column, text);
  moment.setUTCHours(Number(h), Number(mi), Number(s) - (sign === '-' ? -east : east));
  const utc = moment.toISOString();
  if (!/^\d/.test(utc)) refuse(column, text, YEARS);
  return `TIMESTAMP'${utc.slice(0, 10)} ${utc.slice(11, 19)}${rest}'`;
}

function date(column: Target, text: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? `DATE'${text}'` : refuse(column, text, `${YEARS}, and no time of day here`);
}

/** As a number: a text of two digits, or `0000`, would be taken for a year of 1970 to 2069. */
function year(column: Target, text: string): string {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : refuse(column, text);
  return number > 0 && number < 1901 ? refuse(column, text, 'it is out of range') : String(number);
}

const CLOCK = /^(-?\d{2,3}:\d\d:\d\d)(?:\.(\d+))?$/;
const SPAN = /^P(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?)(\d+)(?:\.(\d+))?S)?)?$/;

/** A time of day, or a span of time (`PT-1.5S`), whose days come to 24 hours each; a month comes to no number of them. */
function time(column: Target, text: string, digits: number): string {
  const clock = CLOCK.exec(text);
  if (clock !== null) {
    const [, seconds = '', part = ''] = clock;
    return `TIME'${seconds}${fraction(column, text, part, digits)}'`;
  }
  const [whole, d = '0', h = '0', m = '0', sign = '', s = '0', part = ''] = SPAN.exec(text) ?? refuse(column, text);
  if (whole === 'P' || whole.endsWith('T')) refuse(column, text);
  const micros = fraction(column, text, part, digits).slice(1).padEnd(6, '0');
  const seconds = BigInt(`${sign}${s}${micros}`);
  const sum = ((BigInt(d) * 24n + BigInt(h)) * 60n + BigInt(m)) * 60_000_000n + seconds;
  const negative = sum < 0n;
  const size = negative ? -sum : sum;
  const two = (count: bigint): string => String(count % 60n).padStart(2, '0');
  const all = size / 1_000_000n;
  const rest = fraction(column, text, String(size % 1_000_000n).padStart(6, '0'), digits);
  return `TIME'${negative ? '-' : ''}${String(all / 3600n).padStart(2, '0')}:${two(all / 60n)}:${two(all)}${rest}'`;
}

function digitsOf(type: string): number {
  return Number(/\((\d)\)/.exec(type)?.[1] ?? 0);
}

/** A label that the set lacks is an error; one in another case would be taken for its like. */
function set(column: Target, text: string, labels: readonly string[]): string {
  if (text !== '' && text.split(',').some((label) => !labels.includes(label))) refuse(column, text);
  return quoteLiteral(text);
}

/** Bytes that the types hold which have no length of their own. */
const TEXT_BYTES: Readonly<Record<string, number>> = { tinytext: 255, text: 65_535, mediumtext: 16_777_215 };

/** The server cuts off blanks that a column has no room for, and says nothing. */
function characters(column: Target, length: number): ToLiteral {
  const bytesMax = TEXT_BYTES[column.type.toLowerCase()] ?? Number.POSITIVE_INFINITY;
  return (text) => {
    if (text.length > length && [...text].length > length) refuse(column, text, 'it is too long');
    if (Buffer.byteLength(text) > bytesMax) refuse(column, text, 'it is too long');
    // Half of a surrogate pair has no bytes in UTF-8.
    if (!text.isWellFormed()) refuse(column, text, 'it is no Unicode text');
    return quoteLiteral(text);
  };
}
