import { expect, test } from 'vitest';
import { type ChangedTable, NOW } from '#model/change.ts';
import { writeSql } from './writes.ts';

const ITEMS: ChangedTable = {
  name: 'items',
  columns: [
    { name: 'id', kind: { kind: 'integer', bits: 64 } },
    { name: 'label', kind: { kind: 'text', length: 3 } },
    { name: 'price', kind: { kind: 'decimal', precision: 10, scale: 2 } },
    { name: 'tags', kind: { kind: 'array', element: { kind: 'text' } } },
    { name: 'at', kind: { kind: 'instant', digits: 6 } },
  ],
};

test('one row is inserted with its values, and a moment is the server’s', () => {
  const rows = [[1, 'tea', '0.50', NOW]];
  expect(writeSql({ change: 'insert', table: ITEMS, columns: ['id', 'label', 'price', 'at'], rows })).toEqual({
    sql: 'INSERT INTO "public"."items" ("id", "label", "price", "at") VALUES ($1, $2, $3, now())',
    params: [1, 'tea', '0.50'],
  });
});

test('many rows are one array a column, of types that cut nothing off, so that the column itself refuses it', () => {
  const rows = [
    [1, 'tea', '0.50', { hoursAgo: 2 }],
    [2, null, '7', { hoursAgo: 0 }],
    [3, 'cup', '1e3', null],
  ];
  expect(writeSql({ change: 'insert', table: ITEMS, columns: ['id', 'label', 'price', 'at'], rows })).toEqual({
    sql:
      'INSERT INTO "public"."items" ("id", "label", "price", "at") ' +
      `SELECT "id", "label", "price", now() - "at" * interval '1 hour' ` +
      'FROM unnest($1::bigint[], $2::text[], $3::numeric[], $4::double precision[]) AS rows ("id", "label", "price", "at")',
    params: [
      [1, 2, 3],
      ['tea', null, 'cup'],
      ['0.50', '7', '1e3'],
      [2, 0, null],
    ],
  });
});

test.each([
  [{ kind: 'bits', length: 3 }, ['101', '1'], 'bit varying'],
  [{ kind: 'float', bits: 32 }, [0.5, 1], 'real'],
  [{ kind: 'set', labels: ['a', 'b'] }, ['a,b', ''], 'text'],
  [{ kind: 'boolean' }, [true, null], 'boolean'],
] as const)('many rows of a column %j are one array', (kind, values, type) => {
  const table: ChangedTable = { name: 'items', columns: [{ name: 'v', kind }] };
  const rows = values.map((value) => [value]);
  expect(writeSql({ change: 'insert', table, columns: ['v'], rows })).toEqual({
    sql: `INSERT INTO "public"."items" ("v") SELECT "v" FROM unnest($1::${type}[]) AS rows ("v")`,
    params: [values],
  });
});

test.each([
  [
    'of arrays, which unnest would take apart',
    ['id', 'tags'],
    [
      [1, '{a}'],
      [2, '{b}'],
    ],
    '($1, $2), ($3, $4)',
  ],
  [
    'of moments and texts',
    ['id', 'at'],
    [
      [1, { hoursAgo: 3 }],
      [2, '2024-01-15T12:00:00Z'],
    ],
    `($1, now() - $2 * interval '1 hour'), ($3, $4)`,
  ],
] as const)('many rows %s are so many lists of values', (_, columns, rows, values) => {
  expect(writeSql({ change: 'insert', table: ITEMS, columns, rows }).sql).toMatch(`VALUES ${values}`);
});

test('an update sets what is no longer known to NULL', () => {
  expect(writeSql({ change: 'update', table: ITEMS, set: { label: null }, where: { id: 1 } })).toEqual({
    sql: 'UPDATE "public"."items" SET "label" = $1 WHERE "id" = $2',
    params: [null, 1],
  });
});

test('an update sets values, moments and sums, of the rows that have all that is asked for', () => {
  const set = { label: 'cup', price: { add: -2 }, at: NOW };
  expect(writeSql({ change: 'update', table: ITEMS, set, where: { id: 1, label: 'tea' } })).toEqual({
    sql: 'UPDATE "public"."items" SET "label" = $1, "price" = "price" + $2, "at" = now() WHERE "id" = $3 AND "label" = $4',
    params: ['cup', -2, 1, 'tea'],
  });
});

test('rows of a table in another schema are deleted there, whatever its name', () => {
  const table = { ...ITEMS, name: 'other.It"ems' };
  expect(writeSql({ change: 'delete', table, where: { id: 1 } })).toEqual({
    sql: 'DELETE FROM "other"."It""ems" WHERE "id" = $1',
    params: [1],
  });
});

test('a column that the table does not have is a mistake of the workload', () => {
  const rows = [[1], [2]];
  expect(() => writeSql({ change: 'insert', table: ITEMS, columns: ['nowhere'], rows })).toThrow(
    'items has no column nowhere',
  );
});

test('a column that the database counts up is given its value, and a row of defaults alone none', () => {
  const table: ChangedTable = {
    name: 'items',
    columns: [{ name: 'id', kind: { kind: 'integer', bits: 64 }, identity: true }, ...ITEMS.columns.slice(1)],
  };
  expect(writeSql({ change: 'insert', table, columns: ['id'], rows: [['7']] })).toEqual({
    sql: 'INSERT INTO "public"."items" ("id") OVERRIDING SYSTEM VALUE VALUES ($1)',
    params: ['7'],
  });
  expect(writeSql({ change: 'insert', table, columns: ['label'], rows: [['tea']] }).sql).not.toContain('OVERRIDING');
  expect(writeSql({ change: 'insert', table, columns: [], rows: [[]] })).toEqual({
    sql: 'INSERT INTO "public"."items" DEFAULT VALUES',
    params: [],
  });
});

test('a table is emptied at once', () => {
  expect(writeSql({ change: 'truncate', table: ITEMS })).toEqual({ sql: 'TRUNCATE "public"."items"', params: [] });
});
