import { expect, test } from 'vitest';
import { unpackPosition } from './position.ts';
import { sourceBlockOf } from './source-block.ts';

const sourceBlock = sourceBlockOf({ name: 'mariadb' });

/** As Debezium 3.5.0 writes it. */
const block = {
  ...{ version: '3.5.0.Final', connector: 'mariadb', name: 'm', ts_ms: 1795913513000, snapshot: null, db: 'shop' },
  ...{ table: 't', server_id: 1, gtid: '0-1-16', file: 'mariadb-bin.000001', pos: 5717, row: 1, thread: null },
};

test("an event's position is its transaction's start and its place in it", () => {
  const at = (order?: number) => unpackPosition(sourceBlock.position(block, order) ?? 0n);
  expect(at(3)).toEqual({ file: 1, offset: 5717, order: 3 });
  expect(at()).toEqual({ file: 1, offset: 5717, order: 1 });
  expect(sourceBlock.transaction(block)).toBe('0-1-16');
  expect(sourceBlock.table(block)).toBe('db.t');
});

test('the blocks of its connector are read, from the fields that say where the event is', () => {
  expect(sourceBlock.connectors).toEqual(['mariadb']);
  expect(sourceBlock.fields).toEqual(['file', 'pos', 'gtid', 'snapshot']);
});

test.each([undefined, null, 'false'])("an event whose `snapshot` is %s is the stream's", (snapshot) => {
  const event = { ...block, snapshot };
  expect(unpackPosition(sourceBlock.position(event, 2) ?? 0n)).toEqual({ file: 1, offset: 5717, order: 2 });
  expect(sourceBlock.transaction(event)).toBe('0-1-16');
});

test.each(['true', 'first', 'last', 'incremental'])(
  'a read of a snapshot (%s) lies below the transaction that starts where it was taken, and is of none',
  (snapshot) => {
    const read = { ...block, snapshot };
    expect(unpackPosition(sourceBlock.position(read, 4) ?? 0n)).toEqual({ file: 1, offset: 5717, order: 0 });
    expect(sourceBlock.transaction(read)).toBeUndefined();
  },
);

test('without a file there is no position', () => {
  expect(sourceBlock.position({ ...block, file: '' })).toBeUndefined();
  expect(sourceBlock.position({ ...block, pos: undefined })).toBeUndefined();
});
