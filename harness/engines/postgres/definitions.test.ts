import { expect, test } from 'vitest';
import { NOW } from '#model/change.ts';
import type { ColumnDefinition } from '#model/definition.ts';
import { addColumn, createTableSql } from './definitions.ts';

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
  const asked: string[] = [];
  const query = async (sql: string): Promise<never[]> => {
    asked.push(sql);
    return [];
  };
  await addColumn({ query }, 'public.customers', column);
  expect(asked).toEqual([`ALTER TABLE "public"."customers" ADD COLUMN ${text}`]);
});
