import type { Load, LoadColumn, LoadValue } from './client.ts';
import { quoteIdent } from './quote.ts';

/** The session's table into which rows are loaded that a statement then takes as a whole. */
export const LOADED = '#driftlab_load';

const TYPES: Readonly<Record<LoadColumn['as'], string>> = {
  text: 'nvarchar(max) COLLATE DATABASE_DEFAULT',
  bytes: 'varbinary(max)',
  float: 'float',
  real: 'real',
  int: 'int',
};

export const DROP_LOADED_SQL = `DROP TABLE ${LOADED}`;

export function createLoadedSql(columns: readonly LoadColumn[]): string {
  const defined = columns.map(({ name, as }) => `${quoteIdent(name)} ${TYPES[as]} NULL`);
  return `CREATE TABLE ${LOADED} (${defined.join(', ')})`;
}

/** A row of the loaded table is `i`; its columns are `p0`, `p1` and so on. */
export const placeOf = (index: number): string => `i.[p${index}]`;

export function loadOf(as: readonly LoadColumn['as'][], rows: readonly (readonly LoadValue[])[]): Load {
  return { table: LOADED, columns: as.map((one, index) => ({ name: `p${index}`, as: one })), rows };
}
