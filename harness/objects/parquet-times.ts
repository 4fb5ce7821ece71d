const DATE = /^(\d{4,7})-(\d\d)-(\d\d)( BC)?$/;
const TIMESTAMP = /^(\d{4,6}-\d\d-\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(\+00)?( BC)?$/;

const DAY_MS = 86_400_000;
/** The calendar begins anew after so many years and days. */
const CYCLE_YEARS = 400;
const CYCLE_DAYS = 146_097;

/**
 * The days from 1970-01-01 to a date's canonical text, in the Gregorian calendar also before it was in use, as databases count them.
 * Undefined for what is no day: `infinity`, `0000-00-00`.
 */
export function daysOfDate(text: string): number | undefined {
  const [, years, month, day, era] = DATE.exec(text) ?? [];
  // The year before the first one is 1 BC, which calculation calls 0.
  const year = era === undefined ? Number(years) : 1 - Number(years);
  const cycle = Math.floor((year - 2000) / CYCLE_YEARS);
  // A Date has not as many years as a database's date.
  const date = new Date(Date.UTC(year - cycle * CYCLE_YEARS, Number(month) - 1, Number(day)));
  const isDay = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  return isDay ? date.getTime() / DAY_MS + cycle * CYCLE_DAYS : undefined;
}

/**
 * The microseconds from 1970-01-01 00:00:00 to a timestamp's canonical text: in UTC for an `instant`, by the same clock for one
 * without a zone. Undefined for what is none (`infinity`), and for what 64 bits cannot hold (after the year 294246).
 */
export function microsOfTimestamp(text: string, kind: 'instant' | 'local-timestamp'): bigint | undefined {
  const [, date, hours, minutes, seconds, fraction = '', zone, era = ''] = TIMESTAMP.exec(text) ?? [];
  const days = date === undefined ? undefined : daysOfDate(`${date}${era}`);
  if (days === undefined || (zone !== undefined) !== (kind === 'instant')) return undefined;
  const daySeconds = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  const micros = BigInt(days * 86_400 + daySeconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  return BigInt.asIntN(64, micros) === micros ? micros : undefined;
}
