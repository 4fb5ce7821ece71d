import type { Column } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';

const PLAIN: Readonly<Record<string, Kind>> = {
  bit: { kind: 'boolean' },
  tinyint: { kind: 'integer', bits: 8, unsigned: true },
  smallint: { kind: 'integer', bits: 16 },
  int: { kind: 'integer', bits: 32 },
  bigint: { kind: 'integer', bits: 64 },
  money: { kind: 'decimal', precision: 19, scale: 4 },
  smallmoney: { kind: 'decimal', precision: 10, scale: 4 },
  real: { kind: 'float', bits: 32 },
  float: { kind: 'float', bits: 64 },
  text: { kind: 'text' },
  ntext: { kind: 'text' },
  sysname: { kind: 'text', length: 128 },
  image: { kind: 'bytes' },
  // Counted up by the server with every change of the row, and never written.
  rowversion: { kind: 'bytes', length: 8 },
  timestamp: { kind: 'bytes', length: 8 },
  date: { kind: 'date' },
  // Kept to a 300th of a second, and shown with three digits.
  datetime: { kind: 'local-timestamp', digits: 3 },
  smalldatetime: { kind: 'local-timestamp', digits: 0 },
  uniqueidentifier: { kind: 'uuid' },
  json: { kind: 'json' },
};

/** Digits of a second's fraction, and of a number, where a type names none. */
const DIGITS = 7;
const PRECISION = 18;

/**
 * What a column of SQL Server holds, from its type as the catalog's reader writes it: `nvarchar(40)`, `varchar(max)`,
 * `decimal(12,2)`, `datetime2(7)`. An alias type goes by what it is made over.
 */
export function kindOf({ type, base }: Pick<Column, 'type' | 'base'>): Kind {
  const own = (base ?? type).toLowerCase();
  const [, name = '', inner] = /^(\w+)(?:\((\d+(?:,\d+)?|max)\))?$/.exec(own) ?? [];
  const [first, second] = inner === undefined || inner === 'max' ? [] : inner.split(',').map(Number);
  const sized = first === undefined ? {} : { length: first };
  switch (name) {
    case 'decimal':
    case 'numeric':
      return { kind: 'decimal', precision: first ?? PRECISION, scale: second ?? 0 };
    case 'float':
      // What is declared with up to 24 bits is a `real`, and the catalog says so.
      return { kind: 'float', bits: first !== undefined && first <= 24 ? 32 : 64 };
    case 'char':
    case 'nchar':
      return { kind: 'text', length: first ?? 1, padded: true };
    case 'varchar':
    case 'nvarchar':
      return { kind: 'text', ...sized };
    case 'binary':
      return { kind: 'bytes', length: first ?? 1 };
    case 'varbinary':
      return { kind: 'bytes', ...sized };
    case 'datetimeoffset':
      return { kind: 'instant', digits: first ?? DIGITS };
    case 'datetime2':
      return { kind: 'local-timestamp', digits: first ?? DIGITS };
    case 'time':
      return { kind: 'local-time', digits: first ?? DIGITS };
    default: {
      const plain = Object.hasOwn(PLAIN, name) && inner === undefined ? PLAIN[name] : undefined;
      return plain ?? { kind: 'other', type: base ?? type };
    }
  }
}

/** A value of one of these is of any type, or of one that only the server's own code can read. */
const TEXTLESS = /^(sql_variant|hierarchyid|geography|geometry|vector)\b/i;

export function textless({ type }: Pick<Column, 'type'>): boolean {
  return TEXTLESS.test(type);
}

/** The most that a `decimal` has: digits in all. Half of them behind the point leave room for a `bigint` before it. */
const MAX_PRECISION = 38;
/** What a row holds itself; longer values lie beside it. */
const NVARCHAR_MAX = 4000;
const VARBINARY_MAX = 8000;
/** No engine's enum has a longer label. */
const LABEL_MAX = 255;

/** The type that holds every value of a kind. Undefined for what SQL Server has no type for. */
export function typeFor(kind: Kind): string | undefined {
  switch (kind.kind) {
    case 'integer':
      return integerType(kind.bits, kind.unsigned === true);
    case 'decimal':
      return decimalType(kind.precision, kind.scale ?? 0);
    case 'float':
      return kind.bits === 32 ? 'real' : 'float';
    case 'boolean':
      return 'bit';
    case 'text':
      return textType(kind.length);
    case 'bytes':
      return kind.length === undefined || kind.length > VARBINARY_MAX
        ? 'varbinary(max)'
        : `varbinary(${Math.max(1, kind.length)})`;
    case 'bits':
      // There are no strings of bits, and a number has no length.
      return kind.length === 1 ? 'bit' : undefined;
    case 'instant':
      return `datetimeoffset(${kind.digits})`;
    case 'local-timestamp':
      return `datetime2(${kind.digits})`;
    case 'local-time':
      return `time(${kind.digits})`;
    case 'date':
      return 'date';
    case 'year':
      return 'smallint';
    case 'duration':
      return 'nvarchar(100)';
    case 'uuid':
      return 'uniqueidentifier';
    case 'enum':
      return `nvarchar(${LABEL_MAX})`;
    case 'json':
    case 'set':
      return 'nvarchar(max)';
    case 'array':
    case 'other':
      return undefined;
  }
}

/** A `tinyint` has no sign, and no other has none. */
function integerType(bits: 8 | 16 | 24 | 32 | 64, unsigned: boolean): string {
  if (bits === 8 && unsigned) return 'tinyint';
  const needed = unsigned ? bits + 1 : bits;
  if (needed <= 16) return 'smallint';
  if (needed <= 32) return 'int';
  return needed <= 64 ? 'bigint' : 'decimal(20,0)';
}

/** Not more digits behind the point than in all. A number with more digits than SQL Server has is kept as text. */
function decimalType(precision: number | undefined, scale: number): string | undefined {
  if (precision === undefined) return `decimal(${MAX_PRECISION},${MAX_PRECISION / 2})`;
  const digits = Math.max(precision, scale);
  return digits > MAX_PRECISION || scale < 0 ? undefined : `decimal(${digits},${scale})`;
}

/** An `nvarchar(n)` has n units of UTF-16: a character beyond the first 65,536 takes two of them. */
function textType(length: number | undefined): string {
  return length === undefined || length > NVARCHAR_MAX ? 'nvarchar(max)' : `nvarchar(${Math.max(1, length)})`;
}
