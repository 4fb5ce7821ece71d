import type { ColumnPlan, CommonForm, SideColumn } from '#engines/port/reconcile.ts';
import type { Kind } from '#model/kind.ts';
import { kindOf } from '../kinds.ts';
import { ownValue, valueSql } from '../plan-sql.ts';

/** SQL for one column in the forms in which it is hashed, compared and shown. `t` is the table's alias. */
export interface ColumnForms {
  /** The server's own text. */
  readonly value: string;
  /** The canonical text, the same as PostgreSQL's. NULL stays NULL. */
  readonly text: string;
  /** The text's length in bytes; undefined where the text holds no separator. */
  readonly length: string | undefined;
  readonly nullable: boolean;
  readonly kind: Kind;
  /** The kind as whose text the value is shown, and written by the other side. */
  readonly shownAs: Kind;
}

/** Above this many bytes a digest of the value stands for it, as in PostgreSQL's forms. */
const INLINE_BYTES_MAX = 1024;

export function columnForms(plan: ColumnPlan, side: 'source' | 'target'): ColumnForms {
  const { form } = plan;
  if (form === undefined) throw new Error(`${plan.name} has no form in common`);
  const column = side === 'source' ? plan.source : plan.target;
  const other = side === 'source' ? plan.target : plan.source;
  const kind = kindOf(column);
  const own = ownValue(column);
  return {
    value: valueSql(column),
    nullable: plan.source.nullable || plan.target.nullable,
    kind,
    shownAs: shownAs(form, kind, other),
    ...formSql(form, own, column),
  };
}

/** A truth is shown as one only to a column that is one, and a time of day as a clock has it. */
function shownAs(form: CommonForm, kind: Kind, other: SideColumn): Kind {
  if (kind.kind === 'boolean' && !/^(boolean|tinyint\(1\))$/.test(other.type)) return { kind: 'integer', bits: 64 };
  return form === 'time' ? { kind: 'local-time', digits: 6 } : kind;
}

type Form = Pick<ColumnForms, 'text' | 'length'>;

function formSql(form: CommonForm, own: string, column: SideColumn): Form {
  switch (form) {
    case 'integer':
      return plain(bigintHex(`CAST(${own} AS SIGNED)`));
    case 'decimal':
      return plain(decimalText(own, column));
    case 'float':
      return plain(floatText(own, valueSql(column)));
    case 'float-bits':
      return plain(floatBits(own, valueSql(column)));
    case 'text':
      return counted(textSql(own, column));
    case 'padded-text':
      return counted(`RTRIM(${textSql(own, column)})`);
    case 'bytes':
      return counted(`LOWER(HEX(${own}))`);
    case 'bits':
      return counted(`LPAD(BIN(${own} + 0), ${bitsOf(column)}, '0')`);
    case 'uuid':
      return counted(`LOWER(CAST(${own} AS CHAR))`);
    case 'timestamp':
      return plain(sinceEpoch(own, `TIMESTAMPDIFF(MICROSECOND, '2000-01-01', ${own})`, 'DATETIME(6)', 16));
    case 'date':
      return plain(sinceEpoch(own, `DATEDIFF(${own}, '2000-01-01')`, 'DATE', 8));
    case 'time':
      return plain(bigintHex(microseconds(own)));
  }
}

function plain(text: string): Form {
  return { text, length: undefined };
}

function counted(text: string): Form {
  const length = `LENGTH(${text})`;
  return { text: `IF(${length} > ${INLINE_BYTES_MAX}, SHA2(${text}, 256), ${text})`, length };
}

/** What is no text of its own (`inet6`) is cast to one. */
function textSql(own: string, column: SideColumn): string {
  return `CONVERT(${kindOf(column).kind === 'other' ? `CAST(${own} AS CHAR)` : own} USING utf8mb4)`;
}

/** MySQL counts whole seconds, and MariaDB their fraction as well. */
function microseconds(time: string): string {
  const rest = `IF(${time} < TIME'00:00:00', -1, 1) * MICROSECOND(${time})`;
  return `CAST(TRUNCATE(TIME_TO_SEC(${time}), 0) * 1000000 + ${rest} AS SIGNED)`;
}

function bigintHex(bigint: string): string {
  return `LOWER(LPAD(HEX(${bigint}), 16, '0'))`;
}

/** As many digits behind the point as the number needs. Adding 0 takes the zeros of ZEROFILL away. */
function decimalText(own: string, column: SideColumn): string {
  const kind = kindOf(column);
  const text = `CAST(${column.type.includes('zerofill') ? `${own} + 0` : own} AS CHAR)`;
  if (kind.kind !== 'decimal' || (kind.scale ?? 0) === 0) return text;
  return `TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM ${text}))`;
}

/**
 * Both servers write the shortest digits that name a double, save between 1e15 and 1e40: there such digits may lie half-way
 * between two doubles, which MariaDB takes and PostgreSQL does not. Scaled by a power of two they are exact, and cannot.
 */
function floatText(own: string, double: string): string {
  const scaled = `ABS(${double}) >= 1e15 AND ABS(${double}) < 1e40`;
  // Of a number that is computed MySQL writes at most 22 characters: its sign would take a digit's place.
  const sign = `IF(LEFT(CAST(${own} AS CHAR), 1) = '-', '-', '')`;
  const size = doubleText(`(ABS(${double}) * 7.888609052210118e-31)`);
  const whole = own === double ? doubleText(double) : `CONCAT(${sign}, ${doubleText(`ABS(${double})`)})`;
  return `IF(${scaled}, CONCAT(${sign}, ${size}, 'p100'), ${whole})`;
}

/**
 * A double's bits as hexadecimal digits, of which the server has no function. Products and quotients with powers of two are exact;
 * the logarithm is not, and is one off at most. The exponent is that of the last of 53 digits before the point of the mantissa:
 * counted from that of the smallest numbers, which have no hidden digit, it stands in the bits as the mantissa itself adds up.
 */
function floatBits(own: string, double: string): string {
  const size = `ABS(${double})`;
  const guess = `GREATEST(-1022, LEAST(1023, FLOOR(LOG2(${size}))))`;
  const rest = `${size} / POW(2, ${guess})`;
  const exponent = `GREATEST(-1022, ${guess} + (${rest} >= 2) - (${rest} < 1))`;
  const mantissa = `CAST(${size} / POW(2, ${exponent} - 52) AS UNSIGNED)`;
  const bits = `IF(${double} = 0, 0, CAST(${exponent} + 1022 AS UNSIGNED) * 4503599627370496 + ${mantissa})`;
  const sign = `IF(LEFT(CAST(${own} AS CHAR), 1) = '-', 9223372036854775808, 0)`;
  // HEX takes anything but an integer for a double.
  return `LOWER(LPAD(HEX(CAST(${sign} + ${bits} AS UNSIGNED)), 16, '0'))`;
}

/** PostgreSQL writes an exponent, of two digits at least, below 1e-4 and from 1e15 on; MariaDB where that is shorter. */
function doubleText(double: string): string {
  const text = `CAST(${double} AS CHAR)`;
  const sign = `IF(${double} < 0, '-', '')`;
  const fraction = `SUBSTRING_INDEX(${text}, '.', -1)`;
  const digits = `TRIM(LEADING '0' FROM ${fraction})`;
  const mantissa = `CONCAT(LEFT(${digits}, 1), IF(LENGTH(${digits}) > 1, '.', ''), SUBSTRING(${digits}, 2))`;
  // LPAD cuts off what is longer.
  const padded = (power: string): string => `LPAD(${power}, GREATEST(2, LENGTH(${power})), '0')`;
  const exponent = (mark: 'e' | 'e-', written: string): string =>
    `CONCAT(SUBSTRING_INDEX(${text}, 'e', 1), '${written}', ${padded(`SUBSTRING_INDEX(${text}, '${mark}', -1)`)})`;
  return `CASE WHEN ${text} LIKE '%e-%' THEN ${exponent('e-', 'e-')} WHEN ${text} LIKE '%e%' THEN ${exponent('e', 'e+')}
    WHEN ${double} <> 0 AND ABS(${double}) < 1e-4
      THEN CONCAT(${sign}, ${mantissa}, 'e-', LPAD(LENGTH(${fraction}) - LENGTH(${digits}) + 1, 2, '0'))
    ELSE ${text} END`;
}

function bitsOf({ type }: SideColumn): number {
  const kind = kindOf({ type });
  return kind.kind === 'bits' ? kind.length : 1;
}

/**
 * Hexadecimal of a count since 2000-01-01. A date that no calendar has (a month or a day of zero) is no count, but a hash of
 * its text below all that are.
 */
function sinceEpoch(own: string, count: string, type: string, digits: number): string {
  const hex = `LOWER(RIGHT(LPAD(HEX(${count}), 16, '0'), ${digits}))`;
  return `IF(${own} IS NULL, NULL, COALESCE(${hex}, CONCAT('8', LEFT(SHA2(CAST(CAST(${own} AS ${type}) AS CHAR), 256), ${digits - 1}))))`;
}
