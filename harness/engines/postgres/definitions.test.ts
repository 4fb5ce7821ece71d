import { expect, test } from 'vitest';
import { NOW } from '#model/change.ts';
import type { ColumnDefinition, TableDefinition } from '#model/definition.ts';
import { addColumn, analyze, createTableSql, createTables, insertRows } from './definitions.ts';

/** A database that keeps what it is asked. */
function asking() {
  const asked: (readonly [sql: string, params: readonly unknown[]])[] = [];
  const query = async (sql: string, params: readonly unknown[] = []): Promise<never[]> => {
    asked.push([sql, params]);
    return [];
  };
  return { asked, query };
}

test('a table is made with its keys, then its wide columns and indexes', () => {
  const sql = createTableSql({
    name: 'notes',
    columns: [
      { name: 'order', kind: { kind: 'integer', bits: 64 } },
      { name: 'text', kind: { kind: 'text' }, nullable: true, wide: true },
      { name: 'at', kind: { kind: 'instant', digits: 6 }, default: NOW },
    ],
    key: ['order', 'at'],
    foreign: [{ columns: ['order'], table: 'shop.orders', references: ['id'] }],
    indexes: [['at', 'order']],
  });
  expect(sql).toEqual([
    'CREATE TABLE "public"."notes" ("order" bigint NOT NULL, "text" text, ' +
      '"at" timestamp with time zone NOT NULL DEFAULT now(), PRIMARY KEY ("order", "at"), ' +
      'FOREIGN KEY ("order") REFERENCES "shop"."orders" ("id"))',
    'ALTER TABLE "public"."notes" ALTER COLUMN "text" SET STORAGE EXTERNAL',
    'CREATE INDEX ON "public"."notes" ("at", "order")',
  ]);
});

test.each([
  [{ name: 'tier', kind: { kind: 'text' }, default: "the shop's" }, `"tier" text NOT NULL DEFAULT 'the shop''s'`],
  [{ name: 'n', kind: { kind: 'integer', bits: 32 }, default: 0 }, '"n" integer NOT NULL DEFAULT 0'],
  [{ name: 'ok', kind: { kind: 'boolean' }, nullable: true, default: false }, '"ok" boolean DEFAULT false'],
  [{ name: 'data', kind: { kind: 'json' }, nullable: true }, '"data" jsonb'],
  [
    { name: 'due', kind: { kind: 'instant', digits: 3 }, default: { hoursAgo: -24 } },
    `"due" timestamp(3) with time zone NOT NULL DEFAULT now() - -24 * interval '1 hour'`,
  ],
] satisfies [ColumnDefinition, string][])('a column is added: %j is %s', async (column, text) => {
  const database = asking();
  await addColumn(database, 'public.customers', column);
  expect(database.asked).toEqual([[`ALTER TABLE "public"."customers" ADD COLUMN ${text}`, []]]);
});

const IDS: TableDefinition = { name: 'ids', columns: [{ name: 'id', kind: { kind: 'integer', bits: 32 } }], key: [] };

test('tables are made in their order, each with all its statements; one without a key has no primary key', async () => {
  const database = asking();
  await createTables(database, [
    { ...IDS, indexes: [['id']] },
    { ...IDS, name: 'shop.more', key: ['id'] },
  ]);
  expect(database.asked).toEqual([
    ['CREATE TABLE "public"."ids" ("id" integer NOT NULL)', []],
    ['CREATE INDEX ON "public"."ids" ("id")', []],
    ['CREATE TABLE "shop"."more" ("id" integer NOT NULL, PRIMARY KEY ("id"))', []],
  ]);
});

test.each([
  [0, []],
  [1, [1]],
  [1000, [1000]],
  [2001, [1000, 1000, 1]],
])('%i rows are inserted by statements of %j rows, each row once and in order', async (count, sizes) => {
  const database = asking();
  const ids = Array.from({ length: count }, (_, index) => index);
  const rows = ids.map((id) => [id]);
  await insertRows(database, IDS, ['id'], rows);
  const inserted = database.asked.map(([, params]) => params.flat());
  expect(inserted.map(({ length }) => length)).toEqual(sizes);
  expect(inserted.flat()).toEqual(ids);
  for (const [sql] of database.asked) expect(sql).toMatch(/^INSERT INTO "public"."ids" \("id"\) /);
});

test('the estimates of all tables are renewed', async () => {
  const database = asking();
  await analyze(database);
  expect(database.asked).toEqual([['ANALYZE', []]]);
});

test('where the log is to have every old value, the whole row is its identity', () => {
  const columns = [{ name: 'id', kind: { kind: 'integer' as const, bits: 64 as const } }];
  expect(createTableSql({ name: 'items', columns, key: ['id'], oldValues: true })).toEqual([
    'CREATE TABLE "public"."items" ("id" bigint NOT NULL, PRIMARY KEY ("id"))',
    'ALTER TABLE "public"."items" REPLICA IDENTITY FULL',
  ]);
});
