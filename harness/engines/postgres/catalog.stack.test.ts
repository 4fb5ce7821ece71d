import { afterAll, beforeAll, expect, test } from 'vitest';
import { tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { TestServer } from '#testing/database-server.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { createDatabase } from './admin.ts';
import { readCatalog } from './catalog.ts';
import { quoteTable } from './quote.ts';
import { connectPostgres } from './reconcile/side.ts';
import { readShapes } from './shapes.ts';

const SQL = `
CREATE DOMAIN price AS numeric(9,2) NOT NULL;
CREATE DOMAIN high AS price CHECK (VALUE > 100);
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN good AS mood;
CREATE DOMAIN better AS good;
CREATE TABLE "My.T" (gone int, b int, "A" int, cost high, felt better, twice int GENERATED ALWAYS AS (b * 2) STORED,
  n bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (b, "A") INCLUDE (n));
ALTER TABLE "My.T" DROP COLUMN gone;
CREATE UNIQUE INDEX one ON "My.T" (n) INCLUDE (cost);
CREATE UNIQUE INDEX two ON "My.T" (n, lower(cost::text));
CREATE INDEX back ON "My.T" (n DESC);
CREATE INDEX few ON "My.T" (n) WHERE b > 0;
CREATE TABLE keyless (a int NOT NULL, b text);
CREATE UNIQUE INDEX "B" ON keyless (a) INCLUDE (b);
CREATE UNIQUE INDEX a ON keyless (b);
CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parted DEFAULT`;

let server: TestServer;
let database: Database;

beforeAll(async () => {
  server = await startTestPostgres();
  database = await createDatabase(server.server, 'catalog');
  await database.query(SQL);
});
afterAll(async () => {
  await database?.close();
  await server?.[Symbol.asyncDispose]();
});

test('verifier, surveyor and reconcile read the same columns and keys', async () => {
  const tables = await readCatalog(database);
  const shapes = await readShapes(database);
  expect(tables.map(({ name }) => name)).toEqual(['My.T', 'keyless', 'parted']);
  await using side = await connectPostgres(database.url, { connections: 1 });
  for (const [index, table] of tables.entries()) {
    const shape = shapes[index];
    const described = await side.describe(quoteTable(tableId(table)));
    expect([shape?.id, shape?.key]).toEqual([described.id, described.key]);
    expect(table.key).toEqual(described.key);
    expect(described.columns.map(({ name, nullable }) => [name, nullable])).toEqual(
      shape?.columns.map(({ name, nullable }) => [name, nullable]),
    );
    expect(described.columns.map(({ name, type }) => [name, type])).toEqual(
      table.columns.map(({ name, type, base }) => [name, base ?? type]),
    );
  }
});

test('a domain over a domain is what lies under both, and refuses NULL where one of them does', async () => {
  const [shape] = await readShapes(database);
  expect(shape?.columns.slice(2, 4)).toMatchObject([
    { name: 'cost', type: 'high', nullable: false, kind: { kind: 'decimal', precision: 9, scale: 2 } },
    { name: 'felt', type: 'better', nullable: true, kind: { kind: 'enum', labels: ['sad', 'happy'] } },
  ]);
});

test('what an index only carries along is no part of a key', async () => {
  const [table, keyless] = await readCatalog(database);
  const [shape] = await readShapes(database);
  expect([table?.key, shape?.uniques]).toEqual([
    ['b', 'A'],
    [['n'], ['n']],
  ]);
  // By the bytes of the names: "B" lies before a.
  expect(keyless?.unique).toEqual({ columns: ['a'], namesRows: true });
});

test('ranges are read by an index that has all rows in ascending order', async () => {
  await using side = await connectPostgres(database.url, { connections: 1 });
  expect((await side.describe('"My.T"')).indexes).toEqual([['b', 'A'], ['n']]);
  await expect(side.describe('one')).rejects.toThrow(/there is no table one/);
});
