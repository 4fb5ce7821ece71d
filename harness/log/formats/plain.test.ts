import { expect, test } from 'vitest';
import { SOURCE_READERS } from '#engines/index.ts';
import { valueTextFor } from '#verify/observe/values/value-text.ts';
import { converterFor } from '../convert.ts';
import { decodeChangeEvent, decodeContext, isPoison } from '../decode.ts';
import { type ConnectSchema, Undecodable } from '../wire.ts';
import type { ColumnTypes } from './column-types.ts';
import { formatReader } from './reader.ts';

const ID: ConnectSchema = { field: 'id', type: 'int64' };
const decimal = (scale: number): ConnectSchema => ({
  ...{ field: 'price', type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal' },
  parameters: { scale: String(scale) },
});
const DAY: ConnectSchema = { field: 'day', type: 'int32', name: 'io.debezium.time.Date', optional: true };

const SOURCE = { connector: 'postgresql', schema: 'public', table: 'a', lsn: 7, txId: 3, ts_ms: 1 };
const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const envelope = (after: unknown, op = 'c') => ({ before: null, after, source: SOURCE, op });

/** A reader of a topic whose columns are `now`, and how often it has asked for them. */
function reading(now: readonly ConnectSchema[], converter = converterFor) {
  const known = { now, asked: 0, fails: undefined as Error | undefined };
  const columns: ColumnTypes = {
    async columnsOf() {
      known.asked++;
      if (known.fails !== undefined) throw known.fails;
      return known.now;
    },
  };
  const formats = formatReader(undefined, columns);
  const context = decodeContext(SOURCE_READERS, undefined, converter, formats);
  const decode = async (key: unknown, value: unknown) => {
    const record = { topic: 't', partition: 0, offset: '1', timestamp: '1', key: bytes(key), value: bytes(value) };
    await formats.prepare([record], 't');
    return decodeChangeEvent(record, context);
  };
  return { known, decode, formats };
}

test.each([
  ['applier', converterFor],
  ['verifier', valueTextFor],
] as const)('for the %s a row without a schema is whole where its columns are known', async (_, converter) => {
  const { decode, known } = reading([ID, decimal(2), DAY], converter);
  const first = await decode({ id: 5 }, envelope({ id: 5, price: 'AJY=', day: 19_723 }));
  expect(first).toMatchObject({
    ...{ op: 'create', table: 'public.a', lsn: 7n, key: { id: '5' } },
    after: { id: '5', price: '1.50', day: '2024-01-01' },
    columns: [{ name: 'id', connectType: 'int64' }, { name: 'price' }, { name: 'day', optional: true }],
  });
  const second = await decode({ id: 6 }, envelope({ id: 6, price: 'AJY=', day: null }));
  expect(second).toMatchObject({ after: { id: '6', day: null } });
  expect([known.asked, (second as { columns: unknown }).columns]).toEqual([1, (first as { columns: unknown }).columns]);
  expect(second).toHaveProperty('columns', expect.any(Array));
  expect((second as { columns: unknown }).columns).toBe((first as { columns: unknown }).columns);
});

test('digits that no JavaScript number has are kept', async () => {
  const { decode } = reading([ID]);
  const record = '{"before":null,"after":{"id":9007199254740993},"source":{"connector":"postgresql","lsn":1},"op":"c"}';
  expect(await decode('{"id":9007199254740993}', record)).toMatchObject({
    key: { id: '9007199254740993' },
    after: { id: '9007199254740993' },
  });
});

test('a column that was added is asked for once; one that is gone makes its rows unreadable, and is not asked for again', async () => {
  const { decode, known } = reading([ID]);
  await decode({ id: 1 }, envelope({ id: 1 }));
  known.now = [ID, DAY];
  expect(await decode({ id: 1 }, envelope({ id: 1, day: 0 }))).toMatchObject({ after: { day: '1970-01-01' } });
  expect(known.asked).toBe(2);
  for (const _ of [1, 2])
    expect(await decode({ id: 1 }, envelope({ id: 1, old: 0 }))).toEqual({
      poison: "its column old is not in the source's catalog",
    });
  expect(known.asked).toBe(3);
});

test('a column of several types is read where its values say which of them it is', async () => {
  const { decode, known } = reading([ID, { field: 'price', type: 'int32' }]);
  await decode({ id: 1 }, envelope({ id: 1, price: 3 }));
  known.now = [ID, decimal(2), DAY];
  await decode({ id: 1 }, envelope({ id: 1, price: 'AJY=', day: 0 }));
  expect(await decode({ id: 1 }, envelope({ id: 1, price: 3 }))).toMatchObject({ after: { price: '3' } });
  expect(await decode({ id: 1 }, envelope({ id: 1, price: 'AJY=' }))).toMatchObject({ after: { price: '1.50' } });
  known.now = [ID, decimal(4), { field: 'more', type: 'int32' }];
  const unclear = await decode({ id: 1 }, envelope({ id: 1, price: 'AJY=', more: 1 }));
  expect(unclear).toEqual({ poison: expect.stringContaining('price has had several types') });
});

test('where the columns cannot be known, the reason is said and nobody is asked again', async () => {
  const { decode, known } = reading([]);
  known.fails = new Undecodable('the transform cast may change what its values are');
  for (const _ of [1, 2])
    expect(await decode({ id: 1 }, envelope({ id: 1 }))).toEqual({
      poison: expect.stringContaining('the transform cast'),
    });
  expect(known.asked).toBe(1);
});

test('a source that is away has to be asked again', async () => {
  const { decode, known } = reading([ID]);
  known.fails = new Error('the server is away');
  await expect(decode({ id: 1 }, envelope({ id: 1 }))).rejects.toThrow('is away');
  known.fails = undefined;
  expect(await decode({ id: 1 }, envelope({ id: 1 }))).toMatchObject({ after: { id: '1' } });
});

test('a row without its envelope has a schema, too, and what is about it is no column', async () => {
  const { formats, known } = reading([ID, DAY]);
  const value = bytes({ id: 1, day: 0, __op: 'u' });
  await formats.prepare([{ key: null, value }], 't');
  expect(formats.schemaOf('t', 'value', value).schema?.fields).toEqual([
    ...[ID, DAY],
    { field: '__op', type: 'string', optional: true },
  ]);
  expect(known.asked).toBe(1);
});

test('records with their schemas are read as they are, and a column may be called schema', async () => {
  const { decode, known } = reading([{ field: 'schema', type: 'string' }]);
  const schema = { type: 'struct', fields: [{ field: 'id', type: 'int32' }] };
  const event = await decode({ schema, payload: { id: 4 } }, envelope({ schema: 'x' }));
  expect(event).toMatchObject({ key: { id: '4' }, after: { schema: 'x' } });
  expect(await decode({ schema: 'x' }, envelope({ schema: 'x' }))).toMatchObject({ key: { schema: 'x' } });
  expect(known.asked).toBe(1);
});

test('what was converted in part, and then could not be, is read anew', async () => {
  const { formats } = reading([ID, DAY]);
  const value = bytes(envelope({ id: 1, day: 'x' }));
  await formats.prepare([{ key: null, value }], 't');
  const context = decodeContext(SOURCE_READERS, undefined, undefined, formats);
  const record = { topic: 't', partition: 0, offset: '1', timestamp: '1', key: null, value };
  const first = decodeChangeEvent(record, context);
  expect([isPoison(first), decodeChangeEvent(record, context)]).toEqual([true, first]);
});
