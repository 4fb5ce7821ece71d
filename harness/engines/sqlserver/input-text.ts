import type { Kind } from '#model/kind.ts';
import type { Text } from '#model/values.ts';
import { kindOf } from './kinds.ts';
import { quoteLiteral } from './quote.ts';

/** A value that a column cannot hold as it is. SQL Server would round or alter some of them without an error. */
export class Unstorable extends Error {
  override readonly name = 'Unstorable';
}

/** From a value's neutral text (see `model/kind.ts`), never NULL, to a literal of SQL. Throws {@link Unstorable}. */
type ToLiteral = (text: string) => string;

interface Target {
  readonly name: string;
  /** As the catalog's reader writes it. */
  readonly type: string;
  readonly base?: string;
}

/** Values of a column as literals of SQL, which are typed so that they compare with the column's as its own values do. */
export function literalsFor(column: Target): (text: Text) => string {
  const literal = toLiteral(column, kindOf(column));
  return (text) => (text === null ? 'NULL' : literal(text));
}

const SHOWN = 60;

function refuse({ name, type }: Target, text: string, why = 'it is none of its values'): never {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  throw new Unstorable(`${JSON.stringify(shown)} cannot be stored in ${name} (${type}): ${why}`);
}

function toLiteral(column: Target, kind: Kind): ToLiteral {
  switch (kind.kind) {
    case 'integer':
    case 'boolean':
      return (text) => integer(column, text);
    case 'decimal':
      return (text) => decimal(column, text, kind.precision ?? 18, kind.scale ?? 0);
    case 'float':
      return (text) => float(column, text, kind.bits);
    case 'bytes':
      return (text) => bytes(column, text);
    case 'instant':
    case 'local-timestamp':
      return (text) => timestamp(column, text, kind);
    case 'date':
      return (text) => (DATE.test(text) ? `CONVERT(date, '${text}')` : refuse(column, text));
    case 'local-time':
      return (text) => time(column, text, kind.digits);
    case 'uuid':
      return (text) => (UUID.test(text) ? `CONVERT(uniqueidentifier, '${text}')` : refuse(column, text));
    case 'text':
      return (text) => characters(column, text, kind.length ?? Number.POSITIVE_INFINITY);
    default:
      return (text) => quoteLiteral(text);
  }
}

const TRUTHS: Readonly<Record<string, string>> = { t: '1', true: '1', f: '0', false: '0' };

function integer(column: Target, text: string): string {
  // A fraction would be cut off.
  if (/^-?\d+$/.test(text)) return text;
  return TRUTHS[text] ?? refuse(column, text);
}

const NUMBER = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** No decimal has a digit farther from its point. */
const MAX_SHIFT = 100;

function decimal(column: Target, text: string, precision: number, scale: number): string {
  const [, sign = '', whole = '', rest = '', power] = NUMBER.exec(text) ?? refuse(column, text);
  const shift = Number(power ?? 0);
  if (Math.abs(shift) > MAX_SHIFT) refuse(column, text, 'it is out of range');
  const digits = `${'0'.repeat(Math.max(0, -shift))}${whole}${rest}${'0'.repeat(Math.max(0, shift))}`;
  const point = Math.max(0, -shift) + whole.length + shift;
  const before = digits.slice(0, point).replace(/^0+/, '');
  const behind = digits.slice(point).replace(/0+$/, '');
  // The server would round it, and says nothing.
  if (behind.length > scale) refuse(column, text, `it has more than ${scale} digits behind the point`);
  if (before.length > precision - scale) refuse(column, text, 'it is out of range');
  return `${sign}${before === '' ? '0' : before}${behind === '' ? '' : `.${behind}`}`;
}

function float(column: Target, text: string, bits: 32 | 64): string {
  if (!NUMBER.test(text)) refuse(column, text, 'SQL Server has finite numbers only');
  const value = bits === 32 ? Math.fround(Number(text)) : Number(text);
  if (!Number.isFinite(value)) refuse(column, text, 'it is out of range');
  const shown = Object.is(value, -0) ? '-0' : String(value);
  // Without an exponent it is a decimal.
  return shown.includes('e') ? shown.replace('e+', 'e') : `${shown}e0`;
}

function bytes(column: Target, text: string): string {
  const hex = /^\\x((?:[0-9a-fA-F]{2})*)$/.exec(text)?.[1];
  return hex === undefined ? refuse(column, text) : `0x${hex}`;
}

/** The digits of a second that count. More than the column keeps would be rounded. */
function fraction(column: Target, text: string, given: string, digits: number): string {
  const kept = given.replace(/0+$/, '');
  if (kept.length > digits) refuse(column, text, `it has more than ${digits} digits of a second`);
  return kept === '' ? '' : `.${kept}`;
}

const DATE = /^\d{4}-\d\d-\d\d$/;
const STAMP = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?)? ?(?:Z|([+-]\d\d)(?::?(\d\d))?)?$/;
const CLOCK = /^([01]\d|2[0-3]):(\d\d):(\d\d)(?:\.(\d+))?$/;
const UUID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
const YEARS = 'SQL Server has the years 1 to 9999 only';

const FIRST_DATETIME = '1753-01-01';

/** In the forms of ISO 8601, which mean the same whatever the session's language and DATEFORMAT are. Without a zone it is UTC. */
function timestamp(column: Target, text: string, { kind, digits }: { kind: string; digits: number }): string {
  const match = STAMP.exec(text);
  if (match === null) return refuse(column, text, /^-?infinity$|^\d{5}| BC$/.test(text) ? YEARS : undefined);
  const [, day = '', clock = '00:00:00', part = '', hours, minutes = '00'] = match;
  const moment = `${day}T${clock}${fraction(column, text, part, digits)}`;
  if (kind === 'instant') return `CONVERT(datetimeoffset(7), '${moment}${hours ?? '+00'}:${minutes}')`;
  if (hours !== undefined && !/^[+-]00$/.test(hours)) refuse(column, text, 'it has a time zone');
  const plain = `CONVERT(datetime2(7), '${moment}')`;
  if (!/^datetime$/i.test(column.base ?? column.type)) return plain;
  if (day < FIRST_DATETIME) refuse(column, text, 'a datetime has the years 1753 to 9999 only');
  // Beside a datetime2 its 300ths of a second count: .003 is .0033333 there, and equal to no text that the server shows.
  return `CONVERT(datetime, ${plain})`;
}

function time(column: Target, text: string, digits: number): string {
  const [, hours, minutes, seconds, part = ''] = CLOCK.exec(text) ?? refuse(column, text, 'it is no time of a day');
  return `CONVERT(time(7), '${hours}:${minutes}:${seconds}${fraction(column, text, part, digits)}')`;
}

/** Types whose characters have a code page. An nvarchar beside one of them would keep its index from being used. */
const CODE_PAGE = /^(varchar|char|text)\b/i;

/** The server counts units of UTF-16, and in a code page bytes, of which it tells itself what does not fit. */
function characters(column: Target, text: string, length: number): string {
  if (text.length > length) refuse(column, text, 'it is too long');
  // All of ASCII is the same in every code page.
  const plain = /^[\x20-\x7e]*$/.test(text);
  return plain && CODE_PAGE.test(column.base ?? column.type) ? quoteLiteral(text).slice(1) : quoteLiteral(text);
}
