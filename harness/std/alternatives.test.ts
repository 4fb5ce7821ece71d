import { expect, test } from 'vitest';
import { alternatives } from './alternatives.ts';

test('a semicolon of SQL does not stand beside that of the sentence', () => {
  expect(alternatives(['ALTER TABLE a ADD PRIMARY KEY (…);', 'leave it out'])).toBe(
    'ALTER TABLE a ADD PRIMARY KEY (…); or leave it out',
  );
});
