import { expect, test } from 'vitest';
import { holdsOf } from './read-kafka.ts';
import { formOf } from './record-form.ts';

test.each([
  [Buffer.from([0, 0, 0, 0, 1, 2, 3]), 'registry'],
  [Buffer.from('{"schema":null,"payload":1}'), 'json-with-schema'],
  [Buffer.from('{"payload":{"schema":1}}'), 'json'],
  [Buffer.from('1'), 'json'],
  [Buffer.from('no JSON'), 'other'],
  [Buffer.from([0]), 'other'],
  [null, undefined],
])('%s is written as %s', (value, form) => {
  expect(formOf(value)).toBe(form);
});

test.each([
  ['connector-shop', 'configurations'],
  ['task-shop-12', 'configurations'],
  ['status-connector-shop', 'states'],
  ['status-task-shop-0', 'states'],
  ['["shop",{"server":"s"}]', 'offsets'],
  ['connector-other', undefined],
  ['task-shop', undefined],
  ['status-task-shop-two-0', undefined],
  ['["other",{}]', undefined],
  ['shop', undefined],
  ['', undefined],
])('a record of the key %s is one of %s', (key, holds) => {
  expect(holdsOf(key, ['shop'])).toBe(holds);
});
