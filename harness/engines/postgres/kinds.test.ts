import { expect, test } from 'vitest';
import { kindOf, typeFor, typeName } from './kinds.ts';

test.each([
  [{ kind: 'integer', bits: 8 }, 'smallint'],
  [{ kind: 'integer', bits: 8, unsigned: true }, 'smallint'],
  [{ kind: 'integer', bits: 16 }, 'smallint'],
  [{ kind: 'integer', bits: 16, unsigned: true }, 'integer'],
  [{ kind: 'integer', bits: 24, unsigned: true }, 'integer'],
  [{ kind: 'integer', bits: 32 }, 'integer'],
  [{ kind: 'integer', bits: 32, unsigned: true }, 'bigint'],
  [{ kind: 'integer', bits: 64 }, 'bigint'],
  [{ kind: 'integer', bits: 64, unsigned: true }, 'numeric(20,0)'],
  [{ kind: 'decimal' }, 'numeric'],
  [{ kind: 'decimal', precision: 12, scale: 2 }, 'numeric(12,2)'],
  [{ kind: 'decimal', precision: 12 }, 'numeric(12,0)'],
  [{ kind: 'float', bits: 32 }, 'real'],
  [{ kind: 'float', bits: 64 }, 'double precision'],
  [{ kind: 'boolean' }, 'boolean'],
  [{ kind: 'bytes' }, 'bytea'],
  [{ kind: 'bytes', length: 16 }, 'bytea'],
  [{ kind: 'bits', length: 5 }, 'bit(5)'],
  [{ kind: 'text' }, 'text'],
  [{ kind: 'text', length: 40 }, 'character varying(40)'],
  [{ kind: 'instant', digits: 6 }, 'timestamp with time zone'],
  [{ kind: 'instant', digits: 3 }, 'timestamp(3) with time zone'],
  [{ kind: 'instant', digits: 9 }, 'timestamp with time zone'],
  [{ kind: 'local-timestamp', digits: 6 }, 'timestamp without time zone'],
  [{ kind: 'local-timestamp', digits: 0 }, 'timestamp(0) without time zone'],
  [{ kind: 'local-time', digits: 0 }, 'time(0) without time zone'],
  [{ kind: 'local-time', digits: 6 }, 'time without time zone'],
  [{ kind: 'date' }, 'date'],
  [{ kind: 'year' }, 'smallint'],
  [{ kind: 'duration' }, 'interval'],
  [{ kind: 'json' }, 'jsonb'],
  [{ kind: 'uuid' }, 'uuid'],
  [{ kind: 'enum', labels: ['a', 'b'] }, 'text'],
  [{ kind: 'set', labels: ['a', 'b'] }, 'text'],
  [{ kind: 'other', type: 'int4range' }, 'int4range'],
  [{ kind: 'array', element: { kind: 'set', labels: ['a'] } }, 'text[]'],
] as const)('a type holds every value of its kind: %j is %s', (kind, type) => {
  expect(typeName(kind)).toBe(type);
});

test.each([
  ['smallint', { kind: 'integer', bits: 16 }],
  ['integer', { kind: 'integer', bits: 32 }],
  ['bigint', { kind: 'integer', bits: 64 }],
  ['real', { kind: 'float', bits: 32 }],
  ['double precision', { kind: 'float', bits: 64 }],
  ['boolean', { kind: 'boolean' }],
  ['text', { kind: 'text' }],
  ['citext', { kind: 'text' }],
  ['character varying', { kind: 'text' }],
  ['character(5)', { kind: 'text', length: 5, padded: true }],
  ['money', { kind: 'decimal', precision: 19, scale: 2 }],
  ['bytea', { kind: 'bytes' }],
  ['date', { kind: 'date' }],
  ['interval', { kind: 'duration' }],
  ['uuid', { kind: 'uuid' }],
  ['json', { kind: 'json' }],
  ['timestamp without time zone', { kind: 'local-timestamp', digits: 6 }],
  ['time without time zone', { kind: 'local-time', digits: 6 }],
  ['numeric', { kind: 'decimal' }],
  ['numeric(5)', { kind: 'decimal', precision: 5, scale: 0 }],
  ['numeric(30,10)', { kind: 'decimal', precision: 30, scale: 10 }],
  ['numeric(3,-2)', { kind: 'decimal', precision: 3, scale: -2 }],
  ['numeric(12,2)', { kind: 'decimal', precision: 12, scale: 2 }],
  ['character varying(5)', { kind: 'text', length: 5 }],
  ['bit(5)', { kind: 'bits', length: 5 }],
  ['timestamp with time zone', { kind: 'instant', digits: 6 }],
  ['timestamp(3) with time zone', { kind: 'instant', digits: 3 }],
  ['timestamp(0) without time zone', { kind: 'local-timestamp', digits: 0 }],
  ['time(3) without time zone', { kind: 'local-time', digits: 3 }],
  ['jsonb', { kind: 'json' }],
  ['numeric(6,2)[]', { kind: 'array', element: { kind: 'decimal', precision: 6, scale: 2 } }],
  ['mood', { kind: 'other', type: 'mood' }],
  ['shop.bit(5)', { kind: 'other', type: 'shop.bit(5)' }],
  ['interval(3)', { kind: 'other', type: 'interval(3)' }],
  ['time(3) with time zone', { kind: 'other', type: 'time(3) with time zone' }],
  ['int4range', { kind: 'other', type: 'int4range' }],
])('a column of type %s holds %j', (type, kind) => {
  expect(kindOf({ type })).toEqual(kind);
});

test('a domain holds what the type below it does', () => {
  expect(kindOf({ type: 'price', base: 'numeric(12,2)' })).toEqual({ kind: 'decimal', precision: 12, scale: 2 });
});

test('there is no type for what only another engine has, nor for a list of it', () => {
  expect(typeFor({ kind: 'other', type: 'geometry' })).toBeUndefined();
  expect(typeFor({ kind: 'array', element: { kind: 'other', type: 'geometry' } })).toBeUndefined();
  expect(typeFor({ kind: 'boolean' })).toBe('boolean');
});
