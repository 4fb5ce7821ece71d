import { expect, test } from 'vitest';
import type { Result } from '../client.ts';
import { describeTable } from './describe.ts';

const result = (columns: readonly string[], ...rows: readonly (readonly (string | null)[])[]): Result => ({
  ...{ columns, rows, affected: [] },
});

test('a column without a text is described like any other, so that it can be named, or left out', async () => {
  const fields = ['column', 'type', 'typeSchema', 'alias', 'base', 'bytes', 'precision', 'scale', 'nullable'];
  const column = (name: string, type: string, base: string | null) => [
    ...[name, type, 'sys', '0', base, '8', '10', '0', '1'],
    ...['0', name === 'id' ? '1' : '0'],
  ];
  const run = async (sql: string): Promise<Result> => {
    if (sql.includes("o.type IN ('U', 'V')"))
      return result(['id', 'schema', 'name', 'type', 'estimated'], ['7', 'dbo', 'orders', 'U ', '100']);
    if (sql.includes('FROM sys.columns'))
      return result(
        [...fields, 'generated', 'numbered'],
        column('id', 'int', 'int'),
        column('any', 'sql_variant', 'sql_variant'),
        column('place', 'hierarchyid', null),
      );
    if (sql.includes('is_descending_key'))
      return result(['index', 'primary', 'column', 'descending'], ['pk', '1', 'id', '0']);
    return result([]);
  };
  const table = await describeTable(run, 'orders');
  expect(table).toMatchObject({ id: 'dbo.orders', key: ['id'], identity: 'id', isView: false, estimatedRows: 100 });
  expect(table.columns.map(({ name, type }) => [name, type])).toEqual([
    ['id', 'int'],
    ['any', 'sql_variant'],
    ['place', 'hierarchyid'],
  ]);
});
