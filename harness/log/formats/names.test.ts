import { expect, test } from 'vitest';
import type { ConnectSchema } from '../wire.ts';
import type { ColumnTypes } from './column-types.ts';
import { formatReader } from './reader.ts';

const FIELDS: readonly ConnectSchema[] = [
  { field: 'unit_price', type: 'int32' },
  { field: 'op', type: 'string' },
];
const ENVELOPE: ConnectSchema = {
  type: 'struct',
  fields: [
    { field: 'before', type: 'struct', fields: FIELDS },
    { field: 'after', type: 'struct', fields: FIELDS },
    { field: 'op', type: 'string' },
    { field: 'source', type: 'struct' },
  ],
};

const bytes = (schema: ConnectSchema, payload: unknown) => Buffer.from(JSON.stringify({ schema, payload }));

/** A reader of a connector that gives columns other names, and how often it has asked for them. */
function reading() {
  const known = { names: new Map([['unit_price', 'unit-price']]), asked: 0, adjusts: true };
  const columns: ColumnTypes = {
    columnsOf: async () => [],
    names: {
      adjusts: () => known.adjusts,
      async of() {
        known.asked++;
        return known.names;
      },
    },
  };
  return { known, formats: formatReader(undefined, columns) };
}

test('rows of an envelope and keys have the names that the table has', async () => {
  const { known, formats } = reading();
  const row = { unit_price: 3, op: 'x' };
  const value = bytes(ENVELOPE, { before: null, after: row, op: 'c', source: {} });
  const key = bytes({ type: 'struct', fields: FIELDS }, row);
  await formats.prepare([{ key, value }], 't');
  const read = formats.schemaOf('t', 'value', value);
  expect(read.payload(value)).toEqual({ before: null, after: { 'unit-price': 3, op: 'x' }, op: 'c', source: {} });
  expect(read.schema?.fields?.[1]?.fields?.map(({ field }) => field)).toEqual(['unit-price', 'op']);
  expect(formats.schemaOf('t', 'key', key).payload(key)).toEqual({ 'unit-price': 3, op: 'x' });
  expect(formats.schemaOf('t', 'value', value)).toBe(read);
  await formats.prepare([{ key, value }], 't');
  expect(known.asked).toBe(1);
});

test('a new schema may have new columns: the names are asked for again', async () => {
  const { known, formats } = reading();
  const first = bytes({ type: 'struct', fields: FIELDS }, { unit_price: 1, op: 'x' });
  await formats.prepare([{ key: first, value: null }], 't');
  known.names = new Map([...known.names, ['a_b', 'a b']]);
  const second = bytes({ type: 'struct', fields: [{ field: 'a_b', type: 'int32' }] }, { a_b: 1 });
  await formats.prepare([{ key: second, value: null }], 't');
  expect(formats.schemaOf('t', 'key', second).payload(second)).toEqual({ 'a b': 1 });
});

test('a connector that keeps names is not asked about', async () => {
  const { known, formats } = reading();
  known.adjusts = false;
  const key = bytes({ type: 'struct', fields: FIELDS }, { unit_price: 1, op: 'x' });
  await formats.prepare([{ key, value: null }], 't');
  expect([formats.schemaOf('t', 'key', key).payload(key), known.asked]).toEqual([{ unit_price: 1, op: 'x' }, 0]);
});
