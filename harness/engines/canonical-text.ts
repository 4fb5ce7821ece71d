import type { Kind } from '#model/kind.ts';
import type { Text } from '#model/values.ts';
import { jsonbText, plainNumber } from '#std/jsonb-text.ts';
import { arrayText } from './array-text.ts';

/**
 * The canonical text of a value, by which it is compared with any engine's: see `model/kind.ts`. `raw` is the server's text
 * of a column of kind `own`, or the text that an event has for it. What is no value of the kind `as` keeps its text, and so
 * differs from all that are.
 */
export function canonicalText(raw: Text, own: Kind, as: Kind): Text {
  if (raw === null) return null;
  switch (as.kind) {
    case 'boolean':
      return truthText(raw);
    case 'integer':
    case 'year':
      return integerText(raw, own);
    case 'decimal':
      return decimalText(raw, as.scale);
    case 'float':
      return floatText(raw, as.bits);
    case 'bits':
      return bitsText(raw, as.length);
    case 'instant':
      return ZONED.test(raw) || !TIMESTAMP.test(raw) ? trimmed(raw) : `${trimmed(midnight(raw))}+00`;
    case 'local-timestamp':
      return trimmed(midnight(raw));
    case 'local-time':
      return trimmed(raw);
    case 'duration':
      return durationText(raw);
    case 'json':
      return jsonOr(raw);
    case 'uuid':
      return raw.toLowerCase();
    case 'text':
      return as.padded === true ? raw.replace(/ +$/, '') : raw;
    case 'array':
      return arrayText(raw, (element) => elementText(element, as.element));
    case 'bytes':
    case 'date':
    case 'enum':
    case 'set':
    case 'other':
      return raw;
  }
}

/** As PostgreSQL writes an array's element: a truth has one letter there, and a number no zeros at its end. */
function elementText(raw: string, as: Kind): string {
  if (as.kind === 'decimal') return decimalText(raw, undefined);
  return as.kind === 'float' || as.kind === 'duration' ? (canonicalText(raw, as, as) ?? raw) : raw;
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'true', '\\x01']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'false', '\\x00']);

function truthText(raw: string): string {
  if (TRUE.has(raw)) return 'true';
  return FALSE.has(raw) ? 'false' : raw;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function integerText(raw: string, own: Kind): string {
  if (raw.startsWith('\\x')) return BigInt(`0x${raw.slice(2) || '0'}`).toString();
  if (own.kind === 'bits' && /^[01]+$/.test(raw)) return BigInt(`0b${raw}`).toString();
  if (TRUE.has(raw)) return '1';
  if (FALSE.has(raw)) return '0';
  return decimalText(raw, 0);
}

/** With so many digits behind the point where the value has no more; without a scale with as few as it needs. */
function decimalText(raw: string, scale: number | undefined): string {
  if (!NUMBER.test(raw)) return raw;
  const [whole = '', fraction = ''] = plainNumber(raw).split('.');
  const digits = fraction.replace(/0+$/, '').padEnd(scale ?? 0, '0');
  return digits === '' ? whole : `${whole}.${digits}`;
}

/** The shortest digits that name the number, in the form that PostgreSQL writes. */
function floatText(raw: string, bits: 32 | 64): string {
  const number = Number(raw);
  const value = bits === 32 ? Math.fround(number) : number;
  if (!NUMBER.test(raw) || !Number.isFinite(value)) return raw;
  const [digits, exponent] = shortest(value, bits);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (exponent < -4 || exponent >= (bits === 32 ? 6 : 15)) {
    const rest = digits.slice(1);
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0]}${rest === '' ? '' : `.${rest}`}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The digits, and the exponent of the first of them. */
function shortest(value: number, bits: 32 | 64): readonly [digits: string, exponent: number] {
  const scientific = (text: string): readonly [string, number] => {
    const [mantissa = '', power = 0] = text.split('e');
    return [mantissa.replace('.', ''), Number(power)];
  };
  const magnitude = Math.abs(value);
  if (bits === 64) return scientific(magnitude.toExponential());
  for (let precision = 0; precision < 9; precision += 1) {
    const text = magnitude.toExponential(precision);
    if (Math.fround(Number(text)) === magnitude) return scientific(text);
  }
  return scientific(magnitude.toExponential());
}

/** As `bit(n)` is written: a digit a bit. */
function bitsText(raw: string, length: number): string {
  if (raw.startsWith('\\x'))
    return BigInt(`0x${raw.slice(2) || '0'}`)
      .toString(2)
      .padStart(length, '0');
  if (length === 1) return TRUE.has(raw) ? '1' : FALSE.has(raw) ? '0' : raw;
  return raw;
}

const TIMESTAMP = /^\d{4,}-\d\d-\d\d/;
const ZONED = /:\d\d(\.\d+)?[+-]/;
const DATE_ALONE = /^\d{4,}-\d\d-\d\d$/;

/** A date is the midnight at which it begins. */
function midnight(raw: string): string {
  return DATE_ALONE.test(raw) ? `${raw} 00:00:00` : raw;
}

/** Without the zeros at the end of a second's fraction. */
function trimmed(raw: string): string {
  return raw.replace(/(:\d\d)(?:\.(\d*?)0*)(?=$|[+-])/, (_, seconds: string, digits: string) =>
    digits === '' ? seconds : `${seconds}.${digits}`,
  );
}

const CLOCK = /^(?<sign>-?)(?<hours>\d+):(?<minutes>\d\d):(?<seconds>\d\d)(?:\.(?<fraction>\d+))?$/;
const ISO =
  /^P(?:(?<years>-?\d+)Y)?(?:(?<months>-?\d+)M)?(?:(?<days>-?\d+)D)?(?:T(?:(?<hours>-?\d+)H)?(?:(?<minutes>-?\d+)M)?(?:(?<sign>-?)(?<seconds>\d+)(?:\.(?<fraction>\d+))?S)?)?$/;

/** As ISO 8601 has it, without the parts that are zero. A span of seconds alone is one of hours, minutes and seconds. */
function durationText(raw: string): string {
  const clock = CLOCK.exec(raw)?.groups;
  const parts = clock ?? ISO.exec(raw)?.groups;
  if (parts === undefined || /[PT]$/.test(raw)) return raw;
  const whole = (name: string): number => Number(parts[name] ?? 0);
  const fraction = (parts.fraction ?? '').replace(/0+$/, '');
  const seconds = whole('seconds') * (parts.sign === '-' ? -1 : 1);
  // A clock's sign is of all its parts.
  const clockSign = clock === undefined || parts.sign !== '-' ? 1 : -1;
  const total = (whole('hours') * 3600 + whole('minutes') * 60) * clockSign + seconds;
  const sign = total < 0 || (total === 0 && parts.sign === '-') ? '-' : '';
  const size = Math.abs(total);
  const [h, m, s] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  const part = (count: number, unit: string): string => (count === 0 ? '' : `${count}${unit}`);
  const time = [
    h === 0 ? '' : `${sign}${h}H`,
    m === 0 ? '' : `${sign}${m}M`,
    s === 0 && fraction === '' ? '' : `${sign}${s}${fraction === '' ? '' : `.${fraction}`}S`,
  ].join('');
  const date = `${part(whole('years'), 'Y')}${part(whole('months'), 'M')}${part(whole('days'), 'D')}`;
  if (date === '' && time === '') return 'PT0S';
  return `P${date}${time === '' ? '' : `T${time}`}`;
}

function jsonOr(raw: string): string {
  try {
    return jsonbText(raw);
  } catch {
    return raw;
  }
}
