import { whole, wholeText } from './numbers.ts';

/** How many digits of a count stand for less than a second: 3 of milliseconds, 6 of microseconds, 9 of nanoseconds. */
type Places = 3 | 6 | 9;

const DAY_MS = 86_400_000;

/** The Gregorian calendar repeats itself after 400 years, which are this many days. */
const CYCLE_DAYS = 146_097;

/** The years 1 to 9999: everything else is far. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

/** Debezium's documented stand-ins for PostgreSQL's infinite timestamps, in microseconds. */
const LAST_MICROS = 9_223_372_036_825_200_000n;
const FIRST_MICROS = -9_223_372_036_832_400_000n;

/** Its stand-ins for infinite dates, one while streaming, one in a snapshot: days too early for any date of PostgreSQL's. */
const LAST_DAYS: readonly number[] = [-2_147_472_692, -622_191_234];
const FIRST_DAYS: readonly number[] = [-2_147_472_691, -625_821_272];

/** `.5` of `500000`; nothing of zeros. */
function fractionText(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return end === 0 ? '' : `.${digits.slice(0, end)}`;
}

/** A year as the standard numbers it (0 is 1 BC), as a database shows it. */
function eraOf(year: number): { readonly digits: string; readonly suffix: string } {
  const beforeChrist = year <= 0;
  return { digits: String(beforeChrist ? 1 - year : year).padStart(4, '0'), suffix: beforeChrist ? ' BC' : '' };
}

/** Date and clock of any day, near or far: the same day and month in the years from 1970 on, and its own year. */
function anyDay(days: number, secondOfDay: number, timeOf: (iso: string) => string): string {
  const cycles = Math.floor(days / CYCLE_DAYS);
  const iso = new Date((days - cycles * CYCLE_DAYS) * DAY_MS + secondOfDay * 1000).toISOString();
  const { digits, suffix } = eraOf(Number(iso.slice(0, 4)) + 400 * cycles);
  return `${digits}${iso.slice(4, 10)}${timeOf(iso)}${suffix}`;
}

/** Days met before: rows of one table are of few days, and looking one up takes a fraction of the time of writing it. */
const known = new Map<number, string>();
const KNOWN_MAX = 4096;

/** A day of any era. */
function dateText(days: number): string {
  let text = known.get(days);
  if (text === undefined) {
    text = anyDay(days, 0, () => '');
    if (known.size === KNOWN_MAX) known.clear();
    known.set(days, text);
  }
  return text;
}

/** `00` to `59`. */
const TWO: readonly string[] = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

function dayTime(second: number): string {
  const ofMinute = second % 60;
  const minutes = (second - ofMinute) / 60;
  const ofHour = minutes % 60;
  return `${TWO[(minutes - ofHour) / 60]}:${TWO[ofHour]}:${TWO[ofMinute]}`;
}

/** Days since the epoch. */
export function dayText(raw: unknown): string {
  const days = Number(wholeText(raw));
  if (LAST_DAYS.includes(days)) return 'infinity';
  if (FIRST_DAYS.includes(days)) return '-infinity';
  return dateText(days);
}

/** A timestamp without zone, counted from the epoch. */
export function momentText(places: Places): (raw: unknown) => string {
  const unit = 10 ** places;
  return (raw) => {
    const count = whole(raw);
    if (typeof count === 'bigint') return farMoment(count, places);
    // The remainder of a division is exact in floating point; the quotient of what it leaves is a whole number.
    let rest = count % unit;
    if (rest < 0) rest += unit;
    const seconds = (count - rest) / unit;
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return farMoment(BigInt(count), places);
    const days = Math.floor(seconds / 86_400);
    const fraction = rest === 0 ? '' : fractionText(String(rest).padStart(places, '0'));
    return `${dateText(days)} ${dayTime(seconds - days * 86_400)}${fraction}`;
  };
}

function farMoment(count: bigint, places: Places): string {
  const micros = places === 3 ? count * 1000n : count;
  if (micros === LAST_MICROS) return 'infinity';
  if (micros === FIRST_MICROS) return '-infinity';
  const day = 86_400n * 10n ** BigInt(places);
  const within = ((count % day) + day) % day;
  const digits = String(within).padStart(places + 1, '0');
  const fraction = fractionText(digits.slice(-places));
  return anyDay(
    Number((count - within) / day),
    Number(digits.slice(0, -places)),
    (iso) => ` ${iso.slice(11, 19)}${fraction}`,
  );
}

/** A count's sign, whole seconds and fraction, by its digits alone. */
function secondsOf(raw: unknown, places: Places) {
  const text = wholeText(raw);
  const sign = text.startsWith('-') ? '-' : '';
  const digits = text.slice(sign.length).padStart(places + 1, '0');
  return { sign, seconds: digits.slice(0, -places), fraction: fractionText(digits.slice(-places)) };
}

/** A time of day up to 24:00:00, or MariaDB's span of up to 838 hours to either side. */
export function clockText(places: Places): (raw: unknown) => string {
  return (raw) => {
    const { sign, seconds, fraction } = secondsOf(raw, places);
    const ofHour = Number(seconds) % 3600;
    const hours = (Number(seconds) - ofHour) / 3600;
    return `${sign}${String(hours).padStart(2, '0')}${dayTime(ofHour).slice(2)}${fraction}`;
  };
}

/** An interval that Debezium has counted up, months and all. */
export function spanText(places: Places): (raw: unknown) => string {
  return (raw) => {
    const { sign, seconds, fraction } = secondsOf(raw, places);
    return `PT${sign}${seconds}${fraction}S`;
  };
}

/** `22:00:00.500000Z` as `22:00:00.5+00`; a time with another offset, or none, stays what it is. */
export function zonedClockText(iso: string): string {
  if (!iso.endsWith('Z') || iso[2] !== ':' || iso[5] !== ':' || !'.Z'.includes(iso[8] ?? '?')) return iso;
  return `${iso.slice(0, 8)}${fractionText(iso.slice(9, -1))}+00`;
}

/** Java's ISO form, signed beyond four digits of the year and before its year 1. */
export function zonedMomentText(iso: string): string {
  const split = iso.indexOf('T');
  if (split < 10) return iso;
  if (split === 10 && /^[1-9]/.test(iso)) return `${iso.slice(0, 10)} ${zonedClockText(iso.slice(11))}`;
  const year = Number(iso.slice(0, split - 6));
  if (!Number.isInteger(year)) return iso;
  const { digits, suffix } = eraOf(year);
  return `${digits}${iso.slice(split - 6, split)} ${zonedClockText(iso.slice(split + 1))}${suffix}`;
}
