import { expect, test } from 'vitest';
import { kindOf, typeFor } from './kinds.ts';

test.each([
  ['tinyint(1)', { kind: 'boolean' }],
  ['tinyint(4)', { kind: 'integer', bits: 8 }],
  ['tinyint(1) unsigned', { kind: 'integer', bits: 8, unsigned: true }],
  ['mediumint(8) unsigned', { kind: 'integer', bits: 24, unsigned: true }],
  ['bigint(20)', { kind: 'integer', bits: 64 }],
  ['decimal(12,2)', { kind: 'decimal', precision: 12, scale: 2 }],
  ['decimal(10,0)', { kind: 'decimal', precision: 10, scale: 0 }],
  ['float', { kind: 'float', bits: 32 }],
  ['double', { kind: 'float', bits: 64 }],
  ['bit(1)', { kind: 'bits', length: 1 }],
  ['bit(12)', { kind: 'bits', length: 12 }],
  ['char(5)', { kind: 'text', length: 5 }],
  ['varchar(255)', { kind: 'text', length: 255 }],
  ['longtext', { kind: 'text' }],
  ['varbinary(16)', { kind: 'bytes', length: 16 }],
  ['longblob', { kind: 'bytes' }],
  ['timestamp(6)', { kind: 'instant', digits: 6 }],
  ['timestamp', { kind: 'instant', digits: 0 }],
  ['datetime(3)', { kind: 'local-timestamp', digits: 3 }],
  ['time(6)', { kind: 'duration' }],
  ['date', { kind: 'date' }],
  ['year(4)', { kind: 'year' }],
  ['uuid', { kind: 'uuid' }],
  ["enum('a','it''s')", { kind: 'enum', labels: ['a', "it's"] }],
  ["set('x','Y,z')", { kind: 'set', labels: ['x', 'Y,z'] }],
  ['point', { kind: 'other', type: 'point' }],
])('a column of type %s holds %j', (type, kind) => {
  expect(kindOf({ type })).toEqual(kind);
});

test.each([
  [{ kind: 'boolean' }, 'tinyint(1)'],
  [{ kind: 'integer', bits: 32, unsigned: true }, 'int(11) unsigned'],
  [{ kind: 'decimal', precision: 12, scale: 2 }, 'decimal(12,2)'],
  [{ kind: 'decimal' }, 'decimal(65,19)'],
  [{ kind: 'decimal', precision: 66, scale: 2 }, undefined],
  [{ kind: 'text' }, 'longtext'],
  [{ kind: 'text', length: 40 }, 'varchar(40)'],
  [{ kind: 'text', length: 4001 }, 'longtext'],
  [{ kind: 'bytes' }, 'longblob'],
  [{ kind: 'bits', length: 64 }, 'bit(64)'],
  [{ kind: 'bits', length: 65 }, undefined],
  [{ kind: 'instant', digits: 6 }, 'timestamp(6)'],
  [{ kind: 'local-timestamp', digits: 0 }, 'datetime'],
  [{ kind: 'json' }, 'longtext'],
  [{ kind: 'enum', labels: ['a', "it's"] }, "enum('a','it''s')"],
  [{ kind: 'array', element: { kind: 'boolean' } }, undefined],
] as const)('%j is made as %s', (kind, type) => {
  expect(typeFor(kind)).toBe(type);
});
