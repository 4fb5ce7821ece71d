import { expect, test } from 'vitest';
import type { Kind } from '#model/kind.ts';
import { kindOf, textless, typeFor } from './kinds.ts';

test.each([
  ['bit', { kind: 'boolean' }],
  ['tinyint', { kind: 'integer', bits: 8, unsigned: true }],
  ['smallint', { kind: 'integer', bits: 16 }],
  ['int', { kind: 'integer', bits: 32 }],
  ['BIGINT', { kind: 'integer', bits: 64 }],
  ['decimal(12,2)', { kind: 'decimal', precision: 12, scale: 2 }],
  ['numeric(38,0)', { kind: 'decimal', precision: 38, scale: 0 }],
  ['decimal', { kind: 'decimal', precision: 18, scale: 0 }],
  ['money', { kind: 'decimal', precision: 19, scale: 4 }],
  ['smallmoney', { kind: 'decimal', precision: 10, scale: 4 }],
  ['real', { kind: 'float', bits: 32 }],
  ['float', { kind: 'float', bits: 64 }],
  ['float(24)', { kind: 'float', bits: 32 }],
  ['float(53)', { kind: 'float', bits: 64 }],
  ['char(5)', { kind: 'text', length: 5, padded: true }],
  ['nchar(5)', { kind: 'text', length: 5, padded: true }],
  ['varchar(255)', { kind: 'text', length: 255 }],
  ['nvarchar(255)', { kind: 'text', length: 255 }],
  ['nvarchar(max)', { kind: 'text' }],
  ['text', { kind: 'text' }],
  ['ntext', { kind: 'text' }],
  ['sysname', { kind: 'text', length: 128 }],
  ['binary(16)', { kind: 'bytes', length: 16 }],
  ['varbinary(16)', { kind: 'bytes', length: 16 }],
  ['varbinary(max)', { kind: 'bytes' }],
  ['image', { kind: 'bytes' }],
  ['rowversion', { kind: 'bytes', length: 8 }],
  ['timestamp', { kind: 'bytes', length: 8 }],
  ['date', { kind: 'date' }],
  ['datetime', { kind: 'local-timestamp', digits: 3 }],
  ['smalldatetime', { kind: 'local-timestamp', digits: 0 }],
  ['datetime2(7)', { kind: 'local-timestamp', digits: 7 }],
  ['datetime2(0)', { kind: 'local-timestamp', digits: 0 }],
  ['datetimeoffset(3)', { kind: 'instant', digits: 3 }],
  ['time', { kind: 'local-time', digits: 7 }],
  ['uniqueidentifier', { kind: 'uuid' }],
  ['json', { kind: 'json' }],
  ['xml', { kind: 'other', type: 'xml' }],
  ['sql_variant', { kind: 'other', type: 'sql_variant' }],
  ['Phone', { kind: 'other', type: 'Phone' }],
  ['constructor', { kind: 'other', type: 'constructor' }],
  ['timestamp(6)', { kind: 'other', type: 'timestamp(6)' }],
  ['time without time zone', { kind: 'other', type: 'time without time zone' }],
  ['text[]', { kind: 'other', type: 'text[]' }],
])('a column of type %s holds %j', (type, kind) => expect(kindOf({ type })).toEqual(kind));

test('a column of an alias type holds what that is made over', () => {
  expect(kindOf({ type: 'dbo.Phone', base: 'varchar(20)' })).toEqual({ kind: 'text', length: 20 });
});

test.each([
  [{ kind: 'boolean' }, 'bit'],
  [{ kind: 'integer', bits: 8 }, 'smallint'],
  [{ kind: 'integer', bits: 8, unsigned: true }, 'tinyint'],
  [{ kind: 'integer', bits: 16 }, 'smallint'],
  [{ kind: 'integer', bits: 16, unsigned: true }, 'int'],
  [{ kind: 'integer', bits: 24 }, 'int'],
  [{ kind: 'integer', bits: 32 }, 'int'],
  [{ kind: 'integer', bits: 32, unsigned: true }, 'bigint'],
  [{ kind: 'integer', bits: 64 }, 'bigint'],
  [{ kind: 'integer', bits: 64, unsigned: true }, 'decimal(20,0)'],
  [{ kind: 'float', bits: 32 }, 'real'],
  [{ kind: 'float', bits: 64 }, 'float'],
  [{ kind: 'decimal', precision: 12, scale: 2 }, 'decimal(12,2)'],
  [{ kind: 'decimal' }, 'decimal(38,19)'],
  [{ kind: 'decimal', precision: 10 }, 'decimal(10,0)'],
  [{ kind: 'decimal', precision: 2, scale: 5 }, 'decimal(5,5)'],
  [{ kind: 'decimal', precision: 39, scale: 2 }, undefined],
  [{ kind: 'decimal', precision: 5, scale: -2 }, undefined],
  [{ kind: 'text' }, 'nvarchar(max)'],
  [{ kind: 'text', length: 40 }, 'nvarchar(40)'],
  [{ kind: 'text', length: 40, padded: true }, 'nvarchar(40)'],
  [{ kind: 'text', length: 4000 }, 'nvarchar(4000)'],
  [{ kind: 'text', length: 4001 }, 'nvarchar(max)'],
  [{ kind: 'bytes' }, 'varbinary(max)'],
  [{ kind: 'bytes', length: 8000 }, 'varbinary(8000)'],
  [{ kind: 'bytes', length: 8001 }, 'varbinary(max)'],
  [{ kind: 'bits', length: 1 }, 'bit'],
  [{ kind: 'bits', length: 2 }, undefined],
  [{ kind: 'instant', digits: 6 }, 'datetimeoffset(6)'],
  [{ kind: 'local-timestamp', digits: 0 }, 'datetime2(0)'],
  [{ kind: 'local-time', digits: 3 }, 'time(3)'],
  [{ kind: 'date' }, 'date'],
  [{ kind: 'year' }, 'smallint'],
  [{ kind: 'duration' }, 'nvarchar(100)'],
  [{ kind: 'json' }, 'nvarchar(max)'],
  [{ kind: 'uuid' }, 'uniqueidentifier'],
  [{ kind: 'enum', labels: ['a'] }, 'nvarchar(255)'],
  [{ kind: 'set', labels: ['x', 'Y'] }, 'nvarchar(max)'],
  [{ kind: 'array', element: { kind: 'boolean' } }, undefined],
  [{ kind: 'other', type: 'point' }, undefined],
] as const)('%j is made as %s', (kind, type) => expect(typeFor(kind)).toBe(type));

test('a type that was made for a kind is made again for what it holds', () => {
  const kinds: Kind[] = [
    ...([8, 16, 24, 32, 64] as const).flatMap((bits): Kind[] => [
      { kind: 'integer', bits },
      { kind: 'integer', bits, unsigned: true },
    ]),
    { kind: 'decimal' },
    { kind: 'decimal', precision: 12, scale: 2 },
    { kind: 'text' },
    { kind: 'text', length: 40 },
    { kind: 'text', length: 4, padded: true },
    { kind: 'bytes' },
    { kind: 'bytes', length: 40 },
    { kind: 'bits', length: 1 },
    ...([0, 3, 6] as const).flatMap((digits): Kind[] => [
      { kind: 'instant', digits },
      { kind: 'local-timestamp', digits },
      { kind: 'local-time', digits },
    ]),
    ...(['boolean', 'date', 'year', 'duration', 'json', 'uuid'] as const).map((kind): Kind => ({ kind })),
    { kind: 'float', bits: 32 },
    { kind: 'float', bits: 64 },
    { kind: 'enum', labels: ['a'] },
    { kind: 'set', labels: ['a'] },
  ];
  const types = kinds.map((kind) => typeFor(kind) ?? '');
  expect(types.map((type) => typeFor(kindOf({ type })))).toEqual(types);
});

test.each(['sql_variant', 'HIERARCHYID', 'geography', 'geometry', 'vector(3)'])('values of a %s have no text', (type) =>
  expect(textless({ type })).toBe(true),
);

test.each(['xml', 'rowversion', 'nvarchar(max)', 'geographer'])('values of a %s have a text', (type) =>
  expect(textless({ type })).toBe(false),
);
