// Makes the tables of type pairs in docs/types.md anew: `node harness/testing/type-pairs/write-page.ts`
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withTypePairs } from './page.ts';

const page = join(resolve(import.meta.dirname, '../../..'), 'docs/types.md');
writeFileSync(page, withTypePairs(readFileSync(page, 'utf8')));
