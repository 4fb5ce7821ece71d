import { expect, test } from 'vitest';
import type { Shape, ShapeColumn } from '#model/shape.ts';
import { recordingDatabase } from '#testing/tsql/recording.ts';
import { kindOf } from './kinds.ts';
import { surveyor } from './surveyor.ts';

const column = (name: string, type: string, more: Partial<ShapeColumn> = {}): ShapeColumn => ({
  ...{
    name,
    type,
    kind: kindOf({ type }),
    nullable: false,
    generated: false,
    identity: false,
    hasDefault: false,
    ...more,
  },
});
const shape = (columns: readonly ShapeColumn[], more: Partial<Shape> = {}): Shape => ({
  ...{
    id: 'dbo.t',
    columns,
    key: ['id'],
    uniques: [],
    foreign: [],
    checks: [],
    partitionedBy: [],
    excludes: false,
    ...more,
  },
});
const ID = column('id', 'uniqueidentifier');
const AMOUNT = column('amount', 'decimal(38,2)');

test('the first rows are read by the key in canonical texts, without what the database computes', async () => {
  const database = recordingDatabase([['TOP (2)', [{ id: '6F9619FF-8B86-D011-B42D-00C04FC964FF', amount: '1.50' }]]]);
  const rows = await surveyor.readRows(
    database,
    shape([ID, AMOUNT, column('r', 'rowversion', { generated: true })]),
    2,
  );
  expect(rows).toEqual([{ id: '6f9619ff-8b86-d011-b42d-00c04fc964ff', amount: '1.50' }]);
  expect(database.asked).toEqual([
    'SELECT TOP (2) t.[id] AS [id], CONVERT(varchar(41), t.[amount]) AS [amount] FROM [dbo].[t] AS t ORDER BY [id]',
  ]);
});

test('the top of numbers is the highest, of anything else how many there are', async () => {
  const database = recordingDatabase([['AS n', [{ n: '12' }]]]);
  expect(await surveyor.top(database, shape([ID]), AMOUNT)).toBe(12n);
  expect(await surveyor.top(database, shape([ID]), ID)).toBe(12n);
  expect(database.asked).toEqual([
    'SELECT CONVERT(varchar(41), CONVERT(decimal(38,0), CEILING(COALESCE(MAX([amount]), 0)))) AS n FROM [dbo].[t]',
    'SELECT COUNT_BIG(*) AS n FROM [dbo].[t]',
  ]);
});

/** A database with one connection, which refuses batches with any of the words. */
function trying(refused: readonly string[]) {
  const ran: string[] = [];
  const run = async (sql: string) => {
    ran.push(sql);
    if (refused.some((word) => sql.includes(word)))
      throw Object.assign(new Error('conversion failed'), { number: 245 });
    return { columns: ['code'], rows: sql.startsWith('SELECT') ? [['a ']] : [], affected: [] };
  };
  const session = async <T>(work: (connection: { run: typeof run }) => Promise<T>): Promise<T> => work({ run });
  return { ran, database: { session } as never };
}

test('candidates are tried in a table of the session, by halves where the server refuses some, and by checks about them', async () => {
  const { ran, database } = trying(["'x'"]);
  const checks = [
    { columns: ['code'], sql: "([code]<>'q')" },
    { columns: ['code', 'other'], sql: '([code]<>[other])' },
  ];
  const code = column('code', 'char(2)', { nullable: true });
  const candidates = [['a'], ['x'], ['too long'], [null]];
  expect(await surveyor.accepted(database, shape([code], { checks }), [code], candidates, 9)).toEqual([{ code: 'a' }]);
  expect(ran).toEqual([
    'CREATE TABLE #driftlab_trial ([code] char(2) COLLATE DATABASE_DEFAULT NULL)',
    "INSERT INTO #driftlab_trial VALUES ('a'), ('x'), (NULL)",
    "INSERT INTO #driftlab_trial VALUES ('a'), ('x')",
    "INSERT INTO #driftlab_trial VALUES ('a')",
    "INSERT INTO #driftlab_trial VALUES ('x')",
    'INSERT INTO #driftlab_trial VALUES (NULL)',
    "SELECT TOP (9) t.[code] AS [code] FROM #driftlab_trial AS t WHERE CASE WHEN NOT (([code]<>'q')) THEN 0 ELSE 1 END = 1",
    'DROP TABLE #driftlab_trial',
  ]);
});

test('of its own types only XML has values that can be made', () => {
  const below = () => 7;
  expect(surveyor.ownValue({ kind: 'other', type: 'xml' }, below, () => undefined)).toBe('<v n="7"/>');
  expect(surveyor.ownValue({ kind: 'other', type: 'sql_variant' }, below, () => undefined)).toBeUndefined();
  expect(surveyor.ownDistinct({ kind: 'other', type: 'xml' }, 1n)).toBeUndefined();
});
