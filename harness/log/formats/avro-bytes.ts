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
  let high = 0n;
  let shift = 0n;
  for (let place = 7; place < 10; place++) {
    const byte = nextByte(cursor, bytes);
    high |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) return exact(signed((high << 49n) | BigInt(low)));
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
