import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareUtf8 } from './utf8-order.ts';

const anyText = fc.string({ unit: 'binary' });

test('texts are ordered as their bytes in UTF-8 are', () => {
  fc.assert(
    fc.property(anyText, anyText, (left, right) => {
      expect(Math.sign(compareUtf8(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
  );
  expect(compareUtf8('\u{1F600}', '\uFFFD')).toBeGreaterThan(0);
});
