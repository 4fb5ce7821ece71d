import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import { judgeColumns } from './judge-table.ts';

const table = (...columns: readonly string[]): Table => ({
  ...{ schema: 'shop', name: 'a', key: ['id'] },
  columns: columns.map((name) => ({ name, type: 'text', nullable: true, generated: false })),
});
const at = { table: 'shop.a', hop: 'log-to-sink' };

test('columns that one side has and the other has not are named', () => {
  const found = judgeColumns({ source: table('id', 'tier', '_cdc_own'), sink: table('id', 'old', '_cdc_op') });
  expect(found).toMatchObject([
    { ...at, anomaly: 'missing-column', column: 'tier', detail: 'the sink has no column tier (text at the source).' },
    {
      ...at,
      anomaly: 'extra-column',
      column: 'old',
      detail: 'the sink has a column old (text) that the source does not have.',
    },
  ]);
  expect(found).toHaveLength(2);
});

test('of columns of which the sink cannot know yet nothing is said', () => {
  const pendingColumns = new Set(['tier', 'old']);
  expect(judgeColumns({ source: table('id', 'tier'), sink: table('id', 'old'), pendingColumns })).toEqual([]);
  const others = new Set(['other']);
  expect(judgeColumns({ source: table('id', 'tier'), sink: table('id', 'old'), pendingColumns: others })).toHaveLength(
    2,
  );
});

test('a sink without the table has no columns to be judged', () => {
  expect(judgeColumns({ source: table('id') })).toEqual([]);
  expect(judgeColumns({ source: table('id'), sink: table('id') })).toEqual([]);
});
