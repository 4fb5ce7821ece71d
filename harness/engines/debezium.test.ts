import { expect, test } from 'vitest';
import { fieldName, nameList } from './debezium.ts';

// What the classes of Debezium 3.5 make of these names.
test.each([
  ['unit-price', 'unit_price', 'unit_u002dprice'],
  ['1st', '_1st', '_u0031st'],
  ['a b', 'a_b', 'a_u0020b'],
  ['größe', 'gr__e', 'gr_u00f6_u00dfe'],
  ['a_b', 'a_b', 'a_u005fb'],
  ['_x', '_x', '_u005fx'],
  ['$x', '_x', '_u0024x'],
  ['x1', 'x1', 'x1'],
  ['a😀b', 'a__b', 'a_ud83d_ude00b'],
])('the column %s is called %s, and %s in Unicode', (column, avro, unicode) => {
  const called = (mode: string) => fieldName({ 'field.name.adjustment.mode': mode }, column);
  expect([called('avro'), called('AVRO_UNICODE'), called('none'), fieldName({}, column)]).toEqual([
    ...[avro, unicode],
    ...[column, column],
  ]);
});

test('a list of names is one of expressions that match each of them whole; a comma parts them where it is not escaped', () => {
  expect(nameList(['public.a$b', 'public.c,d', 'x'])).toBe('public\\.a\\$b,public\\.c\\,d,x');
});
