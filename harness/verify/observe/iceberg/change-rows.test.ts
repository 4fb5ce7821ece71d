import { expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import { knownColumns } from '#log/formats/column-types.ts';
import { Literal } from '#log/wire.ts';
import type { Kind } from '#model/kind.ts';
import { changeRows } from './change-rows.ts';

const { source } = engineOf({ engine: 'postgres' });
const columns = knownColumns();
columns.note([
  { field: 'id', type: 'int64' },
  { field: 'name', type: 'string', optional: true },
  { field: 'price', type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: '2' } },
  { field: 'local', type: 'int64', name: 'io.debezium.time.MicroTimestamp', optional: true },
]);
const kinds = new Map<string, Kind>([
  ['id', { kind: 'integer', bits: 64 }],
  ['price', { kind: 'decimal', scale: 2 }],
]);
const about = {
  ...{ __deleted: 'false', _cdc_op: 'u', _cdc_source_lsn: 0x1a2b3c, _cdc_source_txId: 7 },
  ...{ _cdc_captured_at: 1_700_000_000_123, _cdc_received: 1_700_000_000_456_000 },
  ...{ _cdc_topic: 'p.public.t', _cdc_partition: 1, _cdc_offset: 5 },
};
const row = { id: 1, name: 'ü', price: Buffer.from([0, 0, 1, 0x2c]).toString('base64'), local: 1_700_000_000_000_001 };

test('a row is the change that its event was, in canonical texts', () => {
  expect(changeRows([{ ...row, ...about }], { source, columns, kinds })).toEqual([
    {
      ...{ id: '1', name: 'ü', price: '3.00', local: '2023-11-14 22:13:20.000001' },
      ...{ _cdc_op: 'u', _cdc_lsn: '0/1A2B3C', _cdc_captured_at: '2023-11-14T22:13:20.123Z' },
      ...{ _cdc_received: '2023-11-14T22:13:20.456Z', _cdc_topic: 'p.public.t', _cdc_partition: '1', _cdc_offset: '5' },
    },
  ]);
});

test('a value that the event did not have is left out, and NULL is NULL', () => {
  const unchanged = { ...row, name: '__debezium_unavailable_value', price: null, id: new Literal('9007199254740993') };
  const [change] = changeRows([{ ...unchanged, ...about }], { source, columns, kinds });
  expect(change).toMatchObject({ id: '9007199254740993', price: null });
  expect(change).not.toHaveProperty('name');
});

test('a row without the columns of a change is refused, a column that the source has no more is passed over', () => {
  expect(() => changeRows([{ id: 1 }], { source, columns, kinds })).toThrow();
  const [change] = changeRows([{ ...row, gone: 'x', ...about }], { source, columns, kinds });
  expect(change).not.toHaveProperty('gone');
});
