import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '#setup/layout.mjs';
import { withTables } from './page.ts';

test("docs/types.md shows the engines' maps of types, and the corpus with which type pairs are tested", async () => {
  const page = readFileSync(join(ROOT, 'docs', 'types.md'), 'utf8');
  expect(page).toBe(await withTables(page));
});
