import type { Column } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import type { Flavour } from './flavour.ts';

const BITS: Readonly<Record<string, 8 | 16 | 24 | 32 | 64>> = {
  tinyint: 8,
  smallint: 16,
  mediumint: 24,
  int: 32,
  bigint: 64,
};
const TEXTS: ReadonlySet<string> = new Set(['tinytext', 'text', 'mediumtext', 'longtext']);
const BLOBS: ReadonlySet<string> = new Set(['tinyblob', 'blob', 'mediumblob', 'longblob', 'varbinary', 'binary']);

/** Of MariaDB's own types only: `text[]` and `time with time zone` are another engine's. */
const TYPE = /^(\w+)(?:\((.*)\))?((?: unsigned)?(?: zerofill)?)$/s;

/** What a column of MariaDB or MySQL holds, from its type as `information_schema.columns.column_type` has it. */
export function kindOf({ type }: Pick<Column, 'type'>): Kind {
  const [, name = '', inner = '', rest = ''] = TYPE.exec(type.toLowerCase()) ?? [];
  const numbers = inner.split(',').map(Number);
  const [first = 0, second = 0] = numbers;
  const bits = BITS[name];
  // What the manual calls BOOLEAN is this, and JDBC drivers and Debezium's converters take it for one.
  if (name === 'tinyint' && first === 1 && !rest.includes('unsigned')) return { kind: 'boolean' };
  if (bits !== undefined)
    return rest.includes('unsigned') ? { kind: 'integer', bits, unsigned: true } : { kind: 'integer', bits };
  if (TEXTS.has(name)) return { kind: 'text' };
  if (BLOBS.has(name)) return inner === '' ? { kind: 'bytes' } : { kind: 'bytes', length: first };
  switch (name) {
    case 'decimal':
      return { kind: 'decimal', precision: first, scale: second };
    case 'float':
      return { kind: 'float', bits: 32 };
    case 'double':
      return { kind: 'float', bits: 64 };
    case 'bit':
      return { kind: 'bits', length: inner === '' ? 1 : first };
    case 'char':
      return { kind: 'text', length: first, padded: true };
    case 'varchar':
      return { kind: 'text', length: first };
    case 'timestamp':
      return { kind: 'instant', digits: first };
    case 'datetime':
      return { kind: 'local-timestamp', digits: first };
    case 'time':
      // From -838:59:59 to 838:59:59.
      return { kind: 'duration' };
    case 'date':
      return { kind: 'date' };
    case 'year':
      return { kind: 'year' };
    case 'json':
      return { kind: 'json' };
    case 'uuid':
      return { kind: 'uuid' };
    case 'enum':
      return { kind: 'enum', labels: labelsOf(type) };
    case 'set':
      return { kind: 'set', labels: labelsOf(type) };
    default:
      return { kind: 'other', type };
  }
}

/** What the server writes with a backslash in a type's labels; any other character behind one is itself. */
const ESCAPED: Readonly<Record<string, string>> = { 0: '\0', n: '\n', r: '\r', Z: '\x1a' };

/** The labels of `enum('a','it''s','\\')`. */
function labelsOf(type: string): string[] {
  return [...type.matchAll(/'((?:[^']|'')*)'/g)].map(([, label = '']) =>
    label.replaceAll("''", "'").replace(/\\(.)/gs, (_, char: string) => ESCAPED[char] ?? char),
  );
}

/** An event has these in another form than a query, and the server gives both as bytes. */
const SPATIAL = /^(geometry|point|linestring|polygon|multi(point|linestring|polygon)|geom(etry)?collection|vector)\b/i;

export function textless({ type }: Pick<Column, 'type'>): boolean {
  return SPATIAL.test(type);
}

const INTEGERS: Readonly<Record<number, string>> = {
  8: 'tinyint(4)',
  16: 'smallint(6)',
  24: 'mediumint(9)',
  32: 'int(11)',
  64: 'bigint(20)',
};
const MAX_PRECISION = 65;
/** Digits behind the point of a number that names no precision. */
const FREE_SCALE = 19;
/** Digits of a second's fraction. */
const MAX_DIGITS = 6;
/** A longer varchar may not fit into a row of 64 KB. */
const VARCHAR_MAX = 4000;

const digitsOf = (digits: number): string => (digits === 0 ? '' : `(${Math.min(digits, MAX_DIGITS)})`);

const quoted = (labels: readonly string[]): string =>
  labels.map((label) => `'${label.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`).join(',');

/**
 * The type that holds every value of a kind, but for digits of a second beyond the sixth. Undefined for what the engine has no
 * type for.
 */
export function typeFor(kind: Kind, { hasUuid, maxScale }: Pick<Flavour, 'hasUuid' | 'maxScale'>): string | undefined {
  switch (kind.kind) {
    case 'integer':
      return `${INTEGERS[kind.bits]}${kind.unsigned ? ' unsigned' : ''}`;
    case 'decimal':
      return decimalType(kind.precision, kind.scale ?? 0, maxScale);
    case 'float':
      return kind.bits === 32 ? 'float' : 'double';
    case 'boolean':
      return 'tinyint(1)';
    case 'text':
      return kind.length === undefined || kind.length > VARCHAR_MAX ? 'longtext' : `varchar(${kind.length})`;
    case 'bytes':
      return kind.length === undefined || kind.length > VARCHAR_MAX ? 'longblob' : `varbinary(${kind.length})`;
    case 'bits':
      return kind.length > 64 ? undefined : `bit(${kind.length})`;
    case 'instant':
      return `timestamp${digitsOf(kind.digits)}`;
    case 'local-timestamp':
      return `datetime${digitsOf(kind.digits)}`;
    case 'local-time':
      return `time${digitsOf(kind.digits)}`;
    case 'date':
      return 'date';
    case 'year':
      return 'year(4)';
    case 'duration':
      // A span of months has no type here; as text it is kept whole.
      return 'varchar(100)';
    case 'json':
      // MySQL's own type would round numbers.
      return 'longtext';
    case 'uuid':
      return hasUuid ? 'uuid' : 'varchar(36)';
    case 'enum':
      return `enum(${quoted(kind.labels)})`;
    case 'set':
      return `set(${quoted(kind.labels)})`;
    case 'array':
    case 'other':
      return undefined;
  }
}

/** A number without a precision has as many digits as the server can hold; one with more than that is kept as text. */
function decimalType(precision: number | undefined, scale: number, maxScale: number): string | undefined {
  if (precision === undefined) return `decimal(${MAX_PRECISION},${FREE_SCALE})`;
  return precision > MAX_PRECISION || scale > maxScale || scale < 0 ? undefined : `decimal(${precision},${scale})`;
}
