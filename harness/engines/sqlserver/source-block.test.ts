import { expect, test } from 'vitest';
import { formatPosition } from './position.ts';
import { sourceBlock } from './source-block.ts';

/** The events in the documentation of Debezium's SQL Server connector: a row's insert, update and delete. */
const shared = { version: '3.5.0.Final', connector: 'sqlserver', name: 'server1', snapshot: false };
const table = { db: 'testDB', schema: 'dbo', table: 'customers' };
const CREATE = {
  ...{ ...shared, ...table, ts_ms: 1559729468470, ts_us: 1559729468470000, ts_ns: 1559729468470000000 },
  ...{ change_lsn: '00000027:00000758:0003', commit_lsn: '00000027:00000758:0005', event_serial_no: '1' },
};
const UPDATE = {
  ...{ ...shared, ...table, ts_ms: 1559729995937, ts_us: 1559729995937000, ts_ns: 1559729995937000000 },
  ...{ change_lsn: '00000027:00000ac0:0002', commit_lsn: '00000027:00000ac0:0007', event_serial_no: '2' },
};
const DELETE = {
  ...{ ...shared, ...table, ts_ms: 1559730445243, ts_us: 1559730445243000, ts_ns: 1559730445243000000 },
  ...{ change_lsn: '00000027:00000db0:0005', commit_lsn: '00000027:00000db0:0007', event_serial_no: '1' },
};
/** In the message of its schema change topic, which the snapshot wrote. */
const READ = {
  ...{ ...shared, ...table, snapshot: 'true', ts_ms: 0 },
  ...{ change_lsn: null, commit_lsn: '00000025:00000d98:00a2', event_serial_no: null },
};
/** As its own test of the block makes it: LSNs of one byte, which no server has. */
const SHORT = {
  ...{ ...shared, db: 'c', schema: 's', table: 't', snapshot: 'true', ts_ms: 3000 },
  ...{ change_lsn: '01', commit_lsn: '02', event_serial_no: 30 },
};

const shown = (block: object): string | undefined => {
  const position = sourceBlock.position({ ...block });
  return position === undefined ? undefined : formatPosition(position);
};

test("an event's position is its commit, its change and its serial number; its transaction is the commit's LSN", () => {
  expect(shown(CREATE)).toBe('00000027:00000758:0005(00000027:00000758:0003,1)');
  expect(shown(UPDATE)).toBe('00000027:00000ac0:0007(00000027:00000ac0:0002,2)');
  expect(shown(DELETE)).toBe('00000027:00000db0:0007(00000027:00000db0:0005,1)');
  expect(sourceBlock.transaction(UPDATE)).toBe('00000027:00000ac0:0007');
  expect(sourceBlock.table(UPDATE)).toBe('dbo.customers');
  expect(sourceBlock.table({ ...UPDATE, schema: 'Sales' })).toBe('Sales.customers');
});

test('positions rise with the changes of a row', () => {
  const positions = [READ, CREATE, UPDATE, DELETE].map((block) => sourceBlock.position(block) ?? -1n);
  expect(positions.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(positions);
});

test('of an update of a primary key, which has one LSN, the new row is behind the old one', () => {
  // As `updatePrimaryKey` of Debezium's own test expects it: the delete has 1, the create has 2.
  const [gone, made] = ['1', '2'].map((event_serial_no) => sourceBlock.position({ ...UPDATE, event_serial_no }) ?? -1n);
  expect(gone).toBeLessThan(made ?? -1n);
});

test('a read of a snapshot is in no transaction, and behind all that the snapshot has seen', () => {
  expect(shown(READ)).toBe('00000025:00000d98:00a2');
  expect(sourceBlock.transaction(READ)).toBeUndefined();
  const seen = { ...CREATE, commit_lsn: READ.commit_lsn, change_lsn: '00000025:00000d98:00a0' };
  expect(sourceBlock.position(seen) ?? 0n).toBeLessThan(sourceBlock.position(READ) ?? 0n);
  expect(sourceBlock.position(READ) ?? 0n).toBeLessThan(sourceBlock.position(CREATE) ?? 0n);
});

test('a read of an incremental snapshot has the position that the stream had reached, and no transaction', () => {
  const block = { ...UPDATE, snapshot: 'incremental' };
  expect(sourceBlock.position(block)).toBe(sourceBlock.position(UPDATE));
  expect(sourceBlock.transaction(block)).toBeUndefined();
});

test.each([
  ['an LSN of one byte', SHORT],
  ['no LSN', { ...shared, ...table, commit_lsn: null, change_lsn: null }],
  ['Debezium’s NULL', { ...shared, ...table, commit_lsn: 'NULL', change_lsn: 'NULL' }],
])('%s is no position and no transaction', (_, block) => {
  expect(sourceBlock.position(block)).toBeUndefined();
  expect(sourceBlock.transaction({ ...block, snapshot: 'false' })).toBeUndefined();
});

test('the fields that are asked for as headers are those that are read', () => {
  expect(sourceBlock.connectors).toEqual(['sqlserver']);
  const asked = Object.fromEntries(
    Object.entries(UPDATE)
      .filter(([name]) => sourceBlock.fields.includes(name))
      .map(([name, value]) => [name, String(value)]),
  );
  expect(sourceBlock.position(asked)).toBe(sourceBlock.position(UPDATE));
  expect(sourceBlock.transaction(asked)).toBe(sourceBlock.transaction(UPDATE));
});
