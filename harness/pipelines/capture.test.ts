import { expect, test } from 'vitest';
import { endsSnapshot } from './capture.ts';

const notification = (change: object = {}) => ({
  id: 'signal-1',
  type: 'COMPLETED',
  aggregate_type: 'Incremental Snapshot',
  additional_data: { connector_name: 'c' },
  ...change,
});

test('the end of the snapshot that was asked for is known, with or without the schema around it', () => {
  expect(endsSnapshot(JSON.stringify(notification()), 'signal-1')).toBe(true);
  expect(endsSnapshot(JSON.stringify({ schema: {}, payload: notification() }), 'signal-1')).toBe(true);
});

test('the end of another snapshot, of one table, or of the first snapshot is not it', () => {
  expect(endsSnapshot(JSON.stringify(notification()), 'signal-2')).toBe(false);
  expect(endsSnapshot(JSON.stringify(notification({ type: 'TABLE_SCAN_COMPLETED' })), 'signal-1')).toBe(false);
  expect(endsSnapshot(JSON.stringify(notification({ aggregate_type: 'Initial Snapshot' })), 'signal-1')).toBe(false);
  expect(endsSnapshot('', 'signal-1')).toBe(false);
});
