import { createRequire } from 'node:module';
import type mysql from 'mysql2';

const require = createRequire(import.meta.url);

/** The driver, loaded when a database of this engine is opened: a run between others does without. */
export function driver(): typeof mysql {
  return require('mysql2') as typeof mysql;
}
