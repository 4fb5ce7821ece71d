import type { Kind } from '#model/kind.ts';
import type { Text } from '#model/values.ts';
import { jsonbText, plainNumber } from '#std/jsonb-text.ts';

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
    case 'bytes':
    case 'date':
    case 'text':
    case 'enum':
    case 'set':
    case 'array':
    case 'other':
      return raw;
  }
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
const SECONDS = /^PT(?<sign>-?)(?<seconds>\d+)(?:\.(?<fraction>\d+))?S$/;

/** As ISO 8601 has it, in hours, minutes and seconds. Any other span (of days or months) keeps its text. */
function durationText(raw: string): string {
  const parts = (CLOCK.exec(raw) ?? SECONDS.exec(raw))?.groups;
  if (parts === undefined) return raw;
  const { sign = '', hours = 0, minutes = 0, seconds = 0 } = parts;
  const fraction = (parts.fraction ?? '').replace(/0+$/, '');
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const written = [
    h === 0 ? '' : `${sign}${h}H`,
    m === 0 ? '' : `${sign}${m}M`,
    s === 0 && fraction === '' ? '' : `${sign}${s}${fraction === '' ? '' : `.${fraction}`}S`,
  ].join('');
  return `PT${written === '' ? '0S' : written}`;
}

function jsonOr(raw: string): string {
  try {
    return jsonbText(raw);
  } catch {
    return raw;
  }
}
