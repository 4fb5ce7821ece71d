import { expect, test } from 'vitest';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { kindOf, textless, typeFor } from './kinds.ts';

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
  ['bit', { kind: 'bits', length: 1 }],
  ['bit(1)', { kind: 'bits', length: 1 }],
  ['bit(12)', { kind: 'bits', length: 12 }],
  ['char(5)', { kind: 'text', length: 5, padded: true }],
  ['varchar(255)', { kind: 'text', length: 255 }],
  ['tinytext', { kind: 'text' }],
  ['text', { kind: 'text' }],
  ['mediumtext', { kind: 'text' }],
  ['longtext', { kind: 'text' }],
  ['binary(16)', { kind: 'bytes', length: 16 }],
  ['varbinary(16)', { kind: 'bytes', length: 16 }],
  ['tinyblob', { kind: 'bytes' }],
  ['blob', { kind: 'bytes' }],
  ['mediumblob', { kind: 'bytes' }],
  ['longblob', { kind: 'bytes' }],
  ['timestamp(6)', { kind: 'instant', digits: 6 }],
  ['timestamp', { kind: 'instant', digits: 0 }],
  ['datetime(3)', { kind: 'local-timestamp', digits: 3 }],
  ['time(6)', { kind: 'duration' }],
  ['date', { kind: 'date' }],
  ['year(4)', { kind: 'year' }],
  ['json', { kind: 'json' }],
  ['uuid', { kind: 'uuid' }],
  ["enum('a','it''s')", { kind: 'enum', labels: ['a', "it's"] }],
  [String.raw`enum('\\','a\\b','\n\0')`, { kind: 'enum', labels: ['\\', 'a\\b', '\n\0'] }],
  ["set('x','Y,z')", { kind: 'set', labels: ['x', 'Y,z'] }],
  ['point', { kind: 'other', type: 'point' }],
  ['"char"', { kind: 'other', type: '"char"' }],
])('a column of type %s holds %j', (type, kind) => {
  expect(kindOf({ type })).toEqual(kind);
});

test.each([
  [{ kind: 'boolean' }, 'tinyint(1)'],
  [{ kind: 'integer', bits: 8 }, 'tinyint(4)'],
  [{ kind: 'integer', bits: 16 }, 'smallint(6)'],
  [{ kind: 'integer', bits: 24 }, 'mediumint(9)'],
  [{ kind: 'integer', bits: 32, unsigned: true }, 'int(11) unsigned'],
  [{ kind: 'integer', bits: 64 }, 'bigint(20)'],
  [{ kind: 'float', bits: 32 }, 'float'],
  [{ kind: 'float', bits: 64 }, 'double'],
  [{ kind: 'decimal', precision: 12, scale: 2 }, 'decimal(12,2)'],
  [{ kind: 'decimal' }, 'decimal(65,19)'],
  [{ kind: 'decimal', precision: 10 }, 'decimal(10,0)'],
  [{ kind: 'decimal', precision: 65, scale: 38 }, 'decimal(65,38)'],
  [{ kind: 'decimal', precision: 66, scale: 2 }, undefined],
  [{ kind: 'decimal', precision: 65, scale: 39 }, undefined],
  [{ kind: 'decimal', precision: 5, scale: -2 }, undefined],
  [{ kind: 'text' }, 'longtext'],
  [{ kind: 'text', length: 40 }, 'varchar(40)'],
  [{ kind: 'text', length: 4000 }, 'varchar(4000)'],
  [{ kind: 'text', length: 4001 }, 'longtext'],
  [{ kind: 'bytes' }, 'longblob'],
  [{ kind: 'bytes', length: 4000 }, 'varbinary(4000)'],
  [{ kind: 'bytes', length: 4001 }, 'longblob'],
  [{ kind: 'bits', length: 64 }, 'bit(64)'],
  [{ kind: 'bits', length: 65 }, undefined],
  [{ kind: 'instant', digits: 6 }, 'timestamp(6)'],
  [{ kind: 'local-timestamp', digits: 0 }, 'datetime'],
  [{ kind: 'local-time', digits: 3 }, 'time(3)'],
  [{ kind: 'local-timestamp', digits: 7 }, 'datetime(6)'],
  [{ kind: 'local-time', digits: 7 }, 'time(6)'],
  [{ kind: 'instant', digits: 7 }, 'timestamp(6)'],
  [{ kind: 'date' }, 'date'],
  [{ kind: 'year' }, 'year(4)'],
  [{ kind: 'duration' }, 'varchar(100)'],
  [{ kind: 'json' }, 'longtext'],
  [{ kind: 'uuid' }, 'uuid'],
  [{ kind: 'enum', labels: ['a', "it's"] }, "enum('a','it''s')"],
  [{ kind: 'enum', labels: ['a\\b'] }, String.raw`enum('a\\b')`],
  [{ kind: 'set', labels: ['x', 'Y'] }, "set('x','Y')"],
  [{ kind: 'array', element: { kind: 'boolean' } }, undefined],
  [{ kind: 'other', type: 'point' }, undefined],
] as const)('%j is made as %s', (kind, type) => {
  expect(typeFor(kind, mariadbFlavour)).toBe(type);
});

test.each(['point', 'GEOMETRY', 'multipolygon', 'vector(3)'])('values of a %s have no text', (type) => {
  expect(textless({ type })).toBe(true);
});

test.each(['int(11)', "enum('point')", 'pointer', 'longtext'])('values of a %s have a text', (type) => {
  expect(textless({ type })).toBe(false);
});

test.each(['text[]', 'bit varying(8)', 'time with time zone', 'double precision[]', 'int unsigned[]'])(
  "%s is no type of MariaDB's",
  (type) => {
    expect(kindOf({ type })).toEqual({ kind: 'other', type });
  },
);
