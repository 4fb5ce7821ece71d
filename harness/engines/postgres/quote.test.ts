import { expect, test } from 'vitest';
import { quoteIdent, quoteLiteral, quoteTable, splitTableId } from './quote.ts';

test('names are quoted, whatever is in them', () => {
  expect(quoteIdent('say "no"')).toBe('"say ""no"""');
  expect(quoteTable('shop.or.ders')).toBe('"shop"."or.ders"');
  expect(splitTableId('orders')).toEqual({ schema: 'public', name: 'orders' });
  expect(splitTableId('.orders')).toEqual({ schema: '', name: 'orders' });
});

test('a literal means the same whatever the server takes a backslash for', () => {
  expect(quoteLiteral("it's")).toBe("'it''s'");
  expect(quoteLiteral("a\\'b")).toBe("E'a\\\\''b'");
});
