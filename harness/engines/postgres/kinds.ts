import type { Kind } from '#model/kind.ts';

/**
 * PostgreSQL's type for a kind of value: the smallest that holds all of it. An enum is text here, since an enumerated
 * type would have to be created, under a name, before the column.
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
      return 'text';
    case 'set':
      return 'text[]';
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
