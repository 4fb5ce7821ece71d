import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '#model/pipeline.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { createDatabase } from './admin.ts';
import { readCatalog } from './catalog.ts';
import { keepVersions, versionsOf } from './versions.ts';

let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await createDatabase(postgres.server, 'versions');
});
afterAll(async () => {
  await database.close();
  await postgres[Symbol.asyncDispose]();
});

test('a row of a partition whose columns are in another order is noted under their names', async () => {
  await database.query(`
    CREATE TABLE parts (id int, name text, place text, loud text GENERATED ALWAYS AS (upper(name)) VIRTUAL,
      size int GENERATED ALWAYS AS (length(name)) STORED) PARTITION BY RANGE (id);
    CREATE TABLE parts_low (place text, size int GENERATED ALWAYS AS (length(name)) STORED, name text, id int,
      loud text GENERATED ALWAYS AS (upper(name)) VIRTUAL);
    ALTER TABLE parts ATTACH PARTITION parts_low FOR VALUES FROM (0) TO (100);
    INSERT INTO parts (id, name, place) VALUES (1, 'first', 'here')`);
  const tables = await readCatalog(database);
  await keepVersions(database, tables);
  await database.query(
    "UPDATE parts SET place = 'there'; INSERT INTO parts (id, name, place) VALUES (2, 'new', 'here')",
  );
  const [table] = tables.map(versionsOf);
  expect(await database.query(`SELECT id, name, place, size FROM ${table?.from} ORDER BY id, place`)).toEqual([
    { id: '1', name: 'first', place: 'here', size: '5' },
    { id: '1', name: 'first', place: 'there', size: '5' },
    { id: '2', name: 'new', place: 'here', size: '3' },
  ]);
});
