/**
 * Debezium's and Kafka Connect's temporal encodings as text that PostgreSQL reads in a session whose TimeZone is UTC.
 * All numbers are exact: a count beyond 2^53 arrives as a bigint.
 */

/**
 * What Debezium makes of PostgreSQL's `infinity` (PGStatement.DATE_POSITIVE_INFINITY and its negative): the driver's
 * marker in milliseconds, taken by PostgresValueConverter for a count of microseconds.
 */
const INFINITE_US = new Map<bigint, string>([
  [9223372036825200000n, 'infinity'],
  [-9223372036832400000n, '-infinity'],
]);

/**
 * The same markers as days, seen from Debezium 3.5: while streaming (PostgresValueConverter's infinite LocalDates), and
 * in a snapshot, where java.sql.Date has overflowed on the way. PostgreSQL has no dates so early.
 */
const INFINITE_DAYS = new Map<number, string>([
  [-2147472692, 'infinity'],
  [-2147472691, '-infinity'],
  [-622191234, 'infinity'],
  [-625821272, '-infinity'],
]);

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** `2024-02-29`, `0044-03-15 BC` (the BC apart, since it follows the time of a timestamp). */
function civil(days: number): { readonly date: string; readonly bc: boolean } {
  // Days to a proleptic Gregorian date, in eras of 400 years that start on 1 March (H. Hinnant's algorithm).
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const bc = year < 1;
  const shown = String(bc ? 1 - year : year).padStart(4, '0');
  return { date: `${shown}-${two(month)}-${two(day)}`, bc };
}

/** Days since 1970-01-01 as a date. */
export function dateText(days: number): string {
  const infinite = INFINITE_DAYS.get(days);
  if (infinite !== undefined) return infinite;
  const { date, bc } = civil(days);
  return bc ? `${date} BC` : date;
}

function fraction(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  return `.${digits.replace(/0+$/, '')}`;
}

function clock(seconds: number, nanos: number): string {
  const hours = Math.floor(seconds / 3600);
  return `${two(hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${fraction(nanos)}`;
}

/** A time of day, or MariaDB's span of up to 838 hours either way; `unitsPerSecond` is 10^3, 10^6 or 10^9. 24:00:00 stays 24:00:00. */
export function timeText(count: bigint, unitsPerSecond: bigint): string {
  if (count < 0n) return `-${timeText(-count, unitsPerSecond)}`;
  const seconds = Number(count / unitsPerSecond);
  return clock(seconds, Number((count % unitsPerSecond) * (1_000_000_000n / unitsPerSecond)));
}

/** A timestamp without time zone from a count since the epoch; `unitsPerSecond` is 10^3, 10^6 or 10^9. */
export function timestampText(count: number | bigint, unitsPerSecond: 1_000 | 1_000_000 | 1_000_000_000): string {
  if (typeof count === 'number' && Math.abs(count) < 9e15) {
    // The common case in plain numbers: everything between the years 1684 and 2255 in microseconds.
    const seconds = Math.floor(count / unitsPerSecond);
    const rest = count - seconds * unitsPerSecond;
    return assemble(seconds, rest * (1_000_000_000 / unitsPerSecond));
  }
  const exact = BigInt(count);
  const per = BigInt(unitsPerSecond);
  const infinite = INFINITE_US.get(unitsPerSecond === 1_000 ? exact * 1000n : exact);
  if (infinite !== undefined) return infinite;
  const rest = ((exact % per) + per) % per;
  return assemble(Number((exact - rest) / per), Number(rest * (1_000_000_000n / per)));
}

function assemble(seconds: number, nanos: number): string {
  const days = Math.floor(seconds / 86_400);
  const { date, bc } = civil(days);
  const text = `${date} ${clock(seconds - days * 86_400, nanos)}`;
  return bc ? `${text} BC` : text;
}

/**
 * `2024-02-29T12:00:00.500000Z` as PostgreSQL prints it: `2024-02-29 12:00:00.5+00`. PostgreSQL reads neither Java's sign
 * before a year beyond 9999 nor its years 0 and below.
 */
export function zonedTimestampText(iso: string): string {
  const match = /^([+-]?)(\d{4,})(-\d\d-\d\d)T(.*)$/.exec(iso);
  if (match === null) return iso;
  const [, sign, digits = '', rest = '', time = ''] = match;
  if (sign !== '-' && digits !== '0000') return `${digits}${rest} ${zonedTimeText(time)}`;
  return `${String(1 + Number(digits)).padStart(4, '0')}${rest} ${zonedTimeText(time)} BC`;
}

/** `12:00:00.500000Z` as PostgreSQL prints it: `12:00:00.5+00`. */
export function zonedTimeText(iso: string): string {
  const match = /^(\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(iso);
  if (match === null) return iso;
  const digits = (match[2] ?? '').replace(/0+$/, '');
  return `${match[1]}${digits === '' ? '' : `.${digits}`}+00`;
}

/** A count of microseconds as an interval of hours, minutes and seconds. */
export function durationText(count: bigint, unitsPerSecond: bigint = 1_000_000n): string {
  const sign = count < 0n ? '-' : '';
  const magnitude = count < 0n ? -count : count;
  const seconds = magnitude / unitsPerSecond;
  const nanos = Number((magnitude % unitsPerSecond) * (1_000_000_000n / unitsPerSecond));
  return `PT${sign}${seconds}${fraction(nanos)}S`;
}
