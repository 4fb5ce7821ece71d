import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import { recorded } from '#testing/asked.ts';
import { keepVersions, OWN_SCHEMA, versionsOf } from './versions.ts';

function table(schema: string, name: string): Table {
  const columns = ['id', 'Name', 'loud'].map((one) => ({ name: one, type: 'text', nullable: true, generated: false }));
  return { schema, name, columns, key: ['id'] };
}

test('versions are noted column by column, under their names, but for those that are computed when they are read', async () => {
  const { database, asked } = recorded([
    { table: 'shop.a', column: 'loud' },
    { table: 'shop.b', column: 'Name' },
  ]);
  await keepVersions(database, [table('shop', 'a'), table('other', 'a')]);
  expect(asked).toEqual([
    [
      `
SELECT n.nspname || '.' || c.relname AS table, a.attname AS column
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attgenerated = 'v' AND n.nspname || '.' || c.relname = ANY ($1)`,
      [['shop.a', 'other.a']],
    ],
    `CREATE SCHEMA IF NOT EXISTS driftlab;
CREATE UNLOGGED TABLE driftlab."versions shop.a" AS SELECT "id", "Name" FROM "shop"."a";
CREATE FUNCTION driftlab."versions shop.a"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  $note$BEGIN INSERT INTO driftlab."versions shop.a" ("id", "Name") VALUES (NEW."id", NEW."Name"); RETURN NULL; END$note$;
CREATE TRIGGER driftlab_versions AFTER INSERT OR UPDATE ON "shop"."a" FOR EACH ROW EXECUTE FUNCTION driftlab."versions shop.a"();
ALTER TABLE "shop"."a" ENABLE ALWAYS TRIGGER driftlab_versions;
CREATE UNLOGGED TABLE driftlab."versions other.a" AS SELECT "id", "Name", "loud" FROM "other"."a";
CREATE FUNCTION driftlab."versions other.a"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  $note$BEGIN INSERT INTO driftlab."versions other.a" ("id", "Name", "loud") VALUES (NEW."id", NEW."Name", NEW."loud"); RETURN NULL; END$note$;
CREATE TRIGGER driftlab_versions AFTER INSERT OR UPDATE ON "other"."a" FOR EACH ROW EXECUTE FUNCTION driftlab."versions other.a"();
ALTER TABLE "other"."a" ENABLE ALWAYS TRIGGER driftlab_versions;`,
  ]);
});

test('nothing is made for no tables', async () => {
  const { database, asked } = recorded();
  await keepVersions(database, []);
  expect(asked).toEqual([]);
});

test('the lab’s own is in a schema of its own', () => {
  expect(OWN_SCHEMA).toBe('driftlab');
});

test('versions are read in the table’s place, and have no key', () => {
  const read = versionsOf(table('shop', 'a'));
  expect(read).toEqual({ ...table('shop', 'a'), key: [], from: 'driftlab."versions shop.a"' });
});

test('a name that the server would cut is one of its own', () => {
  const keptIn = (name: string) => versionsOf(table('shop', name)).from;
  // 63 bytes hold `versions shop.` and 49 more.
  expect(keptIn('x'.repeat(49))).toBe(`driftlab."versions shop.${'x'.repeat(49)}"`);
  expect(keptIn('x'.repeat(50))).toBe('driftlab."versions 64dd0d3c657d2d576891c299b4dc0fec8a8e593c"');
  expect(keptIn('é'.repeat(25))).toBe('driftlab."versions 28446917a9794f42b9c57fb843bfaabc67c4ecf7"');
});
