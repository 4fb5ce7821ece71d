import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import type { Row } from '#model/values.ts';
import { startTdsServer } from '#testing/tds-server.ts';
import { touchRow } from './touch-row.ts';

const TABLE: Table = {
  ...{ schema: 'dbo', name: 'items', key: ['id', 'code'] },
  columns: [
    ['id', 'int'],
    ['code', 'varchar(9)'],
    ['version', 'rowversion'],
  ].map(([name = '', type = '']) => ({ name, type, nullable: false, generated: type === 'rowversion' })),
};

/** One row. */
const answerOf = (row: Row) => ({
  columns: Object.keys(row).map((name) => ({ name, type: 'nvarchar(128)' })),
  rows: [Object.values(row)],
});

/** What is asked of a server whose table has so many obstacles and numbered columns, and so many rows of the key. */
async function touched(obstacles: number, numbered: number, rows: number) {
  const asked: string[] = [];
  let tag = '';
  const answer = ({ sql }: { readonly sql: string }) => {
    asked.push(sql);
    tag = /^INSERT INTO \[driftlab\]\.\[tag\].*'([0-9a-f-]{36})'/.exec(sql)?.[1] ?? tag;
    if (sql.includes('sys.identity_columns')) return answerOf({ obstacles: `${obstacles}`, numbered: `${numbered}` });
    if (sql.includes('driftlab_tag_CT') && tag !== '') return answerOf({ tag, lsn: '0x00000027000007580005' });
    if (sql.includes('INTO #driftlab_touched')) return { affected: rows };
    return {};
  };
  await using server = await startTdsServer({ answer });
  const url = `sqlserver://app@127.0.0.1:${server.port}/shop?trustServerCertificate=true`;
  const name = await touchRow({ url }, TABLE, '["7","it\'s"]');
  return { name, asked: asked.slice(asked.findIndex((sql) => sql.includes('sys.identity_columns')) + 1) };
}

const written = (asked: readonly string[]): string[] =>
  asked
    .filter((sql) => !sql.includes('driftlab_tag_CT'))
    .map((sql) => sql.replace(/'[0-9a-f-]{36}'/, 'TAG').replace('SET XACT_ABORT ON;\n', ''));

test('a row is deleted and inserted again in one transaction, which has a name', async () => {
  const { name, asked } = await touched(0, 0, 1);
  expect(name).toBe('00000027:00000758:0005');
  const where = "WHERE [id] = 7 AND [code] = 'it''s'";
  expect(written(asked)).toEqual([
    'BEGIN TRANSACTION',
    `SELECT [id], [code] INTO #driftlab_touched FROM [dbo].[items] WITH (UPDLOCK, HOLDLOCK) ${where}`,
    `DELETE FROM [dbo].[items] ${where};\nINSERT INTO [dbo].[items] ([id], [code]) SELECT [id], [code] FROM #driftlab_touched`,
    'INSERT INTO [driftlab].[tag] ([tag]) VALUES (CONVERT(uniqueidentifier, TAG))',
    'COMMIT TRANSACTION',
  ]);
});

test('a column that the server numbers is said to be written', async () => {
  const { asked } = await touched(0, 1, 1);
  expect(asked.find((sql) => sql.startsWith('DELETE'))).toMatch(
    /SET IDENTITY_INSERT \[dbo\]\.\[items\] ON;\nINSERT .*;\nSET IDENTITY_INSERT \[dbo\]\.\[items\] OFF$/,
  );
});

test('a row that is not there, and one that a trigger or a foreign key watches, is left alone', async () => {
  const absent = await touched(0, 0, 0);
  expect([absent.name, written(absent.asked).at(-1)]).toEqual([undefined, 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION']);
  expect(await touched(1, 0, 1)).toEqual({ name: undefined, asked: [] });
});
