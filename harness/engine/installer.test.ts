import { expect, test } from 'vitest';
import type { TableDefinition } from '#model/definition.ts';
import type { Installer } from '#model/workload.ts';
import { installerOn } from './installer.ts';

const TABLE: TableDefinition = {
  name: 't',
  columns: [
    { name: 'id', kind: { kind: 'integer', bits: 32 }, default: 7 },
    { name: 'gift', kind: { kind: 'boolean' }, nullable: true, default: false },
  ],
  key: ['id'],
};

/** The defaults of the columns that are made. */
async function made(stack: Parameters<typeof installerOn>[0]): Promise<unknown[]> {
  const seen: TableDefinition[] = [];
  const installer: Installer = {
    createTables: async (_, tables) => void seen.push(...tables),
    insertRows: async () => {},
    analyze: async () => {},
  };
  await installerOn(stack, installer).createTables({ query: async () => [] }, [TABLE]);
  return seen.flatMap(({ columns }) => columns.map((column) => column.default));
}

test('a column that may be NULL has no default where the converter would write it for NULL', async () => {
  expect(await made({})).toEqual([7, false]);
  expect(await made({ registry: { url: '', ownUrl: '' } })).toEqual([7, undefined]);
});
