import { expect, test } from 'vitest';
import { leaveRequest } from './leave-groups.ts';

test('the request names group and member, and says how long it is', () => {
  const request = leaveRequest('connect', 'worker-1');
  expect(request.readInt32BE(0)).toBe(request.length - 4);
  expect([request.readInt16BE(4), request.readInt16BE(6)]).toEqual([13, 1]);
  expect(request.subarray(12).toString()).toBe('\0\x08driftlab\0\x07connect\0\x08worker-1');
});
