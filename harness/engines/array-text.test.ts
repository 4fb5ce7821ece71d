import { expect, test } from 'vitest';
import { arrayText } from './array-text.ts';

test.each([
  ['{"1",NULL,"3"}', '{1,NULL,3}'],
  ['{1,2}', '{1,2}'],
  ['{}', '{}'],
  ['{null,"null"}', '{NULL,"null"}'],
  ['{"a b","","a,b","{}","\\"","\\\\"}', '{"a b","","a,b","{}","\\"","\\\\"}'],
  ['{{"1","2"},{NULL,"4"}}', '{{1,2},{NULL,4}}'],
  ['[0:1]={"1"}', '[0:1]={"1"}'],
  ['{"1"', '{"1"'],
  ['{"1"}}', '{"1"}}'],
  ['{"1', '{"1'],
  ['no array', 'no array'],
])('%s is %s', (raw, text) => {
  expect(arrayText(raw, (element) => element)).toBe(text);
});

test('each element is given its own text, and NULL is not', () => {
  expect(arrayText('{"a",NULL,{"b"}}', (element) => `${element} x`)).toBe('{"a x",NULL,{"b x"}}');
});
