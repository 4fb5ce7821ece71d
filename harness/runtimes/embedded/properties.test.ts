import { expect, test } from 'vitest';
import { properties } from './properties.ts';

test('a value is escaped such that Java reads it as it is', () => {
  expect(properties({ a: 'c:\\d', b: ' e', c: 'ä\u{1f600}', d: 'x\ny', n: 1 })).toBe(
    'a=c:\\\\d\nb=\\ e\nc=\\u00e4\\ud83d\\ude00\nd=x\\u000ay\nn=1\n',
  );
});
