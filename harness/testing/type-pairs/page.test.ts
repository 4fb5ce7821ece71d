import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '#setup/layout.mjs';
import { withTypePairs } from './page.ts';

test('docs/types.md shows the corpus with which type pairs are tested', () => {
  const page = readFileSync(join(ROOT, 'docs', 'types.md'), 'utf8');
  expect(page).toBe(withTypePairs(page));
});
