import { expect, test } from 'vitest';
import { type SlotLag, unboundedSlots } from './source-log.ts';

const MB = 1024 * 1024;
const slot = (unconfirmedBytes: number): SlotLag => ({
  ...{ slot: 's', active: false, restartLsn: '0/1', confirmedLsn: '0/1' },
  ...{ retainedBytes: unconfirmedBytes + 1000, unconfirmedBytes },
});

test('a slot that a running connector could not confirm most of the log for grows without bound', () => {
  expect(unboundedSlots([slot(2 * MB)], 2 * MB, true)).toEqual(['s']);
  expect(unboundedSlots([slot(MB / 4)], 2 * MB, true)).toEqual([]);
});

test('nothing is said of a connector that had failed, or where hardly anything was written', () => {
  expect(unboundedSlots([slot(2 * MB)], 2 * MB, false)).toEqual([]);
  expect(unboundedSlots([slot(90_000)], 100_000, true)).toEqual([]);
});
