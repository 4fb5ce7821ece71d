import { type Literal, Undecodable } from '../wire.ts';
import { type Cursor, exact, nextByte, pass, readDouble, readFloat, signed } from './avro-bytes.ts';

/** How many bytes a value has: those of a varint, 8, a length before it, or 4. */
export type WireType = 0 | 1 | 2 | 5;

/** How values of a type are read where no length stands before them, and what they are where they are left out. */
export interface Scalar {
  /** As the JSON converter names it. */
  readonly type: string;
  readonly wire: WireType;
  readonly zero: unknown;
  read(cursor: Cursor): unknown;
}

/** Up to 64 bits without a sign, seven a byte, the lowest first: a number where that is exact. */
function readVarint(cursor: Cursor): number | bigint {
  const { bytes } = cursor;
  let low = 0;
  let factor = 1;
  for (let place = 0; place < 7; place++) {
    const byte = nextByte(cursor, bytes);
    low += (byte & 0x7f) * factor;
    if (byte < 0x80) return low;
    factor *= 128;
  }
  let high = 0n;
  let shift = 0n;
  for (let place = 7; place < 10; place++) {
    const byte = nextByte(cursor, bytes);
    high |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) return BigInt.asUintN(64, (high << 49n) | BigInt(low));
  }
  throw new Undecodable('a number of more than 64 bits');
}

/** The number of a field and its wire type. */
export function readTag(cursor: Cursor): readonly [field: number, wire: number] {
  const tag = readVarint(cursor);
  if (typeof tag === 'bigint' || tag < 8 || tag > 0xffff_ffff) throw new Undecodable(`no field has the tag ${tag}`);
  return [tag >>> 3, tag & 7];
}

/** Where the value ends that has its length before it. */
export function readEnd(cursor: Cursor): number {
  const length = Number(readVarint(cursor));
  const start = pass(cursor, length);
  cursor.at = start;
  return start + length;
}

/** Passes a value of a field that the schema does not have. */
export function skip(cursor: Cursor, wire: number): void {
  switch (wire) {
    case 0:
      readVarint(cursor);
      break;
    case 1:
      pass(cursor, 8);
      break;
    case 2:
      cursor.at = readEnd(cursor);
      break;
    case 5:
      pass(cursor, 4);
      break;
    default:
      throw new Undecodable(`a field of the wire type ${wire}`);
  }
}

/** A negative number of 32 bits takes ten bytes, too. */
export function readInt32(cursor: Cursor): number {
  const value = readVarint(cursor);
  return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value));
}

function readInt64(cursor: Cursor): number | Literal {
  const value = readVarint(cursor);
  return typeof value === 'number' ? value : exact(BigInt.asIntN(64, value));
}

function readSigned(cursor: Cursor): number | Literal {
  return exact(signed(BigInt(readVarint(cursor))));
}

const INT32 = { type: 'int32', zero: 0 } as const;
const INT64 = { type: 'int64', zero: 0 } as const;

/** The types of fields by their names. What has no sign and more than 31 bits is an int64 in Connect. */
export const SCALARS: Readonly<Record<string, Scalar>> = {
  int32: { ...INT32, wire: 0, read: readInt32 },
  sint32: { ...INT32, wire: 0, read: readSigned },
  sfixed32: { ...INT32, wire: 5, read: (cursor) => cursor.bytes.readInt32LE(pass(cursor, 4)) },
  uint32: { ...INT64, wire: 0, read: (cursor) => Number(readVarint(cursor)) },
  fixed32: { ...INT64, wire: 5, read: (cursor) => cursor.bytes.readUInt32LE(pass(cursor, 4)) },
  int64: { ...INT64, wire: 0, read: readInt64 },
  sint64: { ...INT64, wire: 0, read: readSigned },
  uint64: { ...INT64, wire: 0, read: (cursor) => exact(BigInt(readVarint(cursor))) },
  fixed64: { ...INT64, wire: 1, read: (cursor) => exact(cursor.bytes.readBigUInt64LE(pass(cursor, 8))) },
  sfixed64: { ...INT64, wire: 1, read: (cursor) => exact(cursor.bytes.readBigInt64LE(pass(cursor, 8))) },
  float: { type: 'float', wire: 5, zero: 0, read: readFloat },
  double: { type: 'double', wire: 1, zero: 0, read: readDouble },
  bool: { type: 'boolean', wire: 0, zero: false, read: (cursor) => readVarint(cursor) !== 0 },
  string: { type: 'string', wire: 2, zero: '', read: (cursor) => textOf(cursor, 'utf8') },
  // In base64, as the JSON converter writes bytes.
  bytes: { type: 'bytes', wire: 2, zero: '', read: (cursor) => textOf(cursor, 'base64') },
};

function textOf(cursor: Cursor, encoding: 'utf8' | 'base64'): string {
  const end = readEnd(cursor);
  const text = cursor.bytes.toString(encoding, cursor.at, end);
  cursor.at = end;
  return text;
}
