import { expect, test } from 'vitest';
import { electRequest } from './elect-leaders.ts';

test('partitions are asked for by their topics, and the election is that of the preferred leader', () => {
  const request = electRequest(['a.b/0', 'c/1', 'a.b/2']);
  expect(request.readInt32BE(0)).toBe(request.length - 4);
  expect([request.readInt16BE(4), request.readInt16BE(6)]).toEqual([43, 1]);
  const number = (value: number): string => `\0\0\0${String.fromCharCode(value)}`;
  const topics = [`\0\x03a.b${number(2)}${number(0)}${number(2)}`, `\0\x01c${number(1)}${number(1)}`];
  expect(request.subarray(12, -4).toString('latin1')).toBe(`\0\x08driftlab\0${number(2)}${topics.join('')}`);
});
