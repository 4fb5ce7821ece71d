import { OperatorError } from '#std/errors.ts';
import { driver } from './driver.ts';

/** What the driver says of a column of an answer. */
export interface AnswerColumn {
  readonly name: string;
  readonly type?: unknown;
  readonly scale?: number | undefined;
}

type ToText = (value: never, column: AnswerColumn) => string;

/** Digits of a number that a double names exactly, whatever they are. */
const SAFE_DIGITS = 15;

/**
 * The driver reads a decimal into a double. Where the number has so few digits that each of them has its own double nothing
 * is lost; any other is refused, not rounded.
 */
function decimalText(value: number, scale: number, column: AnswerColumn): string {
  const text = value.toFixed(scale);
  if (text.replace(/^-?[0.]*/, '').replace('.', '').length <= SAFE_DIGITS) return text;
  throw new OperatorError({
    code: 'digits-lost',
    message: `the driver for SQL Server would lose digits of the number ${column.name}`,
    expected: `numbers of at most ${SAFE_DIGITS} digits, or their texts`,
    found: `a number of more digits, ${scale} of them behind the point`,
    hint: `have the server write it: CONVERT(varchar(41), …) AS ${column.name === '' ? 'number' : column.name}`,
    exit: 1,
  });
}

/** A double's own shortest text; of 32 bits the shortest that names the same number of 32 bits. */
function realText(value: number): string {
  if (value === 0) return floatText(value);
  for (let digits = 1; digits < 9; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return floatText(Number(text));
  }
  return floatText(value);
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

type Moment = Date & { readonly nanosecondsDelta?: number };

/** Digits of a second's fraction: the driver's date has three, and beside it what is missing to seven, in seconds. */
function fraction(value: Moment, digits: number): string {
  if (digits === 0) return '';
  const missing = Math.round((value.nanosecondsDelta ?? 0) * 1e7);
  const all = String(value.getUTCMilliseconds() * 10_000 + missing).padStart(7, '0');
  return `.${all.slice(0, digits)}`;
}

const day = (value: Date): string => {
  const year = String(value.getUTCFullYear()).padStart(4, '0');
  return `${year}-${value.toISOString().slice(-19, -14)}`;
};
const clock = (value: Moment, digits: number): string =>
  `${value.toISOString().slice(-13, -5)}${fraction(value, digits)}`;
const stamp = (value: Moment, digits: number): string => `${day(value)} ${clock(value, digits)}`;

const moment =
  (write: (value: Moment, digits: number) => string, digits?: number) =>
  (value: Moment, { scale }: AnswerColumn): string =>
    write(value, digits ?? scale ?? 7);

const number = (value: number, column: AnswerColumn): string => decimalText(value, column.scale ?? 0, column);
const money = (value: number, column: AnswerColumn): string => decimalText(value, 4, column);

/** By the driver's types. What is not among them the driver has as a text, a whole number or bytes. */
function textsByType(): ReadonlyMap<unknown, ToText> {
  const sql = driver();
  return new Map<unknown, ToText>([
    [sql.Decimal, number],
    [sql.Numeric, number],
    [sql.Money, money],
    [sql.SmallMoney, money],
    [sql.Real, realText],
    [sql.Float, floatText],
    [sql.DateTime2, moment(stamp)],
    [sql.DateTime, moment(stamp, 3)],
    [sql.SmallDateTime, moment(stamp, 0)],
    // The driver keeps the moment alone: its offset is lost, and UTC's is written.
    [sql.DateTimeOffset, moment((value, digits) => `${stamp(value, digits)}+00`)],
    [sql.Time, moment(clock)],
    [sql.Date, day],
  ]);
}

let texts: ReadonlyMap<unknown, ToText> | undefined;

/** The text of a value that the driver has read; bytes as `\x` and hex digits, a truth as `1` or `0`. Throws an OperatorError (`digits-lost`). */
export function textOfValue(value: unknown, column: AnswerColumn): string | null {
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  if (typeof value === 'boolean') return value ? '1' : '0';
  texts ??= textsByType();
  const write = texts.get(column.type);
  if (write !== undefined) return write(value as never, column);
  // A value of a `sql_variant` has a type of its own, of which the driver says nothing.
  if (value instanceof Date) return stamp(value, 7);
  return String(value);
}
