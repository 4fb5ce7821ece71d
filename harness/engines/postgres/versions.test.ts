import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import { keepVersions } from './versions.ts';

test('versions are noted column by column, under their names, but for those that are computed when they are read', async () => {
  const columns = ['id', 'Name', 'loud'].map((name) => ({ name, type: 'text', nullable: true, generated: false }));
  const table: Table = { schema: 'shop', name: 'a', columns, key: ['id'] };
  const asked: string[] = [];
  await keepVersions(
    {
      async query<T extends object>(sql: string): Promise<T[]> {
        asked.push(sql);
        return (asked.length === 1 ? [{ table: 'shop.a', column: 'loud' }] : []) as object[] as T[];
      },
    },
    [table],
  );
  expect(asked[1]).toContain('AS SELECT "id", "Name" FROM "shop"."a"');
  expect(asked[1]).toContain('("id", "Name") VALUES (NEW."id", NEW."Name")');
});
