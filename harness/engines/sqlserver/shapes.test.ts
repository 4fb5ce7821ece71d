import { expect, test } from 'vitest';
import { recordingDatabase } from '#testing/tsql/recording.ts';
import { readShapes } from './shapes.ts';

const place = { schema: 'dbo', table: 't' };
const column = (name: string, type: string, more = {}) => ({
  ...{
    ...place,
    column: name,
    type,
    typeSchema: 'sys',
    alias: '0',
    base: type,
    bytes: '8',
    precision: '9',
    scale: '2',
  },
  ...{ nullable: '0', generated: '0', identity: '0', default: null, computed: null, paged: '0', ...more },
});
const key = (index: string, name: string, primary = '0') => ({
  ...{ ...place, index, column: name, primary, filtered: '0', nullable: '0' },
});

function asking(parts: {
  columns: object[];
  keys?: object[];
  foreign?: object[];
  checks?: object[];
  triggers?: object[];
}) {
  return recordingDatabase([
    ['c.is_identity', parts.columns as never],
    ['sys.index_columns', (parts.keys ?? []) as never],
    ['sys.foreign_keys', (parts.foreign ?? []) as never],
    ['sys.check_constraints', (parts.checks ?? []) as never],
    ['sys.triggers', (parts.triggers ?? []) as never],
  ]);
}

test('a shape has columns by what they take, keys, unique sets and foreign keys in their order', async () => {
  const columns = [
    column('id', 'bigint', { identity: '1' }),
    column('code', 'char', { paged: '1' }),
    column('phone', 'Phone', { alias: '1', base: 'varchar', typeSchema: 'dbo', nullable: '1', default: "('')" }),
  ];
  const foreign = [
    { ...place, constraint: 'f', column: 'code', parentSchema: 'sales', parent: 'codes', parentColumn: 'c' },
    { ...place, constraint: 'f', column: 'id', parentSchema: 'sales', parent: 'codes', parentColumn: 'i' },
  ];
  const keys = [key('pk', 'id', '1'), key('u', 'code'), key('u', 'phone')];
  const [shape] = await readShapes(asking({ columns, keys, foreign }));
  expect(shape).toMatchObject({
    ...{ id: 'dbo.t', key: ['id'], uniques: [['code', 'phone']], checks: [] },
    foreign: [{ columns: ['code', 'id'], parent: 'sales.codes', parentColumns: ['c', 'i'] }],
  });
  expect(shape?.columns).toEqual([
    {
      ...{ name: 'id', type: 'bigint', kind: { kind: 'integer', bits: 64 }, nullable: false, generated: false },
      ...{ identity: true, hasDefault: false, wholeRange: true },
    },
    {
      ...{ name: 'code', type: 'char(8)', kind: { kind: 'text', length: 8, padded: true }, nullable: false },
      ...{ generated: false, identity: false, hasDefault: false, fixed: true, ascii: true, wholeRange: true },
    },
    {
      ...{ name: 'phone', type: 'varchar(8)', kind: { kind: 'text', length: 8 }, nullable: true, generated: false },
      ...{ identity: false, hasDefault: true, wholeRange: true },
    },
  ]);
});

test('a check is about the columns that it names outside of its texts', async () => {
  const columns = [column('a', 'int'), column('b]c', 'int'), column('d', 'int')];
  const sql = "([a]>(0) AND [b]]c]<>'[d]''')";
  const [shape] = await readShapes(asking({ columns, checks: [{ ...place, sql }] }));
  expect(shape?.checks).toEqual([{ columns: ['a', 'b]c'], sql }]);
});

test('what others are computed from, and what a trigger sees, need not take every value', async () => {
  const columns = [column('a', 'int'), column('b', 'int', { computed: '([a]*(2))', generated: '1' })];
  const rangeOf = async (triggers: object[]) =>
    (await readShapes(asking({ columns, triggers })))[0]?.columns.map(({ wholeRange }) => wholeRange);
  expect(await rangeOf([])).toEqual([undefined, true]);
  expect(await rangeOf([place])).toEqual([undefined, undefined]);
});
