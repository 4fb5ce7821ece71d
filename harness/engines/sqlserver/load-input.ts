import type { Kind } from '#model/kind.ts';
import type { Text } from '#model/values.ts';
import type { LoadColumn, LoadValue } from './client.ts';
import { Unstorable } from './input-text.ts';
import { kindOf } from './kinds.ts';

/** A column that is written, by its type as the catalog has it. */
export interface Target {
  readonly name: string;
  readonly type: string;
  /** How its texts are compared, and in which code page they are. */
  readonly collation?: string;
}

/** How a column's values come into a statement, from their neutral texts (see `model/kind.ts`). */
export interface Input {
  /** As what they are loaded. */
  readonly as: LoadColumn['as'];
  /** What is loaded for a text, never NULL. Throws {@link Unstorable}. */
  value(text: string): string | number | Buffer;
  /** SQL for the column's own value of what was loaded. */
  sql(loaded: string): string;
}

export function loadedValue(input: Input, text: Text): LoadValue {
  return text === null ? null : input.value(text);
}

const SHOWN = 60;

function refuse({ name, type }: Target, text: string, why = 'it is none of its values'): never {
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  throw new Unstorable(`${JSON.stringify(shown)} cannot be stored in ${name} (${type}): ${why}`);
}

type AsText = (text: string) => string;

/** A value that is loaded as a text, and converted by the server. */
function converted(value: AsText, sql: (loaded: string) => string): Input {
  return { as: 'text', value, sql };
}

export function inputOf(column: Target): Input {
  const kind = kindOf(column);
  const to = (loaded: string): string => `CONVERT(${column.type}, ${loaded})`;
  switch (kind.kind) {
    case 'integer':
    case 'boolean':
      return converted((text) => integer(column, text), to);
    case 'decimal':
      return converted(
        (text) => decimal(column, text, kind),
        (loaded) =>
          // A text with an exponent aside, only a decimal keeps every digit on its way to money.
          /^(small)?money$/i.test(column.type) ? to(`CONVERT(decimal(19,4), ${loaded})`) : to(loaded),
      );
    case 'float':
      return {
        as: kind.bits === 32 ? 'real' : 'float',
        value: (text) => float(column, text, kind.bits),
        sql: to,
      };
    case 'bytes':
      return { as: 'bytes', value: (text) => bytes(column, text, kind.length), sql: (loaded) => loaded };
    case 'instant':
      return converted((text) => moment(column, text, kind.digits, true), to);
    case 'local-timestamp':
      return converted(
        (text) => moment(column, text, kind.digits, false),
        (loaded) => (/^datetime2/i.test(column.type) ? to(loaded) : to(`CONVERT(datetime2(7), ${loaded})`)),
      );
    case 'local-time':
      return converted((text) => clock(column, text, kind.digits), to);
    case 'date':
      return converted((text) => date(column, text), to);
    case 'uuid':
      return converted((text) => uuid(column, text), to);
    case 'text':
      return converted((text) => characters(column, text, kind.length), characterSql(column));
    default:
      return converted((text) => characters(column, text, undefined), /^xml$/i.test(column.type) ? to : (same) => same);
  }
}

/** True for a type whose characters are those of a code page: others are lost on the way to it. */
export function isCodePaged({ type }: Pick<Target, 'type'>): boolean {
  return /^(var)?char|^text$/i.test(type);
}

/** A text is cut where it is converted, and refused where it is assigned: so it is converted to `max` alone. */
function characterSql(column: Target): (loaded: string) => string {
  return isCodePaged(column)
    ? (loaded) => `CONVERT(varchar(max), ${inCodePageOf(column, loaded)})`
    : (loaded) => loaded;
}

/**
 * A loaded text that is to be converted to the column's type. The server converts to the code page of what it converts, which
 * is the database's own unless it is told, and writes a question mark for each character that this one lacks.
 */
export function inCodePageOf({ collation }: Pick<Target, 'collation'>, loaded: string): string {
  return collation === undefined ? loaded : `${loaded} COLLATE ${collation}`;
}

const TRUTHS: Readonly<Record<string, string>> = { t: '1', true: '1', f: '0', false: '0' };

function integer(column: Target, text: string): string {
  // A fraction would be an error of its own kind, and a number of more than 1 a truth.
  if (/^bit$/i.test(column.type) && !/^[01]$/.test(TRUTHS[text] ?? text)) refuse(column, text);
  if (/^-?\d+$/.test(text)) return text;
  return TRUTHS[text] ?? refuse(column, text);
}

const NUMBER = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** No decimal has a digit farther from its point. */
const MAX_SHIFT = 400;

function decimal(column: Target, text: string, kind: Extract<Kind, { kind: 'decimal' }>): string {
  const { precision = 18, scale = 0 } = kind;
  const [, sign = '', given = '', fraction = '', power] = NUMBER.exec(text) ?? refuse(column, text);
  const shift = Number(power ?? 0);
  if (Math.abs(shift) > MAX_SHIFT) refuse(column, text, 'it is out of range');
  const digits = `${'0'.repeat(Math.max(0, -shift))}${given}${fraction}${'0'.repeat(Math.max(0, shift))}`;
  const point = Math.max(0, -shift) + given.length + shift;
  const whole = digits.slice(0, point).replace(/^0+/, '');
  const rest = digits.slice(point).replace(/0+$/, '');
  if (rest.length > scale) refuse(column, text, `it has more than ${scale} digits behind the point`);
  if (whole.length > precision - scale) refuse(column, text, 'it is out of range');
  return `${sign}${whole === '' ? '0' : whole}${rest === '' ? '' : `.${rest}`}`;
}

function float(column: Target, text: string, bits: 32 | 64): number {
  if (!NUMBER.test(text)) refuse(column, text);
  const exact = Number(text);
  const value = bits === 32 ? Math.fround(exact) : exact;
  if (!Number.isFinite(value)) refuse(column, text, 'it is out of range');
  if (value === 0 && /^[^eE]*[1-9]/.test(text)) refuse(column, text, 'it is too small');
  return value;
}

/** A `binary(n)` that is given fewer bytes is filled up with zeros. */
function bytes(column: Target, text: string, length: number | undefined): Buffer {
  const hex = /^\\x((?:[0-9a-fA-F]{2})*)$/.exec(text)?.[1] ?? refuse(column, text);
  const value = Buffer.from(hex, 'hex');
  if (length !== undefined && value.length > length) refuse(column, text, 'it is too long');
  if (/^binary/i.test(column.type) && value.length !== length) refuse(column, text, 'it is too short');
  return value;
}

/** The digits of a second that count. More than the column keeps would be rounded. */
function fraction(column: Target, text: string, given: string, digits: number): string {
  const kept = given.replace(/0+$/, '');
  if (kept.length > digits) refuse(column, text, `it has more than ${digits} digits of a second`);
  return kept === '' ? '' : `.${kept}`;
}

const STAMP =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?)? ?(?:Z|([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?)?$/;
const YEARS = 'SQL Server has the years 1 to 9999 only';

/** In UTC, as ISO 8601 has it, which the server reads alike whatever language a session has. */
function moment(column: Target, text: string, digits: number, zoned: boolean): string {
  const match = STAMP.exec(text);
  if (match === null || text.startsWith('0000'))
    return refuse(column, text, /^-?infinity$|^\d{5}|^0000| BC$/.test(text) ? YEARS : undefined);
  const [, y = '', mo = '', d = '', h = '00', mi = '00', s = '00', part = '', sign, zh = '0', zm = '0', zs = '0'] =
    match;
  const rest = fraction(column, text, part, digits);
  // A datetime keeps 300ths of a second, and shows them as .000, .003 and .007.
  if (/^datetime$/i.test(column.type) && !/^(?:\.\d\d[037]?)?$/.test(rest.padEnd(rest === '' ? 0 : 4, '0')))
    refuse(column, text, 'a datetime keeps 300ths of a second');
  if (/^smalldatetime$/i.test(column.type) && s !== '00') refuse(column, text, 'a smalldatetime keeps minutes');
  const seconds = (Number(zh) * 60 + Number(zm)) * 60 + Number(zs);
  const utc = new Date(0);
  utc.setUTCFullYear(Number(y), Number(mo) - 1, Number(d));
  if (utc.getUTCMonth() !== Number(mo) - 1) refuse(column, text);
  utc.setUTCHours(Number(h), Number(mi), Number(s) - (sign === '-' ? -seconds : seconds));
  const iso = utc.toISOString();
  if (!/^\d{4}-/.test(iso) || iso.startsWith('0000')) refuse(column, text, YEARS);
  return `${iso.slice(0, 19)}${rest}${zoned ? '+00:00' : ''}`;
}

function date(column: Target, text: string): string {
  return /^(?!0000)\d{4}-\d\d-\d\d$/.test(text) ? text : refuse(column, text, `${YEARS}, and no time of day here`);
}

function clock(column: Target, text: string, digits: number): string {
  const [, seconds = '', part = ''] = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)/.test(text)
    ? (/^(\d\d:\d\d:\d\d)(?:\.(\d+))?$/.exec(text) ?? refuse(column, text))
    : refuse(column, text, 'a time lies between 00:00:00 and 23:59:59.9999999');
  return `${seconds}${fraction(column, text, part, digits)}`;
}

/** The server takes what follows the 36 characters for nothing. */
function uuid(column: Target, text: string): string {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text : refuse(column, text);
}

/** Blanks at the end that a column has no room for are cut off without an error. A length is of units of UTF-16, or of bytes. */
function characters(column: Target, text: string, length: number | undefined): string {
  if (length !== undefined && text.length > length) refuse(column, text, 'it is too long');
  // Half of a surrogate pair is no character.
  if (!text.isWellFormed()) refuse(column, text, 'it is no Unicode text');
  return text;
}
