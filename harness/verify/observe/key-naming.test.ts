import { expect, test } from 'vitest';
import type { ChangeEvent } from '#model/change-event.ts';
import type { Database } from '#model/pipeline.ts';
import { KEYLESS } from '#model/values.ts';
import { namingOf } from './key-naming.ts';

const column = (name: string, type = 'integer') => ({ name, type, nullable: false, generated: false });
const TABLES = [
  {
    schema: 'public',
    name: 'lines',
    columns: [column('order'), column('no'), column('sku', 'text')],
    key: ['order', 'no'],
  },
  { schema: 'public', name: 'log', columns: [column('at')], key: [] },
];

const naming = namingOf({ engine: 'postgres' } as Database, TABLES);
const named = async (event: Partial<ChangeEvent>) =>
  (await naming([{ table: 'public.lines', op: 'update', key: {}, ...event }]))[0];

test('a row is named by its own primary key, whatever the key of its record', async () => {
  const after = { order: '1', no: '2', sku: 'x' };
  expect(await named({ key: { no: '2', order: '1' }, after })).toEqual({ key: '["1","2"]' });
  expect(await named({ key: { order: '1' }, after })).toEqual({ key: '["1","2"]', recordKey: { order: '1' } });
  expect(await named({ after })).toEqual({ key: '["1","2"]' });
  expect(await named({ identity: after })).toEqual({ key: '["1","2"]' });
  expect(await named({ op: 'delete', key: { order: '1' }, before: after })).toMatchObject({ key: '["1","2"]' });
});

test('a record without its row is named by its key, if that is the whole one', async () => {
  expect(await named({ op: 'delete', key: { order: '1', no: '2' } })).toEqual({ key: '["1","2"]' });
  expect(await named({ op: 'delete', key: { order: '1' } })).toBeUndefined();
});

test('an update of the primary key itself names both rows', async () => {
  const change = {
    key: { order: '1' },
    before: { order: '1', no: '2', sku: null },
    after: { order: '1', no: '3', sku: 'x' },
  };
  expect(await named(change)).toMatchObject({ key: '["1","3"]', was: '["1","2"]' });
  expect(await named({ ...change, before: { ...change.before, no: null } })).not.toHaveProperty('was');
});

test('a row of a table without a primary key has no name', async () => {
  expect(await named({ table: 'public.log', after: { at: '1' } })).toEqual({ key: KEYLESS });
});
