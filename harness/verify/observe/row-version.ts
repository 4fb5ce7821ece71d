import type { ReadPlan } from '#engines/port/compare.ts';
import type { Table } from '#model/catalog.ts';
import { type Key, keyOf, type Row, type Text } from '#model/values.ts';

/**
 * Where the sink keeps all versions of a row, whole rows are compared, and their key is that of all their columns. This is
 * the key under which the log knows the row of a version: undefined for a table without a primary key, and where the
 * comparison leaves a column of it out or computes it.
 */
export function keyOfVersion({ key }: Table, plan: ReadPlan, version: Key): Key | undefined {
  const own = plan.key.filter(({ source }) => source.expression === undefined).map(({ source }) => source.name);
  if (key.length === 0 || key.some((name) => !own.includes(name))) return undefined;
  const values = JSON.parse(version) as Text[];
  const row: Row = Object.fromEntries(plan.key.map(({ source }, place) => [source.name, values[place] ?? null]));
  return keyOf(key, row);
}

/** The place of the last of `rows` that is this version, as far as the comparison does not compute its columns; -1 for none. */
export function placeOfVersion(plan: ReadPlan, version: Row, rows: readonly (Row | undefined)[]): number {
  const own = plan.key.filter(({ source }) => source.expression === undefined).map(({ source }) => source.name);
  return rows.findLastIndex((row) => row !== undefined && own.every((name) => row[name] === version[name]));
}
