/** A type of SQL Server as the protocol writes it, by the name that the catalog has for it: `decimal(12,2)`, `nvarchar(max)`. */
export interface WireType {
  /** What `TYPE_INFO` says of it. */
  readonly info: Buffer;
  /** A value behind its length; NULL too. */
  value(value: string | null): Buffer;
}

/** SQL_Latin1_General_CP1_CI_AS. */
export const COLLATION = Buffer.from('0904d00034', 'hex');

const u8 = (value: number): Buffer => Buffer.from([value]);
const u16 = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** A number's bytes in little-endian order. */
function little(value: bigint, bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, place) => Number((value >> BigInt(8 * place)) & 0xffn)));
}

function short(info: readonly number[], toBytes: (text: string) => Buffer): WireType {
  return {
    info: Buffer.from(info),
    value: (text) => {
      if (text === null) return u8(0);
      const bytes = toBytes(text);
      return Buffer.concat([u8(bytes.length), bytes]);
    },
  };
}

/** Values with a length of two bytes, or of any length in pieces where the type says `max`. */
function long(id: number, length: string | undefined, unit: number, toBytes: (text: string) => Buffer): WireType {
  const collation = id === 0xa5 || id === 0xad ? Buffer.alloc(0) : COLLATION;
  if (length !== 'max') {
    return {
      info: Buffer.concat([u8(id), u16(Number(length ?? 1) * unit), collation]),
      value(text) {
        if (text === null) return u16(0xffff);
        const bytes = toBytes(text);
        return Buffer.concat([u16(bytes.length), bytes]);
      },
    };
  }
  return {
    info: Buffer.concat([u8(id), u16(0xffff), collation]),
    value(text) {
      if (text === null) return Buffer.alloc(8, 0xff);
      const bytes = toBytes(text);
      const piece = bytes.length === 0 ? [] : [u32(bytes.length), bytes];
      return Buffer.concat([u64(BigInt(bytes.length)), ...piece, u32(0)]);
    },
  };
}

const DAY_MS = 86_400_000;
/** Days from 0001-01-01 and from 1900-01-01 to 1970-01-01. */
const TO_YEAR_1 = 719_162;
const TO_1900 = 25_567;

const daysOf = (text: string): number => Date.parse(`${text.slice(0, 10)}T00:00:00Z`) / DAY_MS;

/** Of `hh:mm:ss.fffffff` at the end of a text, so many counts of a second's digits. */
function countsOf(text: string, digits: number): bigint {
  const [, h = '0', m = '0', s = '0', fraction = ''] = /(\d\d):(\d\d):(\d\d)(?:\.(\d+))?$/.exec(text) ?? [];
  const seconds = BigInt((Number(h) * 60 + Number(m)) * 60 + Number(s));
  return seconds * 10n ** BigInt(digits) + BigInt(fraction.padEnd(digits, '0').slice(0, digits) || '0');
}

const timeBytes = (text: string, digits: number): Buffer =>
  little(countsOf(text, digits), digits <= 2 ? 3 : digits <= 4 ? 4 : 5);
const dateBytes = (text: string): Buffer => little(BigInt(daysOf(text) + TO_YEAR_1), 3);

function datetimeBytes(text: string): Buffer {
  const thirds = Math.round(Number(countsOf(text, 3)) * 0.3);
  return Buffer.concat([little(BigInt(daysOf(text) + TO_1900), 4), little(BigInt(thirds), 4)]);
}

function decimalBytes(text: string, scale: number): Buffer {
  const [, sign, whole = '0', rest = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  return Buffer.concat([
    u8(sign === '-' ? 0 : 1),
    little(BigInt(`${whole}${rest.padEnd(scale, '0').slice(0, scale)}`), 16),
  ]);
}

function floatBytes(text: string, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeDoubleLE(Number(text));
  else buffer.writeFloatLE(Number(text));
  return buffer;
}

/** As a GUID lies in memory: the first three of its parts are numbers. */
function guidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  for (const [from, to] of [
    [0, 4],
    [4, 6],
    [6, 8],
  ])
    bytes.subarray(from, to).reverse();
  return bytes;
}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const hex = (text: string): Buffer => Buffer.from(text.replace(/^0x/, ''), 'hex');
const INTEGER_BYTES: Readonly<Record<string, number>> = { tinyint: 1, smallint: 2, int: 4, bigint: 8 };

export function wireType(type: string): WireType {
  const [, name = '', first, second = '0'] = /^(\w+)(?:\((\w+)(?:,(\d+))?\))?$/.exec(type) ?? [];
  const digits = Number(first ?? 7);
  const integer = INTEGER_BYTES[name];
  if (integer !== undefined) return short([0x26, integer], (text) => little(BigInt(text), integer));
  switch (name) {
    case 'bit':
      return short([0x68, 1], (text) => u8(Number(text)));
    case 'float':
      return short([0x6d, 8], (text) => floatBytes(text, 8));
    case 'real':
      return short([0x6d, 4], (text) => floatBytes(text, 4));
    case 'decimal':
      return short([0x6a, 17, Number(first), Number(second)], (text) => decimalBytes(text, Number(second)));
    case 'money':
      return short([0x6e, 8], (text) => {
        const counts = BigInt(text.replace('.', ''));
        return Buffer.concat([little(counts >> 32n, 4), little(counts, 4)]);
      });
    case 'date':
      return short([0x28], dateBytes);
    case 'time':
      return short([0x29, digits], (text) => timeBytes(text, digits));
    case 'datetime2':
      return short([0x2a, digits], (text) => Buffer.concat([timeBytes(text, digits), dateBytes(text)]));
    case 'datetimeoffset':
      // Given in UTC, and shown an hour to the east of it.
      return short([0x2b, digits], (text) => Buffer.concat([timeBytes(text, digits), dateBytes(text), little(60n, 2)]));
    case 'datetime':
      return short([0x6f, 8], datetimeBytes);
    case 'uniqueidentifier':
      return short([0x24, 16], guidBytes);
    case 'varbinary':
      return long(0xa5, first, 1, hex);
    case 'binary':
      return long(0xad, first, 1, hex);
    case 'varchar':
      return long(0xa7, first, 1, (text) => Buffer.from(text, 'latin1'));
    case 'nchar':
      return long(0xef, first, 2, utf16);
    case 'nvarchar':
      return long(0xe7, first, 2, utf16);
    default:
      throw new Error(`the server of the tests' own has no type ${type}`);
  }
}
