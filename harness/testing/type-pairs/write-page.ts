// Makes the tables of docs/types.md anew: `node harness/testing/type-pairs/write-page.ts`
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withTables } from './page.ts';

const page = join(resolve(import.meta.dirname, '../../..'), 'docs/types.md');
writeFileSync(page, await withTables(readFileSync(page, 'utf8')));
