import { expect, test } from 'vitest';
import { endsSnapshot } from './capture.ts';

const notification = (change: object = {}) => ({
  id: 'signal-1',
  type: 'COMPLETED',
  aggregate_type: 'Incremental Snapshot',
  additional_data: { connector_name: 'c' },
  ...change,
});

test('the end of the snapshot that was asked for is known', () => {
  expect(endsSnapshot(notification(), 'signal-1')).toBe(true);
  expect(endsSnapshot(null, 'signal-1')).toBe(false);
});

test('the end of another snapshot, of one table, or of the first snapshot is not it', () => {
  expect(endsSnapshot(notification(), 'signal-2')).toBe(false);
  expect(endsSnapshot(notification({ type: 'TABLE_SCAN_COMPLETED' }), 'signal-1')).toBe(false);
  expect(endsSnapshot(notification({ aggregate_type: 'Initial Snapshot' }), 'signal-1')).toBe(false);
  expect(endsSnapshot(undefined, 'signal-1')).toBe(false);
});
