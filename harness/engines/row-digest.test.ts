import { expect, test } from 'vitest';
import { digestOf } from './row-digest.ts';

test('a digest is the number of the rows, and the sum of the first eight bytes of their hashes', () => {
  // As `sha256sum` has it: 4f53cda18c2baa0c… and 74234e98afe7498f….
  const [empty, none] = [0x4f53cda18c2baa0cn, 0x74234e98afe7498fn];
  expect(digestOf([])).toBe('0 0');
  expect(digestOf([{ row: '[]' }])).toBe(`1 ${empty}`);
  expect(digestOf([{ row: 'null' }, { row: '[]' }])).toBe(`2 ${none + empty}`);
  // With a sign: e3b0c44298fc1c14….
  expect(digestOf([{ row: '' }])).toBe(`1 ${0xe3b0c44298fc1c14n - 2n ** 64n}`);
});
