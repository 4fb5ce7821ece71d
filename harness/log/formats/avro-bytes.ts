import { Literal, Undecodable } from '../wire.ts';

/** Where a value is read, in bytes that go on behind it. */
export interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/** A long, or a count: a number where that is exact, else a literal. */
export function readLong(cursor: Cursor): number | Literal {
  const { bytes } = cursor;
  // Seven bits a byte, the lowest first: as much of them as is exact in a number.
  let low = 0;
  let factor = 1;
  for (let place = 0; place < 7; place++) {
    const byte = nextByte(cursor, bytes);
    low += (byte & 0x7f) * factor;
    if (byte < 0x80) return low % 2 === 0 ? low / 2 : -(low + 1) / 2;
    factor *= 128;
  }
  let high = 0;
  factor = 1;
  for (let place = 7; place < 10; place++) {
    const byte = nextByte(cursor, bytes);
    high += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte < 0x80) return exactly(high % 2 ** 15, low);
  }
  throw new Undecodable('a number of more than 64 bits');
}

export function nextByte(cursor: Cursor, bytes: Buffer): number {
  const byte = bytes[cursor.at++];
  if (byte === undefined) throw new Undecodable('the record ends within a value');
  return byte;
}

/** Undoes the zigzag by which small negative numbers are short. */
export function signed(zigzag: bigint): bigint {
  return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n));
}

/** A number where it is exact in one. */
export function exact(value: bigint): number | Literal {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : new Literal(String(value));
}

/** 2^48 in millions, and what is left of it. */
const MILLIONS = 281_474_976;
const REST = 710_656;
const MILLION = 1_000_000;

/**
 * Undoes the zigzag by which small negative numbers are short: of the upper 15 and the lower 49 bits, in numbers of which each is
 * exact. Times in nanoseconds are as long as that, and a bigint for each would cost more than the rest of a row.
 */
function exactly(high: number, low: number): number | Literal {
  const isNegative = low % 2 === 1;
  const half = (isNegative ? low + 1 : low) / 2;
  const units = high * REST + (half % MILLION);
  const millions = high * MILLIONS + Math.floor(half / MILLION) + Math.floor(units / MILLION);
  const sign = isNegative ? '-' : '';
  const text = `${sign}${millions}${String(units % MILLION).padStart(6, '0')}`;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : new Literal(text);
}

/** A length or an index: it is never that large. */
export function readCount(cursor: Cursor): number {
  const count = readLong(cursor);
  if (typeof count === 'number') return count;
  throw new Undecodable(`a length of ${count.text}`);
}

/** The start of the next `length` bytes, which are passed. */
export function pass(cursor: Cursor, length: number): number {
  const start = cursor.at;
  if (length < 0 || start + length > cursor.bytes.length) throw new Undecodable('the record ends within a value');
  cursor.at = start + length;
  return start;
}

export function readString(cursor: Cursor): string {
  const start = pass(cursor, readCount(cursor));
  return cursor.bytes.toString('utf8', start, cursor.at);
}

const REPEATED_BYTES_MAX = 64;

/** Reads a string that is the same in most records: it is compared with the last one, and made once. */
export function repeatedString(): (cursor: Cursor) => string {
  let last = '';
  let written: Uint8Array = new Uint8Array(0);
  return (cursor) => {
    const { bytes } = cursor;
    const length = readCount(cursor);
    const start = pass(cursor, length);
    if (length === written.length) {
      let same = 0;
      while (same < length && bytes[start + same] === written[same]) same++;
      if (same === length) return last;
    }
    const text = bytes.toString('utf8', start, cursor.at);
    if (length > REPEATED_BYTES_MAX) return text;
    last = text;
    written = Uint8Array.prototype.slice.call(bytes, start, cursor.at);
    return text;
  };
}

/** In base64, as the JSON converter writes bytes. */
export function readFixed(cursor: Cursor, length: number): string {
  const start = pass(cursor, length);
  return cursor.bytes.toString('base64', start, cursor.at);
}

export function readBytes(cursor: Cursor): string {
  return readFixed(cursor, readCount(cursor));
}

export function readBoolean(cursor: Cursor): boolean {
  return nextByte(cursor, cursor.bytes) !== 0;
}

export function readDouble(cursor: Cursor): number | string {
  return finite(cursor.bytes.readDoubleLE(pass(cursor, 8)));
}

export function readFloat(cursor: Cursor): number | string {
  const value = cursor.bytes.readFloatLE(pass(cursor, 4));
  return typeof finite(value) === 'string' ? String(value) : shortest(value);
}

/** What is no number in JSON stands there as its name. */
function finite(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** Below it numbers have fewer than six digits. */
const NORMAL_MIN = 2 ** -126;

/** The number of fewest digits that is this one in 32 bits: 0.1, and not 0.10000000149011612. */
function shortest(float: number): number {
  // A zero has no digits, but a sign.
  if (float === 0) return float;
  for (let digits = Math.abs(float) < NORMAL_MIN ? 2 : 6; digits < 9; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return Number(float.toPrecision(9));
}
