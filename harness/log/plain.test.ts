import { expect, test } from 'vitest';
import { sourceBlock } from '#engines/postgres/source-block.ts';
import { converterFor } from './convert.ts';
import { formatReader } from './formats/reader.ts';
import { decodePlain } from './plain.ts';

const record = (key: unknown, value: unknown, headers: Record<string, string> = {}) => ({
  ...{ topic: 't', partition: 1, offset: '7', timestamp: '99', headers },
  key: key === null ? null : Buffer.from(JSON.stringify(key)),
  value: value === null ? null : Buffer.from(JSON.stringify(value)),
});
const decode = (...of: Parameters<typeof record>) =>
  decodePlain(record(...of), 'public.a', sourceBlock, { converterFor, formats: formatReader() });

const WITNESSED = { __op: 'u', __source_lsn: '123', __source_txId: '9' };

test('a row without its envelope: operation, position and transaction come from headers, values by its schema', () => {
  const schema = {
    type: 'struct',
    fields: [
      { field: 'id', type: 'int32' },
      { field: 'day', type: 'int32', name: 'io.debezium.time.Date', optional: true },
      { field: '__deleted', type: 'string', optional: true },
    ],
  };
  expect(decode({ id: 5 }, { schema, payload: { id: 5, day: 19_723, __deleted: 'false' } }, WITNESSED)).toMatchObject({
    ...{ op: 'update', lsn: 123n, txn: '9', offset: 7n, key: { id: '5' }, after: { id: '5', day: '2024-01-01' } },
    columns: [{ name: 'id' }, { name: 'day' }],
  });
});

test('without a schema nobody knows what values mean: no row, but key and position', () => {
  const event = decode({ id: 5 }, { id: 5, day: 19_723 }, WITNESSED);
  expect(event).toMatchObject({ op: 'update', key: { id: '5' }, lsn: 123n });
  expect(event).not.toHaveProperty('after');
});

test.each([
  ['its header', null, { ...WITNESSED, __op: 'd' }],
  ['__deleted', { id: 5, __deleted: 'true' }, WITNESSED],
])('a delete is known by %s', (_, value, headers) => {
  expect(decode({ id: 5 }, value, headers)).toMatchObject({ op: 'delete', key: { id: '5' } });
});

test('an envelope without a schema says it all by itself', () => {
  const event = decode({ id: 5 }, { op: 'c', before: null, after: { id: 5 }, source: { lsn: 4, txId: 3 } });
  expect(event).toMatchObject({ op: 'create', lsn: 4n, txn: '3' });
});

test('a tombstone is no change, and what is no JSON is poison', () => {
  expect(decode({ id: 5 }, null)).toBeUndefined();
  expect(
    decodePlain({ ...record({ id: 1 }, null), value: Buffer.from([0, 1, 2]) }, 'public.a', sourceBlock, {
      converterFor,
      formats: formatReader(),
    }),
  ).toHaveProperty('poison');
});
