import { expect, test } from 'vitest';
import { cut, left, right, widthOf } from './fit.ts';

test('a text is measured as a terminal shows it', () => {
  expect(widthOf('orders')).toBe(6);
  expect(widthOf('é')).toBe(1);
  expect(widthOf('日本')).toBe(4);
  expect(widthOf('👩‍🚀')).toBe(2);
  expect(widthOf('e\u0301')).toBe(1);
});

test('what is fitted has exactly the width asked for, cut or filled', () => {
  for (const text of ['', 'a', 'orders', '日本語テキスト', 'né👩‍🚀e']) {
    for (const width of [1, 2, 5, 6, 20]) {
      expect(widthOf(left(text, width)), `left ${text} ${width}`).toBe(width);
      expect(widthOf(right(text, width)), `right ${text} ${width}`).toBe(width);
    }
  }
  expect(cut('orders', 6)).toBe('orders');
  expect(cut('orders', 5)).toBe('orde…');
  expect(cut('orders', 0)).toBe('');
});
