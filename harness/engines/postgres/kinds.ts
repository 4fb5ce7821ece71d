import type { Column } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import { typeOf } from './numbers.ts';

const PLAIN: Readonly<Record<string, Kind>> = {
  smallint: { kind: 'integer', bits: 16 },
  integer: { kind: 'integer', bits: 32 },
  bigint: { kind: 'integer', bits: 64 },
  numeric: { kind: 'decimal' },
  real: { kind: 'float', bits: 32 },
  'double precision': { kind: 'float', bits: 64 },
  // Sent as a number of two digits, and written with a currency's sign by the server alone.
  money: { kind: 'decimal', precision: 19, scale: 2 },
  boolean: { kind: 'boolean' },
  text: { kind: 'text' },
  'character varying': { kind: 'text' },
  citext: { kind: 'text' },
  bytea: { kind: 'bytes' },
  'timestamp with time zone': { kind: 'instant', digits: 6 },
  'timestamp without time zone': { kind: 'local-timestamp', digits: 6 },
  'time without time zone': { kind: 'local-time', digits: 6 },
  date: { kind: 'date' },
  interval: { kind: 'duration' },
  json: { kind: 'json' },
  jsonb: { kind: 'json' },
  uuid: { kind: 'uuid' },
};

/** What a column of PostgreSQL holds. A type that no other engine has is `other`: an enum is, as its labels are not in its name. */
export function kindOf(column: Pick<Column, 'type' | 'base'>): Kind {
  return kindOfType(typeOf(column));
}

function kindOfType(type: string): Kind {
  const plain = PLAIN[type];
  if (plain !== undefined) return plain;
  if (type.endsWith('[]')) return { kind: 'array', element: kindOfType(type.slice(0, -2)) };
  const parts = /^([a-z" ]+?)\((\d+)(?:,(-?\d+))?\)(.*)/.exec(type);
  if (parts === null) return { kind: 'other', type };
  const [, name, first, scale = 0, rest] = parts;
  const number = Number(first);
  switch (`${name}${rest}`) {
    case 'numeric':
      return { kind: 'decimal', precision: number, scale: Number(scale) };
    case 'character':
      return { kind: 'text', length: number, padded: true };
    case 'character varying':
      return { kind: 'text', length: number };
    case 'bit':
      return { kind: 'bits', length: number };
    case 'timestamp with time zone':
      return { kind: 'instant', digits: number };
    case 'timestamp without time zone':
      return { kind: 'local-timestamp', digits: number };
    case 'time without time zone':
      return { kind: 'local-time', digits: number };
    default:
      return { kind: 'other', type };
  }
}

/**
 * PostgreSQL's type for a kind of value: the smallest that holds all of it. An enum is text here, since an enumerated
 * type would have to be created, under a name, before the column; a set is the text of its labels, as Debezium sends it.
 */
export function typeName(kind: Kind): string {
  switch (kind.kind) {
    case 'integer':
      return integerName(kind.bits, kind.unsigned === true);
    case 'decimal':
      return kind.precision === undefined ? 'numeric' : `numeric(${kind.precision},${kind.scale ?? 0})`;
    case 'float':
      return kind.bits === 32 ? 'real' : 'double precision';
    case 'text':
      return kind.length === undefined ? 'text' : `character varying(${kind.length})`;
    case 'bytes':
      return 'bytea';
    case 'bits':
      return `bit(${kind.length})`;
    case 'instant':
      return `timestamp${fraction(kind.digits)} with time zone`;
    case 'local-timestamp':
      return `timestamp${fraction(kind.digits)} without time zone`;
    case 'local-time':
      return `time${fraction(kind.digits)} without time zone`;
    case 'boolean':
    case 'date':
    case 'uuid':
      return kind.kind;
    case 'year':
      return 'smallint';
    case 'duration':
      return 'interval';
    case 'json':
      return 'jsonb';
    case 'enum':
    case 'set':
      return 'text';
    case 'array':
      return `${typeName(kind.element)}[]`;
    case 'other':
      return kind.type;
  }
}

/** PostgreSQL has neither one-byte nor three-byte integers, and none without a sign. */
function integerName(bits: 8 | 16 | 24 | 32 | 64, unsigned: boolean): string {
  const needed = unsigned ? bits + 1 : bits;
  if (needed <= 16) return 'smallint';
  if (needed <= 32) return 'integer';
  return needed <= 64 ? 'bigint' : 'numeric(20,0)';
}

/** PostgreSQL keeps microseconds; more it cannot, and six it does not write. */
function fraction(digits: number): string {
  return digits >= 6 ? '' : `(${digits})`;
}

/** The type for a kind of value; undefined for what only another engine has. */
export function typeFor(kind: Kind): string | undefined {
  const inner = kind.kind === 'array' ? kind.element : kind;
  return inner.kind === 'other' ? undefined : typeName(kind);
}
