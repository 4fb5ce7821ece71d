// Makes the table of rooms in docs/architecture.md anew: `node harness/testing/write-rooms.ts`
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withRooms } from './rooms.ts';

const page = join(resolve(import.meta.dirname, '../..'), 'docs/architecture.md');
writeFileSync(page, withRooms(readFileSync(page, 'utf8')));
