import { createRequire } from 'node:module';
import type sql from 'mssql';

const require = createRequire(import.meta.url);

/** The driver. It is larger than all of this engine, and is loaded when a database of it is opened; others do without. */
export function driver(): typeof sql {
  return require('mssql') as typeof sql;
}
